"""A council of any size with its history: some hundreds of contacts are lived through casework, the rest copied."""

from datetime import UTC, date, datetime

from sqlalchemy import Engine

from earlyhelp.casework.seeding import seed
from earlyhelp.counting import bring_board_up
from earlyhelp.places import workflows
from earlyhelp.records.database import transaction
from earlyhelp.records.migrate import upgrade
from earlyhelp.scheduler.moves import bring_moves_up
from earlyhelp.simulation import simulate_fast

FIRST_DAY, UNTIL = date(2025, 1, 6), datetime(2026, 3, 2, 10, tzinfo=UTC)


def fill(engine: Engine, *, contacts: int) -> None:
    """Make an empty database a council with so many contacts, each with its whole history."""
    upgrade(engine)
    with transaction(engine) as connection:
        begins = datetime(2025, 1, 1, tzinfo=UTC)
        seed(connection, shipped=workflows(), own=None, council="Millbrook", now=begins)
    simulate_fast(engine, contacts=contacts, seed=1, start=FIRST_DAY, until=UNTIL)


def keep_for_pages(engine: Engine) -> None:
    """What the worker of every installation has kept by then, but for the scorecard's figures, which take very long."""
    bring_board_up(engine, now=UNTIL)
    bring_moves_up(engine, now=UNTIL)
