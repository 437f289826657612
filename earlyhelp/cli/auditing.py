"""`audit verify`."""

import argparse

from earlyhelp.casework.audit import verify_all, verify_one
from earlyhelp.casework.history import BrokenLink
from earlyhelp.casework.refusals import NoSuchCase
from earlyhelp.cli import opening
from earlyhelp.cli.refusing import CommandRefused
from earlyhelp.records.database import reading
from earlyhelp.records.identifiers import parse_reference


def verify(arguments: argparse.Namespace) -> int:
    """Re-compute every hash of one case or of all. The first broken link is named."""
    with opening.ready_database(opening.settings()) as engine, reading(engine) as connection:
        if arguments.case is not None:
            reference = parse_reference(arguments.case)
            if reference is None:
                raise NoSuchCase(arguments.case)
            _refuse_broken(verify_one(connection, reference=reference))
            print(f"{reference}: every link of its history holds.")
            return 0
        checked = 0
        for _, broken in verify_all(connection):
            _refuse_broken(broken)
            checked += 1
    print(f"{checked:,} cases checked: every link of their histories holds.")
    return 0


def _refuse_broken(broken: BrokenLink | None) -> None:
    if broken is not None:
        raise CommandRefused(f"{broken.reference}: event {broken.sequence}: {broken.problem}")
