"""`report caseload`."""

import argparse
from datetime import date

from earlyhelp.casework.own_words import terms_of_the_front_door
from earlyhelp.casework.references import find_team
from earlyhelp.cli import opening
from earlyhelp.cli.refusing import CommandRefused
from earlyhelp.cli.report_files import put, refuse_what_is_no_text
from earlyhelp.exporting import exported
from earlyhelp.exporting.caseload import caseload_table
from earlyhelp.insight.caseload import NOW, caseload
from earlyhelp.insight.measures.asking import FIRST_DAY, month_of
from earlyhelp.insight.measures.known import Known
from earlyhelp.pathway.calendar import england
from earlyhelp.permissions import SYSTEM
from earlyhelp.records.database import reading


def report(arguments: argparse.Namespace) -> int:
    """Who holds how much, now or as known at the end of a day, as a file or on standard output."""
    today = england().date_of(opening.now())
    on, known_on = _days_asked(arguments, today)
    refuse_what_is_no_text(arguments)
    with opening.ready_for_reports(opening.settings()) as engine, reading(engine) as connection:
        team = find_team(connection, arguments.team) if arguments.team else None
        if arguments.team and team is None:
            raise CommandRefused(f"there is no team called {arguments.team}")
        known = NOW if known_on is None else Known(before=england().end_of(known_on))
        of = on if on != known_on else None
        terms = terms_of_the_front_door(connection, now=opening.now())
        asked = [team.id] if team else None
        teams = caseload(connection, person=SYSTEM, teams=asked, known=known, of=of)
    lead = terms.get("lead_professional", "lead professional")
    put(exported(caseload_table(teams, on=on or today, lead=lead), arguments.file_format), arguments)
    return 0


def _days_asked(arguments: argparse.Namespace, today: date) -> tuple[date | None, date | None]:
    """A caseload is of a moment: of a month or period, that is its end; and as known on which day. None for now."""
    end, known = _end_of_period(arguments), arguments.as_known_on
    given: list[date] = [on for on in (end, known) if on is not None]
    under_way = arguments.month is not None and min(given) >= today
    if not given or (under_way and known is None):
        return None, None
    if min(given) < FIRST_DAY or (known or min(given)) > today:
        raise CommandRefused("the day must be today or in the past")
    return min(given), known or min(given)


def _end_of_period(arguments: argparse.Namespace) -> date | None:
    first, last = arguments.first, arguments.last
    if arguments.month is not None and (first or last):
        raise CommandRefused("give --month, or --from and --to, not both")
    if first is not None and (last is None or last < first):
        raise CommandRefused("--from needs a --to that does not lie before it")
    end: date | None = last if arguments.month is None else month_of(arguments.month).last
    return end
