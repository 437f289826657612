"""Whom an action tells: those whom its audience means, and nobody else is read, however many work here."""

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import Any, get_args

import pytest
from sqlalchemy import Connection, insert

from earlyhelp.casework import audiences
from earlyhelp.casework.audiences import read_audiences, told_about
from earlyhelp.casework.telling import ToldOf
from earlyhelp.pathway.vocabulary import PEOPLE_ROLES, Holder, Told
from earlyhelp.records.organisation import Team, User, UserRole
from tests.casework.watched_cases import MONDAY

AUDIENCES = sorted({*get_args(Told), *get_args(Holder)})
KINDS = ["front_door", "locality", "social_care"]


@dataclass(frozen=True)
class Staff:
    """Who works here, by id: some of no team, some who have left, most in one role and some in more."""

    teams: list[int | None]
    people: list[int]


def staff_of(connection: Connection, chance: Random, *, people: int) -> Staff:
    teams = [
        {"id": n, "key": f"team-{n}", "name": f"Team {n}", "kind": kind} for n, kind in enumerate(KINDS, 1)
    ]
    connection.execute(insert(Team), teams)
    places = [None, *(team["id"] for team in teams)]
    ids = range(1, people + 1)
    connection.execute(
        insert(User),
        [
            {
                "id": n,
                "email": f"person-{n}@council.example",
                "name": f"Person {n}",
                "team_id": chance.choice(places),
                "active": chance.random() < 0.8,
                "created_at": MONDAY,
            }
            for n in ids
        ],
    )
    held = [(n, role) for n in ids for role in chance.sample(PEOPLE_ROLES, chance.choice([1, 1, 1, 2]))]
    connection.execute(insert(UserRole), [{"user_id": n, "role": role} for n, role in held])
    return Staff(places, list(ids))


def a_case(chance: Random, staff: Staff) -> ToldOf:
    return ToldOf(
        team_id=chance.choice(staff.teams),
        lead_professional_id=chance.choice([None, *staff.people]),
        restricted=chance.random() < 0.5,
        state_kind=chance.choice(["new", "assessment", "plan", "step_up"]),
        opened_by_id=chance.choice([None, *staff.people]),
    )


@pytest.mark.parametrize("people", [1, 3, 12])
def test_who_is_told_of_one_case_is_whom_its_audience_means_among_everybody(
    connection: Connection, people: int
) -> None:
    for seed in range(12):
        chance, savepoint = Random(seed), connection.begin_nested()
        staff = staff_of(connection, chance, people=people)
        everybody = read_audiences(connection)
        for _ in range(25):
            case, audience = a_case(chance, staff), chance.sample(AUDIENCES, chance.choice([1, 1, 2, 3]))
            assert told_about(connection, audience, case) == everybody.meant(audience, case), (audience, case)
        savepoint.rollback()


def test_nobody_is_read_who_cannot_be_told(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    staff = staff_of(connection, Random(1), people=400)
    case = ToldOf(staff.teams[2], staff.people[7], restricted=False, state_kind="plan", opened_by_id=None)
    read: list[int] = []
    made_of = audiences._audiences

    def noted(rows: Iterable[Any]) -> audiences.Audiences:
        found = made_of(rows)
        read.extend(found.people)
        return found

    monkeypatch.setattr(audiences, "_audiences", noted)
    told = told_about(connection, ["lead_professional", "manager"], case)
    monkeypatch.undo()
    assert told
    assert set(read) <= told
