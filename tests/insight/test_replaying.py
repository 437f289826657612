"""History under another file: the file that held gives what happened, a stricter one says what would have breached."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from earlyhelp.insight.replaying import Asked, Replayed, as_data, from_data, replay
from earlyhelp.pathway.calendar import england
from earlyhelp.pathway.guards import GUARDS
from earlyhelp.pathway.loading import content_of, load, load_content
from earlyhelp.pathway.machine import compile_pathway
from earlyhelp.pathway.past_actions import TOLD_BY_EVENTS, not_told
from earlyhelp.places import workflows
from earlyhelp.records.cases import CasePerson
from tests.casework.watched_cases import MONDAY, Council, act, allocated, contact, days, found_council

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
        where = content if part in content else content["clocks" if part in content["clocks"] else "actions"]
        where[part] |= changed
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


def test_an_answer_that_the_other_file_does_not_offer_is_counted(
    connection: Connection, council: Council
) -> None:
    codes = content_of(load(workflows() / "standard.toml"))["codes"]
    fewer = {name: label for name, label in codes["how_contacted"].items() if name != "home_visit"}
    found = replayed(connection, codes={"how_contacted": fewer})
    assert {key[0]: refused.count for key, refused in found.refused.items()} == {"record_first_contact": 3}


def test_a_guard_that_the_history_tells_of_is_asked(connection: Connection, council: Council) -> None:
    level = [{"name": "level_in", "levels": ["additional"]}]
    found = replayed(connection, accept_for_early_help={"guards": level})
    ((key, refused),) = found.refused.items()
    assert key == ("accept_for_early_help", "The level of need must be additional for this decision")
    assert refused.count == 4


def test_the_third_closing_below_threshold_is_seen_among_other_contacts(connection: Connection) -> None:
    council = found_council(connection)
    for week in range(3):
        at = MONDAY + days(7 * week)
        reference = contact(connection, council, at=at, surname="Again")
        fields = {"level_of_need": "universal", "rationale": "Settled", "advice": "Ask the school nurse"}
        act(connection, reference, "close_with_advice", council["screener"], fields, now=at)
    same_child(connection)
    stricter = [{"name": "manager_confirms_repeat", "closings": 2, "months": 12}]
    found = replayed(connection, close_with_advice={"guards": stricter})
    ((key, refused),) = found.refused.items()
    assert (key[0], refused.count) == ("close_with_advice", 1)


def test_what_no_history_tells_is_named_instead() -> None:
    pathway = load(workflows() / "standard.toml")
    assert not_told(pathway) == [GUARDS["of_a_social_care_team"].description]
    assert GUARDS.keys() >= TOLD_BY_EVENTS


def test_a_comparison_can_be_kept_and_read_again(connection: Connection, council: Council) -> None:
    found = replayed(connection, first_contact={"due": {"working_days": 2}})
    assert from_data(json.loads(json.dumps(as_data(found)))) == found


def same_child(connection: Connection) -> None:
    """All contacts are about the child of the first."""
    one = connection.scalars(select(CasePerson.person_id).order_by(CasePerson.person_id)).first()
    connection.execute(update(CasePerson).values(person_id=one))
