"""What people type for a person, a team or a service, and the record it stands for."""

from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update

from earlyhelp.casework.references import find_person, find_team, resolve
from earlyhelp.pathway.definition import Action
from earlyhelp.records.organisation import Team, User
from earlyhelp.records.reference import Service
from tests.casework.watched_cases import MONDAY, found_council

ALLOCATION = Action.model_validate(
    {
        "name": "allocate",
        "title": "Allocate",
        "kind": "allocation",
        "from": ["waiting"],
        "to": "same",
        "fields": [
            {
                "name": "lead_professional",
                "title": "Who",
                "type": "person",
                "role": "lead_professional",
                "required": False,
            },
            {"name": "team", "title": "Team", "type": "team", "required": False},
            {"name": "services", "title": "Services", "type": "services", "required": False},
        ],
    }
)


@pytest.fixture
def known(connection: Connection) -> Connection:
    found_council(connection)
    rows = [
        {"key": "young_minds", "name": "Young Minds", "withdrawn_at": None, "needs": []},
        {"key": "old_club", "name": "Old Club", "withdrawn_at": MONDAY, "needs": []},
    ]
    connection.execute(insert(Service), rows)
    return connection


def errors(connection: Connection, **given: Any) -> dict[str, list[str]]:
    return resolve(connection, ALLOCATION, given).errors


def test_a_person_is_found_by_address_in_any_case_or_by_id(known: Connection) -> None:
    resolved = resolve(known, ALLOCATION, {"lead_professional": " LEAD@Council.Example "})
    assert resolved.fields["lead_professional"] == "lead@council.example"
    person_id = resolved.rows["lead_professional"].id
    for typed in (person_id, str(person_id)):
        assert resolve(known, ALLOCATION, {"lead_professional": typed}).fields["lead_professional"] == (
            "lead@council.example"
        )


def test_a_team_is_found_by_key_name_or_id(known: Connection) -> None:
    team_id = known.scalar(select(Team.id).where(Team.key == "north"))
    for typed in ("north", "NORTH", team_id, str(team_id)):
        assert resolve(known, ALLOCATION, {"team": typed}).fields["team"] == "north"


@pytest.mark.parametrize(
    "typed", ["nobody@council.example", "", True, 1.5, [], {}, "9" * 30, "٣", "a\x00b@c"]
)
def test_what_names_nobody_finds_nobody(known: Connection, typed: Any) -> None:
    assert find_person(known, typed) is None
    assert find_team(known, typed) is None


def test_somebody_who_left_or_has_another_role_cannot_be_named(known: Connection) -> None:
    assert "role" in errors(known, lead_professional="screener@council.example")["lead_professional"][0]
    known.execute(update(User).where(User.email == "lead@council.example").values(active=False))
    assert (
        "no longer active" in errors(known, lead_professional="lead@council.example")["lead_professional"][0]
    )
    assert "no team" in errors(known, team="atlantis")["team"][0]


def test_services_are_kept_by_key_whichever_way_they_were_named(known: Connection) -> None:
    resolved = resolve(known, ALLOCATION, {"services": ["YOUNG MINDS"]})
    assert (resolved.fields["services"], resolved.errors) == (["young_minds"], {})
    answered = resolve(known, ALLOCATION, {"services": {"Young Minds": "reached", "old_club": "refused"}})
    assert answered.fields["services"] == {"young_minds": "reached", "old_club": "refused"}


def test_a_withdrawn_or_unknown_service_cannot_be_signposted_to(known: Connection) -> None:
    words = errors(known, services=["old_club", "young_minds"])["services"]
    assert words == ["Old Club has been withdrawn from the directory"]
    assert "not a service" in errors(known, services=["nowhere"])["services"][0]


@pytest.mark.parametrize("given", ["young_minds", 7, [1], {"young_minds": 3}])
def test_a_malformed_list_of_services_is_left_to_the_engine_to_refuse(known: Connection, given: Any) -> None:
    assert resolve(known, ALLOCATION, {"services": given}).fields["services"] == given
