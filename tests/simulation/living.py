"""Databases in which a council may be made up, and short histories lived in them."""

import shutil
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Engine

from earlyhelp.casework.seeding import seed
from earlyhelp.places import workflows
from earlyhelp.records.database import connect, transaction
from earlyhelp.records.migrate import upgrade
from earlyhelp.simulation import Simulated, simulate

FIRST_DAY = date(2026, 1, 5)
_FOLDER = TemporaryDirectory(prefix="earlyhelp-beginning-")


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
    """A council's own SQLite database in a new file."""
    shutil.copyfile(_beginning(), file)
    return connect(f"sqlite:///{file}")


@cache
def _beginning() -> Path:
    file = Path(_FOLDER.name) / "beginning.sqlite3"
    engine = connect(f"sqlite:///{file}")
    upgrade(engine)
    prepared(engine).dispose()
    return file


def live(engine: Engine, contacts: int, *, seed: int = 1, days: int = 60) -> Simulated:
    until = datetime(2026, 1, 5, 16, tzinfo=UTC) + timedelta(days=days)
    return simulate(engine, contacts=contacts, seed=seed, start=FIRST_DAY, until=until)
