"""Databases in which a council may be made up, and short histories lived in them."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from earlyhelp.casework.seeding import seed
from earlyhelp.places import workflows
from earlyhelp.records.database import connect, transaction
from earlyhelp.records.migrate import upgrade
from earlyhelp.simulation import Simulated, simulate

FIRST_DAY = date(2026, 1, 5)


def prepared(engine: Engine) -> Engine:
    with transaction(engine) as connection:
        seed(
            connection,
            shipped=workflows(),
            own=None,
            council="Millbrook",
            now=datetime(2026, 1, 1, tzinfo=UTC),
        )
    return engine


def new_database(file: Path) -> Engine:
    engine = connect(f"sqlite:///{file}")
    upgrade(engine)
    return prepared(engine)


def live(engine: Engine, contacts: int, *, seed: int = 1, days: int = 60) -> Simulated:
    until = datetime(2026, 1, 5, 16, tzinfo=UTC) + timedelta(days=days)
    return simulate(engine, contacts=contacts, seed=seed, start=FIRST_DAY, until=until)
