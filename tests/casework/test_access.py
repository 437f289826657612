"""The team around the family is let in for a stated time and reason, and no longer."""

from datetime import datetime
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from earlyhelp.casework.access import NoSuchAccess, give_access, withdraw_access
from earlyhelp.casework.audit import verify_all, verify_one
from earlyhelp.casework.journal import first_broken_entry
from earlyhelp.casework.pathways import publish
from earlyhelp.casework.reading import case_for
from earlyhelp.casework.refusals import NoSuchCase, NotAllowed
from earlyhelp.pathway.facts import BadFields
from earlyhelp.pathway.loading import load
from earlyhelp.permissions import Person, load_person, may_contribute, may_see
from earlyhelp.places import workflows
from earlyhelp.records.cases import Case
from earlyhelp.records.organisation import Team
from tests.casework.watched_cases import MONDAY, Council, act, allocated, days
from tests.support.tampering import tamper

GIVEN = {
    "user": "other_lead@council.example",
    "level": "contribute",
    "until": "2026-03-20",
    "reason": "Rowan's teacher, of the team around the family",
}


@pytest.fixture
def reference(connection: Connection, council: Council) -> str:
    return allocated(connection, council)


def let_in(connection: Connection, reference: str, by: Person, **differing: str) -> int:
    return give_access(
        connection, reference=reference, person=by, given=GIVEN | differing, now=MONDAY + days(1)
    )


def teacher(connection: Connection, council: Council, at: datetime) -> Person:
    user_id = council["other_lead"].id
    assert user_id is not None
    found = load_person(connection, user_id=user_id, now=at)
    assert found is not None
    return found


def sees(connection: Connection, council: Council, reference: str, at: datetime) -> bool:
    try:
        case_for(connection, reference=reference, person=teacher(connection, council, at))
    except NoSuchCase:
        return False
    return True


def test_access_lasts_to_the_end_of_its_last_day(
    connection: Connection, council: Council, reference: str
) -> None:
    assert not sees(connection, council, reference, MONDAY + days(2))
    let_in(connection, reference, council["lead"])
    assert sees(connection, council, reference, MONDAY + days(2))
    assert sees(connection, council, reference, datetime.fromisoformat("2026-03-20T23:59:59+00:00"))
    assert not sees(connection, council, reference, datetime.fromisoformat("2026-03-21T00:00:00+00:00"))


def test_who_may_contribute_writes_and_who_may_read_does_not(
    connection: Connection, council: Council, reference: str
) -> None:
    let_in(connection, reference, council["manager"], level="read")
    at = MONDAY + days(2)
    case = case_for(connection, reference=reference, person=teacher(connection, council, at))
    assert not may_contribute(teacher(connection, council, at), case)
    let_in(connection, reference, council["manager"])
    assert may_contribute(teacher(connection, council, at), case)


def test_withdrawn_access_ends_at_once_and_only_once(
    connection: Connection, council: Council, reference: str
) -> None:
    access_id = let_in(connection, reference, council["lead"])
    end = partial(withdraw_access, connection, reference=reference, access_id=access_id)
    end(person=council["manager"], now=MONDAY + days(2))
    assert not sees(connection, council, reference, MONDAY + days(2))
    with pytest.raises(NoSuchAccess):
        end(person=council["manager"], now=MONDAY + days(2))


@pytest.mark.parametrize("who", ["screener", "south_manager", "other_lead"])
def test_only_who_leads_or_manages_the_case_lets_others_in(
    connection: Connection, council: Council, reference: str, who: str
) -> None:
    with pytest.raises((NotAllowed, NoSuchCase)):
        let_in(connection, reference, council[who])


def test_access_given_before_a_case_was_restricted_does_not_reach_it_afterwards(
    connection: Connection, council: Council, reference: str
) -> None:
    let_in(connection, reference, council["lead"])
    connection.execute(update(Case).values(restricted=True))
    assert not sees(connection, council, reference, MONDAY + days(2))
    with pytest.raises(NotAllowed):
        let_in(connection, reference, council["lead"])
    let_in(connection, reference, council["manager"])
    assert sees(connection, council, reference, MONDAY + days(2))


def test_everything_wrong_is_told_at_once(connection: Connection, council: Council, reference: str) -> None:
    wrong: dict[str, Any] = {"user": "analyst@council.example", "level": "own", "until": "2028-01-01"}
    with pytest.raises(BadFields) as refused:
        give_access(connection, reference=reference, person=council["lead"], given=wrong, now=MONDAY)
    assert set(refused.value.errors) == {"user", "level", "until", "reason"}


def test_the_journal_shows_a_change_made_behind_its_back(
    connection: Connection, council: Council, reference: str
) -> None:
    let_in(connection, reference, council["lead"])
    let_in(connection, reference, council["manager"], level="read")
    case_id = connection.scalar(select(Case.id))
    assert case_id is not None
    assert first_broken_entry(connection, reference=reference, case_id=case_id) is None
    tamper(connection, "UPDATE journal SET what = 'access_withdrawn' WHERE sequence = 1")
    broken = first_broken_entry(connection, reference=reference, case_id=case_id)
    assert broken is not None
    assert broken.sequence == 1
    assert verify_one(connection, reference=reference) == broken
    assert dict(verify_all(connection)) == {reference: broken}


@pytest.mark.parametrize(("becomes", "stays"), [("goes_on", True), ("ends", False)])
def test_social_care_keeps_sight_of_help_that_goes_on_beside_its_work(
    connection: Connection, council: Council, becomes: str, stays: bool
) -> None:
    publish(connection, load(workflows() / "family_help.toml"), by="tests", now=MONDAY)
    connection.execute(update(Team).values(pathway="family_help"))
    reference = allocated(connection, council)
    step_up = {"what_changed": "A disclosure", "level_of_need": "specialist", "urgency": "green"}
    act(connection, reference, "request_step_up", council["lead"], step_up, now=MONDAY + days(1))
    accepted = {"rationale": "Significant harm is likely", "plan_type": "CIN", "early_help": becomes}
    at = MONDAY + days(2)
    act(connection, reference, "accept_step_up", council["social_care_manager"], accepted, now=at)
    duty = load_person(connection, user_id=council["social_care_manager"].id or 0, now=at + days(30))
    assert duty is not None
    row = connection.execute(select(Case).where(Case.reference == reference)).one()
    assert may_see(duty, row) is stays
    assert not may_contribute(duty, row)
    assert verify_one(connection, reference=reference) is None
