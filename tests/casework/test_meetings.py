"""A meeting that is held is the review: one recording for plan, clock and figures."""

from typing import Any

import pytest
from sqlalchemy import Connection, select

from earlyhelp.casework.audit import verify_one
from earlyhelp.casework.meetings import cancel_meeting, hold_meeting, plan_meeting
from earlyhelp.insight.meetings import meetings_of
from earlyhelp.pathway.facts import BadFields, Refused
from earlyhelp.records.cases import Case, Event
from tests.casework.watched_cases import MONDAY, Council, days, the_clock
from tests.web.desk import FAMILY, TEACHER, planned, scores

NOW = MONDAY + days(40)
MEETING = {"planned_on": "2026-04-09", "place": "School", "people": [FAMILY, TEACHER]}
REVIEW = {
    "taf_date": "2026-04-09",
    "progress": "The flat is dry",
    "next_review_date": "2026-06-18",
    **scores(5, 5, 5),
}


@pytest.fixture
def lead(connection: Connection, council: Council) -> dict[str, Any]:
    return {"reference": planned(connection, council), "person": council["lead"], "now": NOW}


def all_meetings(connection: Connection) -> list[Any]:
    case_id = connection.scalar(select(Case.id))
    assert case_id is not None
    return meetings_of(connection, case_id=case_id)


def hold(connection: Connection, lead: dict[str, Any], **differing: Any) -> None:
    meeting_id = plan_meeting(connection, **lead, given=MEETING)
    given = {"people": differing.pop("people", [FAMILY, TEACHER])}
    hold_meeting(connection, **lead, meeting_id=meeting_id, given=given, review={**REVIEW, **differing})


def test_a_planned_meeting_is_due_with_those_invited(connection: Connection, lead: dict[str, Any]) -> None:
    plan_meeting(connection, **lead, given={**MEETING, "people": [{"name": "Kerra", "agency": "family"}]})
    (meeting,) = all_meetings(connection)
    assert meeting.is_due
    assert [(one.name, one.answer) for one in meeting.people] == [("Kerra", "invited")]


def test_holding_it_records_the_review_with_the_agencies_that_came(
    connection: Connection, lead: dict[str, Any]
) -> None:
    hold(connection, lead)
    review = connection.execute(select(Event).where(Event.kind == "review")).one()
    assert review.fields["attended"] == ["family"]
    assert review.fields["taf_date"] == "2026-04-09"
    assert review.occurred_on.isoformat() == "2026-04-09", "judged by the day of the meeting"
    assert verify_one(connection, reference=lead["reference"]) is None
    held = next(one for one in all_meetings(connection) if one.row.held_on)
    assert held.review.sequence == review.sequence
    assert {one.name: one.answer for one in held.people} == {
        "Kerra Tregenza": "attended",
        "Jago Pascoe": "apologies",
    }


def test_the_next_date_drives_the_clock_and_plans_the_next_meeting(
    connection: Connection, lead: dict[str, Any]
) -> None:
    hold(connection, lead)
    assert the_clock(connection, "review").due_at.date().isoformat() == "2026-06-18"
    coming = next(one for one in all_meetings(connection) if one.is_due)
    assert coming.row.planned_on.isoformat() == "2026-06-18"
    assert {one.answer for one in coming.people} == {"invited"}


def test_faults_of_the_people_and_of_the_review_are_told_together(
    connection: Connection, lead: dict[str, Any]
) -> None:
    with pytest.raises(BadFields) as refused:
        hold(connection, lead, people=[{"name": "Somebody", "agency": "", "answer": ""}], progress="")
    assert {"people", "progress"} <= set(refused.value.errors)
    assert refused.value.errors["attended"] == ["Select who attended: nobody is marked as having come"]


def test_a_meeting_is_recorded_or_cancelled_once(connection: Connection, lead: dict[str, Any]) -> None:
    meeting_id = plan_meeting(connection, **lead, given=MEETING)
    cancel_meeting(connection, **lead, meeting_id=meeting_id, given={"reason": "The school is closed"})
    for again in (
        lambda: cancel_meeting(connection, **lead, meeting_id=meeting_id, given={"reason": "Again"}),
        lambda: hold_meeting(
            connection, **lead, meeting_id=meeting_id, given={"people": [FAMILY]}, review=REVIEW
        ),
    ):
        with pytest.raises(Refused):
            again()


def test_a_meeting_without_people_is_refused(connection: Connection, lead: dict[str, Any]) -> None:
    with pytest.raises(BadFields) as refused:
        plan_meeting(connection, **lead, given={**MEETING, "people": [{"name": " ", "agency": "school"}]})
    assert set(refused.value.errors) == {"people"}
