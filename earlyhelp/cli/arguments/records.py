"""Arguments of the verbs for records: importing, exporting, disclosing, deleting, proving."""

import argparse
from pathlib import Path

from earlyhelp.cli.arguments.values import moment


def audit_verify(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("case", nargs="?", metavar="CASE", help="a reference; every case without it")
    parser.add_argument("--checkpoints", type=Path, metavar="FILE", help="a copy kept elsewhere")
    parser.add_argument(
        "--trust", action="append", default=[], metavar="KEY", help="public key of an earlier secret key"
    )
    parser.add_argument(
        "--knows",
        action="append",
        default=[],
        metavar="DIGEST",
        help="of a checkpoint as it was e-mailed, or of a seal as the worker logged it; must be there",
    )


def audit_checkpoint(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--restored",
        type=moment,
        metavar="MOMENT",
        help="the database was brought back as it stood then, like 2026-11-21T10:55:11Z",
    )


def export_database(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", dest="output", type=Path, required=True, metavar="DIR", help="new or empty")


def import_database(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="DIR", help="what `export database` wrote")


def import_contacts(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="csv, xlsx or ods")
    parser.add_argument("--dry-run", action="store_true", help="tell what would happen, change nothing")
    parser.add_argument("--map", type=Path, metavar="FILE", help="what the columns hold; remembered")
    parser.add_argument(
        "--historical", action="store_true", help="old cases, with what was decided and done and when"
    )
    parser.add_argument("--json", action="store_true")


def retention_review(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true")


def retention_apply(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--by", metavar="EMAIL", help="the administrator who answers for it; without it the only one there is"
    )
    parser.add_argument(
        "--case", action="append", default=[], metavar="REF", help="all that are due without it"
    )
    parser.add_argument("--yes", action="store_true", help="delete; nothing happens without it")


def retention_hold(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("case", metavar="REF")
    parser.add_argument("--by", required=True, metavar="EMAIL", help="an administrator")
    parser.add_argument("--reason", required=True)


def person_disclose(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "person", metavar="REF", help="the person's number, or the reference of a case of one child"
    )
    parser.add_argument("-o", dest="output", type=Path, required=True, metavar="DIR", help="new or empty")
    parser.add_argument("--by", metavar="EMAIL", help="the administrator or auditor who answers the request")
    parser.add_argument(
        "--reason", default="Subject access request", help="kept with the list of disclosures"
    )
