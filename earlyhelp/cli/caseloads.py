"""`report caseload`."""

import argparse
import sys
from datetime import UTC, datetime

from earlyhelp.casework.references import find_team
from earlyhelp.cli import opening
from earlyhelp.cli.refusing import CommandRefused
from earlyhelp.exporting import exported
from earlyhelp.exporting.caseload import caseload_table
from earlyhelp.insight.caseload import NOW, caseload
from earlyhelp.insight.measures.known import Known
from earlyhelp.pathway.calendar import england
from earlyhelp.permissions import SYSTEM
from earlyhelp.records.database import reading


def report(arguments: argparse.Namespace) -> int:
    """Who holds how much, now or as known at the end of a day, as a file or on standard output."""
    today, on = england().date_of(datetime.now(UTC)), arguments.as_known_on
    if on is not None and on > today:
        raise CommandRefused("--as-known-on is a day in the future")
    with opening.ready_database(opening.settings()) as engine, reading(engine) as connection:
        team = find_team(connection, arguments.team) if arguments.team else None
        if arguments.team and team is None:
            raise CommandRefused(f"there is no team called {arguments.team}")
        known = NOW if on is None else Known(before=england().end_of(on))
        teams = caseload(connection, person=SYSTEM, team_id=team.id if team else None, known=known)
    file = exported(caseload_table(teams, on=on or today), arguments.format)
    if arguments.output is None:
        sys.stdout.buffer.write(file.content)
    else:
        arguments.output.write_bytes(file.content)
    return 0
