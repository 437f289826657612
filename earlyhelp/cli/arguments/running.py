"""Arguments of the verbs for running an installation: servers, its data as a whole, synthetic data."""

import argparse
from pathlib import Path

from earlyhelp.cli.arguments.values import count, day, moment, port

PORT = 5000
CONTACTS = 600
"""Of the demo: enough that every page shows something, few enough to be made in a minute."""


def none(parser: argparse.ArgumentParser) -> None:
    """For verbs without arguments."""


def demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=port, default=PORT, help=f"{PORT} without it; 0 takes a free one")
    parser.add_argument("--fresh", action="store_true", help="throw the demo's data away and begin anew")
    parser.add_argument(
        "--contacts", type=count, default=CONTACTS, help=f"{CONTACTS} without it; counts when data are made"
    )


def serve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=port, default=PORT, help=f"{PORT} without it; 0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on; 127.0.0.1 without it")
    parser.add_argument("--workers", type=count, default=2, help="web processes; 2 without it")


def sweep(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--at", type=moment, metavar="ISO", help="as if it were that moment; now without it")
    parser.add_argument("--json", action="store_true")


def simulate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--contacts", type=count, required=True, help="how many, over the whole time")
    parser.add_argument(
        "--seed", type=int, default=1, help="the same seed gives the same history; 1 without it"
    )
    parser.add_argument("--from", dest="start", type=day, metavar="DAY", help="15 months ago without it")
    parser.add_argument("--to", dest="end", type=day, metavar="DAY", help="today without it")
    parser.add_argument(
        "--fast",
        action="store_true",
        help="live through some hundreds and copy them, row for row, into a new database: a million in minutes",
    )


def backup(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-o",
        dest="output",
        type=Path,
        required=True,
        metavar="FILE_OR_DIR",
        help="in a folder, named by the moment",
    )


def restore(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="what `backup` wrote; the installation must be empty"
    )
