"""A year's history walked under another file, read from a SQLite file and counted: cases per second on one core."""

import statistics
import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine

from earlyhelp.insight.replaying import Asked, replay
from earlyhelp.pathway.calendar import england
from earlyhelp.pathway.loading import content_of, load, load_content
from earlyhelp.pathway.machine import CompiledPathway, compile_pathway
from earlyhelp.places import workflows
from earlyhelp.records.database import reading
from tests.simulation.living import FIRST_DAY, live, new_database

ROUNDS = 5
YEAR = 365


def run(folder: Path, *, contacts: int) -> dict[str, float]:
    """Goal: 2,000 cases per second."""
    database = new_database(folder / "past.sqlite3")
    live(database, contacts, days=YEAR)
    rates = [_cases_per_second(database, _stricter()) for _ in range(ROUNDS)]
    database.dispose()
    return {"replay: cases per second (goal 2,000)": statistics.median(rates)}


def _stricter() -> CompiledPathway:
    content = content_of(load(workflows() / "standard.toml"))
    content["clocks"]["first_contact"]["due"] = {"working_days": 3}
    return compile_pathway(load_content({**content, "version": "2"}), england())


def _cases_per_second(database: Engine, other: CompiledPathway) -> float:
    last = FIRST_DAY + timedelta(days=YEAR)
    asked = Asked("standard", FIRST_DAY, last, england().end_of(last))
    begun = time.perf_counter()
    with reading(database) as connection:
        found = replay(connection, engine=other, asked=asked)
    return found.cases / (time.perf_counter() - begun)
