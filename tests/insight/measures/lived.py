"""Short histories lived once for each seed in a whole run, and copied into whatever database a test has."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

from sqlalchemy import Engine, delete, text

from earlyhelp.records.cases import CalendarDay
from earlyhelp.records.database import connect, is_postgresql, reading, transaction
from earlyhelp.records.migrate import METADATA
from earlyhelp.simulation import simulate
from tests.simulation.living import new_database
from tests.support.postgresql import locked

SEEDS = (1, 2, 3)
CONTACTS = 75
FIRST, UNTIL = date(2025, 2, 3), datetime(2026, 4, 17, 16, tzinfo=UTC)
"""Over both clock changes, Christmas and Easter, and the end of a council's year."""
NOW = datetime(2026, 4, 18, 9, tzinfo=UTC)


@cache
def lived(seed: int) -> Path:
    """The SQLite file of that history."""
    shared = Path(os.environ["EARLYHELP_TEST_SHARED"])
    file = shared / f"lived-{seed}.sqlite3"
    with locked(shared / f"lived-{seed}.lock"):
        if not file.exists():
            unfinished = file.with_suffix(".unfinished")
            engine = new_database(unfinished)
            simulate(engine, contacts=CONTACTS, seed=seed, start=FIRST, until=UNTIL)
            engine.dispose()
            unfinished.rename(file)
    return file


def copied(seed: int, into: Engine) -> Engine:
    """Every row of the history, in the other database."""
    with history(seed) as source, reading(source) as old, transaction(into) as new:
        if is_postgresql(new):
            new.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            new.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        new.execute(delete(CalendarDay))  # a test's database begins with the days
        for table in METADATA.sorted_tables:
            rows = [dict(row._mapping) for row in old.execute(table.select())]
            if rows:
                new.execute(table.insert(), rows)
    return into


@contextmanager
def history(seed: int) -> Iterator[Engine]:
    """The history itself, to be read only."""
    engine = connect(f"sqlite:///{lived(seed)}")
    yield engine
    engine.dispose()
