"""`simulate`: a realistic synthetic history in the installation's own database."""

import argparse
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from earlyhelp.cli import opening
from earlyhelp.cli.refusing import CommandRefused
from earlyhelp.pathway.calendar import england
from earlyhelp.simulation import NotEmpty, NothingToLiveOn, simulate as live_through, simulate_fast

MONTHS = 15
A_WORD_AFTER = 50_000


def simulate(arguments: argparse.Namespace) -> int:
    """Make a made-up council's history through casework, and say how much there is of it."""
    start, until = _span(arguments.start, arguments.end, opening.now())
    given: dict[str, Any] = {
        "contacts": arguments.contacts,
        "seed": arguments.seed,
        "start": start,
        "until": until,
    }
    with opening.ready_database(opening.settings()) as engine:
        try:
            if arguments.fast:
                made = simulate_fast(engine, **given, tell=_show_copies())
            else:
                made = live_through(engine, **given, tell=show_progress)
        except (NothingToLiveOn, NotEmpty) as fault:
            raise CommandRefused(str(fault)) from None
    print(f"{made.contacts:,} contacts from {start:%d/%m/%Y}: {made.actions:,} actions taken.")
    return 0


def show_progress(day: date, actions: int) -> None:
    """A word at each month's first day."""
    if day.day == 1:
        print(f"  {day:%B %Y}: {actions:,} actions so far", flush=True)


def _show_copies() -> Callable[[int], None]:
    """A word whenever many more are written."""
    told = 0

    def show(contacts: int) -> None:
        nonlocal told
        if contacts - told >= A_WORD_AFTER:
            told = contacts
            print(f"  {contacts:,} contacts so far", flush=True)

    return show


def _span(start: date | None, end: date | None, now: datetime) -> tuple[date, datetime]:
    """From the start of a day until the end of another, and never into the future."""
    calendar = england()
    until = min(calendar.end_of(end) - timedelta(minutes=1), now) if end else now
    start = start or calendar.months_after(calendar.date_of(until), -MONTHS)
    if until <= calendar.start_of(start):
        raise CommandRefused("--to must not lie before --from, nor --from in the future")
    return start, until.astimezone(UTC).replace(second=0, microsecond=0)
