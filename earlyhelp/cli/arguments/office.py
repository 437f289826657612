"""Arguments of the verbs for the office: accounts, tokens, closing days, the directory."""

import argparse

from earlyhelp.cli.arguments.values import day


def user_create(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("email", metavar="EMAIL")
    parser.add_argument("--name", required=True, help="as colleagues know them")
    parser.add_argument(
        "--role", required=True, action="append", help="may be given again, or several with commas"
    )
    parser.add_argument("--team", help="name or key; made if there is none of that name")
    parser.add_argument(
        "--team-kind",
        default="locality",
        choices=["front_door", "locality", "social_care", "other"],
        help="of a team that is made; locality without it",
    )
    parser.add_argument("--agency", help="name or key of the employer; the council without it")
    parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")


def user_password(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("email", metavar="EMAIL")


def token_create(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("email", metavar="EMAIL", help="the account that the token acts as")
    parser.add_argument("--name", default="token", help="what it is for")
    parser.add_argument(
        "--scope",
        action="append",
        default=[],
        choices=["act", "contacts", "read"],
        help="only this: `read`, `contacts` (record them), `act` (on cases and alerts); may be given again; "
        "without it all that the account may do",
    )


def calendar_close(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("day", type=day, metavar="DATE")
    parser.add_argument("name", metavar="NAME", help="why the council is closed")


def calendar_open(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("day", type=day, metavar="DATE")


def calendar_recalculate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--apply", action="store_true", help="move them; without it only show what would move"
    )
    parser.add_argument("--reason", metavar="WORDS", help="kept in the history of every case that moves")


def directory_import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what", metavar="FILE|URL", help="a file, or the address of a feed's list of services"
    )
    parser.add_argument("--source", metavar="NAME", help="of the list; its address, or `file`, without it")
    parser.add_argument("--dry-run", action="store_true", help="tell what would change, change nothing")
    parser.add_argument(
        "--withdraw-many",
        action="store_true",
        help="withdraw services even if more than half of the list is gone",
    )
    parser.add_argument("--json", action="store_true")
