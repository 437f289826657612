"""History under another file: the file that held gives what happened, a stricter one says what would have breached."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from earlyhelp.insight.replaying import Asked, Replayed, replay
from earlyhelp.pathway.calendar import england
from earlyhelp.pathway.loading import content_of, load, load_content
from earlyhelp.pathway.machine import compile_pathway
from earlyhelp.places import workflows
from tests.casework.watched_cases import MONDAY, Council, act, allocated, days, found_council

NOW = MONDAY + days(40)


@pytest.fixture
def council(connection: Connection) -> Council:
    council = found_council(connection)
    for number, surname in enumerate(("Rowe", "Hale", "Penrose")):
        reference = allocated(connection, council, surname=surname)
        fields = {"how": "home_visit", "child_seen": True, "childs_voice": "Likes to draw"}
        at = MONDAY + days(1 + number) + timedelta(hours=1)
        act(connection, reference, "record_first_contact", council["lead"], fields, now=at)
    allocated(connection, council, at=MONDAY + days(36), surname="Open")
    return council


def replayed(connection: Connection, **changes: Any) -> Replayed:
    content = content_of(load(workflows() / "standard.toml"))
    for part, changed in changes.items():
        content["clocks" if part in content["clocks"] else "actions"][part] |= changed
    engine = compile_pathway(load_content({**content, "version": "2"}), england())
    asked = Asked("standard", MONDAY.date(), NOW.date() + timedelta(days=30), NOW)
    return replay(connection, engine=engine, asked=asked)


def test_under_the_file_that_held_all_is_as_it_was(connection: Connection, council: Council) -> None:
    found = replayed(connection)
    assert found.cases == 4
    assert found.refused == {}
    assert found.would_breach == {}
    assert [pair for pair in found.clocks.values() if pair.was != pair.would] == []
    assert found.totals()["first_contact"].was.in_time == 3


def test_a_shorter_limit_says_what_would_have_breached(connection: Connection, council: Council) -> None:
    found = replayed(connection, first_contact={"due": {"working_days": 2}})
    total = found.totals()["first_contact"]
    assert (total.was.in_time, total.would.in_time, total.would.breached) == (3, 2, 2)
    assert list(found.would_breach.values()) == [["first_contact"]]
    assert ("first_contact", "North", "2026-03") in found.clocks


def test_an_action_that_another_role_takes_would_not_have_been_allowed(
    connection: Connection, council: Council
) -> None:
    found = replayed(connection, allocate_lead_professional={"roles": ["service_manager"]})
    (refused,) = found.refused.items()
    assert refused[0][0] == "allocate_lead_professional"
    assert refused[1].count == 4
    assert len(refused[1].examples) == 4
