"""A year's history walked under another file, read from a database and counted: cases per second on one core."""

import statistics
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine

from benchmarks.measuring import Figures, timed
from benchmarks.places import database
from earlyhelp.insight.replaying import Asked, replay
from earlyhelp.pathway.calendar import england
from earlyhelp.pathway.loading import content_of, load, load_content
from earlyhelp.pathway.machine import CompiledPathway, compile_pathway
from earlyhelp.places import workflows
from earlyhelp.records.database import connect, reading
from earlyhelp.records.migrate import upgrade
from tests.simulation.living import FIRST_DAY, live, prepared

ROUNDS = 5
YEAR = 365


def run(folder: Path, *, kind: str, contacts: int) -> Figures:
    """Goal: 2,000 cases per second."""
    with database(kind, folder) as url:
        engine = connect(url)
        upgrade(engine)
        live(prepared(engine), contacts, days=YEAR)
        rates = [_cases_per_second(engine, _stricter()) for _ in range(ROUNDS)]
        engine.dispose()
    return {f"replay: cases per second (goal 2,000), {kind}": statistics.median(rates)}


def _stricter() -> CompiledPathway:
    content = content_of(load(workflows() / "standard.toml"))
    content["clocks"]["first_contact"]["due"] = {"working_days": 3}
    return compile_pathway(load_content({**content, "version": "2"}), england())


def _cases_per_second(engine: Engine, other: CompiledPathway) -> float:
    last = FIRST_DAY + timedelta(days=YEAR)
    asked = Asked("standard", FIRST_DAY, last, england().end_of(last))
    cases = []

    def walk() -> None:
        with reading(engine) as connection:
            cases.append(replay(connection, engine=other, asked=asked).cases)

    seconds = timed(walk)
    return cases[0] / seconds
