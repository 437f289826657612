"""Arguments of the verbs for pathway files."""

import argparse
from pathlib import Path

from earlyhelp.cli.arguments.values import day, old_and_new


def pathway_check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE")
    parser.add_argument("--json", action="store_true")


def pathway_list(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true")


def pathway_show(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="of a pathway, its newest version, or a file")
    parser.add_argument(
        "--resolved", action="store_true", help="with all that it extends, as if it extended nothing"
    )
    parser.add_argument("--json", action="store_true")


def pathway_diagram(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="of a pathway, or a file")
    parser.add_argument("-o", dest="output", type=Path, metavar="FILE.svg", help="standard output without it")


def pathway_publish(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--dry-run", action="store_true", help="tell what would change, change nothing")
    parser.add_argument("--reason", metavar="WORDS", help="kept with the version")


def pathway_move(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME")
    parser.add_argument(
        "--case", action="append", default=[], metavar="CASE", help="only this; may be given again"
    )
    parser.add_argument(
        "--state",
        action="append",
        default=[],
        type=old_and_new,
        metavar="OLD=NEW",
        help="where cases go on whose state there is no longer; may be given again",
    )
    parser.add_argument(
        "--apply", action="store_true", help="move them; without it only show what would move"
    )
    parser.add_argument("--reason", metavar="WORDS", help="kept in the history of every case that moves")


def pathway_replay(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("--with", dest="file", type=Path, required=True, metavar="FILE")
    parser.add_argument("--from", dest="start", type=day, metavar="DAY", help="a year before --to without it")
    parser.add_argument("--to", dest="end", type=day, metavar="DAY", help="today without it")
    parser.add_argument("--json", action="store_true")
