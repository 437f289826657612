"""A family whose plan is under way: goals, actions (one overdue), a meeting held and one due, notes, a file, access."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from earlyhelp.casework.access import give_access
from earlyhelp.casework.meetings import hold_meeting, plan_meeting
from earlyhelp.casework.notes import KeptFile, write_note
from earlyhelp.casework.plans import add_action, add_goal, record_progress
from earlyhelp.records.cases import Case, CasePerson, Event
from earlyhelp.records.notes import NoteFile
from earlyhelp.records.people import Person
from earlyhelp.records.plans import Meeting
from tests.casework.watched_cases import MONDAY, Council, act, allocated, days

SCORES = ("childs_development", "parenting_capacity", "family_and_environment")
FAMILY = {"name": "Kerra Tregenza", "agency": "family", "answer": "attended"}
TEACHER = {"name": "Jago Pascoe", "agency": "school", "answer": "apologies"}
REVIEW_DAY = MONDAY + days(45)
NEED = "housing"


@dataclass(frozen=True)
class Desk:
    """What was made, by id."""

    reference: str
    public_id: str
    goal_id: int
    action_id: int
    meeting_id: int
    note_id: int
    file_id: int
    event_id: int


def scores(*values: int) -> dict[str, int]:
    return {f"score_{domain}": value for domain, value in zip(SCORES, values, strict=True)}


def planned(connection: Connection, council: Council, *, at: datetime = MONDAY) -> str:
    """A case whose plan is in progress, begun with scores 3, 4 and 5."""
    reference = allocated(connection, council, at=at)
    first = {"how": "home_visit", "child_seen": True, "childs_voice": "Wants to sleep in a dry room"}
    act(connection, reference, "record_first_contact", council["lead"], first, now=at + days(1))
    assessment: dict[str, Any] = {
        "childs_development": "Often tired",
        "parenting_capacity": "Warm, and worn out",
        "family_and_environment": "The flat is damp",
        "strengths": "A close grandmother",
        "needs": [NEED],
        "childs_voice": "Wants to sleep in a dry room",
        "parents_views": "Needs the landlord to act",
        "proposed_plan": "Repairs, breakfast club",
        **scores(3, 4, 5),
    }
    act(connection, reference, "submit_assessment", council["lead"], assessment, now=at + days(8))
    comment = {"comment": "Clear and fair"}
    act(connection, reference, "authorise_assessment", council["manager"], comment, now=at + days(9))
    return reference


def family_with_a_plan(connection: Connection, council: Council) -> Desk:
    reference = planned(connection, council)
    lead = {"reference": reference, "person": council["lead"]}
    at = MONDAY + days(10)
    goal = {"words": "A dry room of my own", "whose": "Wenna"}
    goal_id = add_goal(connection, **lead, given=goal, now=at)
    add_goal(connection, **lead, given={"words": "Mornings without shouting", "whose": "Mum"}, now=at)
    repairs = {
        "what": "Report the damp to the landlord and keep the reference number",
        "who": "Kerra Tregenza",
        "agency": "family",
        "need": NEED,
        "due_on": "2026-03-27",
    }
    action_id = add_action(connection, **lead, given=repairs, now=at)
    progress = {"words": "Reported by telephone; a surveyor comes on Friday", "done": False}
    record_progress(connection, **lead, action_id=action_id, given=progress, now=at + days(3))
    club = {
        "what": "A place at breakfast club",
        "who": "Jago Pascoe",
        "agency": "school",
        "due_on": "2026-05-22",
    }
    add_action(connection, **lead, given=club, now=at)
    done = add_action(
        connection, **lead, given={**club, "what": "Talk to the school nurse", "due_on": "2026-03-20"}, now=at
    )
    heard = {"words": "Seen on Tuesday", "done": True}
    record_progress(connection, **lead, action_id=done, given=heard, now=at + days(5))
    meeting = {"planned_on": "2026-04-16", "place": "School", "people": [FAMILY, TEACHER]}
    held = plan_meeting(connection, **lead, given=meeting, now=at)
    review = {
        "taf_date": "2026-04-16",
        "progress": "The surveyor came; the club has a place",
        "decisions": "Go on for three months",
        "next_review_date": "2026-06-16",
        **scores(6, 4, 4),
    }
    hold_meeting(
        connection,
        **lead,
        meeting_id=held,
        given={"people": [FAMILY, TEACHER]},
        review=review,
        now=REVIEW_DAY,
    )
    note = {
        "kind": "visit",
        "occurred_on": "2026-04-20",
        "words": "The bedroom wall is wet to the touch.\nWenna showed me.",
        "significant": "First time that she spoke of home",
    }
    files = [KeptFile("0" * 64, "damp.png", "image/png", 70, "waiting")]
    note_id = write_note(connection, **lead, given=note, now=REVIEW_DAY + days(5), files=files)
    access = {
        "user": "other_lead@council.example",
        "level": "contribute",
        "until": "2026-07-31",
        "reason": "Her teacher, of the team around the family",
    }
    give_access(connection, **lead, given=access, now=at)
    file_id = connection.scalar(select(NoteFile.id).where(NoteFile.note_id == note_id))
    assert file_id is not None
    case_id = connection.scalar(select(Case.id).where(Case.reference == reference))
    due = select(Meeting.id).where(Meeting.case_id == case_id, Meeting.held_on.is_(None))
    coming = connection.scalar(due)
    event_id = connection.scalar(select(Event.id).where(Event.case_id == case_id).order_by(Event.id))
    public_id = connection.scalar(
        select(Person.public_id)
        .join(CasePerson, CasePerson.person_id == Person.id)
        .where(CasePerson.case_id == case_id)
    )
    assert coming is not None
    assert event_id is not None
    assert public_id is not None
    return Desk(reference, public_id, goal_id, action_id, coming, note_id, file_id, event_id)
