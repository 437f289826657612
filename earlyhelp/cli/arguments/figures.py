"""Arguments of the verbs for figures and returns."""

import argparse
from pathlib import Path

from earlyhelp.cli.arguments.values import day, month


def report(parser: argparse.ArgumentParser) -> None:
    when = parser.add_argument_group("period")
    when.add_argument("--month", type=month, metavar="YYYY-MM", help="the last full month without it")
    when.add_argument("--from", dest="first", type=day, metavar="DATE", help="with --to: any days")
    when.add_argument("--to", dest="last", type=day, metavar="DATE")
    parser.add_argument("--team", metavar="T", help="name or key; the whole service without it")
    parser.add_argument("--agency", metavar="A", help="name or key of the lead professional's agency")
    parser.add_argument("--locality", metavar="L", help="of the team")
    parser.add_argument("--source", metavar="CODE", help="national code of who told us, like 2A")
    parser.add_argument(
        "--as-known-on",
        dest="as_known_on",
        type=day,
        metavar="DATE",
        help="count only what had been recorded by the end of that day",
    )
    parser.add_argument(
        "--format", dest="file_format", default="csv", choices=["json", "csv", "ods", "xlsx", "pdf", "html"]
    )
    parser.add_argument("--published", action="store_true", help="keep back counts under 5")
    parser.add_argument("-o", dest="output", type=Path, metavar="FILE", help="standard output without it")


def report_caseload(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--month", type=month, metavar="YYYY-MM", help="as known at the end of it")
    parser.add_argument("--from", dest="first", type=day, metavar="DATE", help="with --to, whose day counts")
    parser.add_argument("--to", dest="last", type=day, metavar="DATE", help="as known at the end of that day")
    parser.add_argument(
        "--as-known-on", type=day, metavar="DATE", help="with what was recorded by then, be it later"
    )
    parser.add_argument("--team", metavar="T", help="name or key; every team without it")
    parser.add_argument(
        "--format", dest="file_format", default="csv", choices=["json", "csv", "ods", "xlsx", "pdf", "html"]
    )
    parser.add_argument("-o", dest="output", type=Path, metavar="FILE", help="standard output without it")


def export_events(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", dest="file_format", default="csv", choices=["csv", "xes"])
    parser.add_argument("-o", dest="output", type=Path, required=True, metavar="FILE")


def export_annex_a(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--on", type=day, required=True, metavar="DATE", help="the six months up to this day")
    parser.add_argument("-o", dest="output", type=Path, required=True, metavar="FILE.xlsx")
    parser.add_argument("--gaps", type=Path, metavar="FILE.csv", help="what is missing, row by row")
    parser.add_argument("--strict", action="store_true", help="write no workbook while anything is missing")


def export_ssd(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", dest="output", type=Path, required=True, metavar="DIR", help="new or empty")
