"""Queries that are built once are not asked of other limits or other pathways than those they were built for."""

from dataclasses import replace
from datetime import UTC, date, datetime

from sqlalchemy import Engine, insert, select

from earlyhelp.insight.measures.asking import scene_of
from earlyhelp.insight.measures.kept_cases import Cell, count_cases
from earlyhelp.insight.measures.kept_rules import KEPT, PLACES
from earlyhelp.insight.measures.kinds import Kinds
from earlyhelp.insight.measures.scene import Scene
from earlyhelp.records.cases import Case
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.organisation import CouncilSetting
from tests.casework.watched_cases import allocated, council_in

LAST, NOW = date(2026, 3, 31), datetime(2026, 4, 14, 10, tzinfo=UTC)
RECEIVED = datetime(2026, 3, 16, 10, tzinfo=UTC)
"""Ten working days before the end of March, fifteen before the middle of April, with Easter between."""


def with_an_allocated_case(engine: Engine) -> Engine:
    council = council_in(engine)
    with transaction(engine) as connection:
        allocated(connection, council, at=RECEIVED)
    return engine


def cells(engine: Engine, key: str, **other: Kinds) -> set[Cell]:
    """What the cases count for in a measure."""
    with reading(engine) as connection:
        scene: Scene = replace(scene_of(connection, now=NOW), **other)
        cases = tuple(connection.scalars(select(Case.id)))
        counted = count_cases(connection, KEPT, scene, cases, last_day=LAST).values()
    return {cell for one in counted for cell in one.cells if cell[0] == PLACES[key]}


def test_a_limit_that_the_council_changed_is_asked_at_once(engine: Engine) -> None:
    before = cells(with_an_allocated_case(engine), "assessment_in_time_from_contact")
    with transaction(engine) as connection:
        shorter = {"key": "assessment_days_from_contact", "value": "10"}
        connection.execute(insert(CouncilSetting).values(shorter))
    after = cells(engine, "assessment_in_time_from_contact")
    assert before
    assert after
    assert before.isdisjoint(after), "it was due in April, and is due in March now"


def test_of_another_council_is_asked_what_its_own_pathways_say(engine: Engine) -> None:
    """One process may serve both, whose pathways have the same numbers."""
    assert cells(with_an_allocated_case(engine), "open_cases")
    assert not cells(engine, "open_cases", kinds=Kinds({}))
