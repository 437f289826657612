"""What a lead professional does beside the pathway: a plan with actions, meetings, notes.

It has dice of its own, so that the history of the pathway is the same with it and without it.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import select

from earlyhelp.casework.meetings import hold_meeting, plan_meeting
from earlyhelp.casework.notes import write_note
from earlyhelp.casework.plans import add_action, add_goal, record_progress
from earlyhelp.permissions import Person
from earlyhelp.records.plans import Meeting, PlanAction
from earlyhelp.simulation.town import CaseInHand

GOALS = (
    ("A dry room where I can do my homework", "the eldest child"),
    ("Mornings without shouting", "Mum"),
    ("To know who to ask when it gets too much", "Dad"),
    ("To go to football again", "the youngest child"),
)
ACTIONS = (
    ("Report the damp to the landlord and keep the reference number", "Mum", "family", "housing"),
    ("Find a place at breakfast club", "Ms Okafor", "school", "education"),
    ("Refer for speech and language support", "Health visitor Lacey", "health", "early_years"),
    ("Go to the parenting group on Thursdays", "Mum and Dad", "family", "family_relationships"),
    ("Check that all benefits are claimed", "Citizens Advice", "voluntary", "financial_stability"),
    ("Weekly talk with a trusted adult at school", "Mr Byrne", "school", "health"),
)
PROGRESS = (
    "Begun, and going well",
    "Tried twice; will ring again",
    "Waiting for an answer",
    "Agreed with the family",
)
NOTES = (
    ("visit", "The home was warm and there was food in. The children showed me their room."),
    ("contact_with_family", "Mum rang: a hard week, but everybody is in school."),
    ("contact_with_agency", "School says attendance is better; lateness on Mondays remains."),
    ("observation", "He laughed and told a joke: the first time since we met."),
)
PEOPLE = (("Mum", "family"), ("Ms Okafor", "school"), ("Health visitor Lacey", "health"))


def begin_plan(case: CaseInHand, lead: Person) -> None:
    """Two goals, three or four actions and a first note."""
    dice = _dice(case)
    by = _by(case, lead)
    for words, whose in dice.sample(GOALS, 2):
        add_goal(case.town.connection, **by, given={"words": words, "whose": whose})
    today = case.town.hours.calendar.date_of(case.town.now)
    for what, who, agency, need in dice.sample(ACTIONS, dice.choice((3, 4))):
        due_on = today + timedelta(days=dice.choice((14, 28, 42, 70)))
        given = {"what": what, "who": who, "agency": agency, "need": need, "due_on": due_on.isoformat()}
        add_action(case.town.connection, **by, given=given)
    _note(case, lead, dice)


def met(case: CaseInHand, lead: Person, held_at: datetime, fields: Mapping[str, Any]) -> None:
    """The review as a meeting of the team around the family; the actions have come on, most of them."""
    dice, connection = _dice(case), case.town.connection
    by = _by(case, lead)
    people = [
        {"name": name, "agency": agency, "answer": dice.choice(("attended", "attended", "apologies"))}
        for name, agency in PEOPLE
    ]
    people[0]["answer"] = "attended"
    due = select(Meeting.id).where(
        Meeting.case_id == case.latest.case_id, Meeting.held_on.is_(None), Meeting.cancelled_at.is_(None)
    )
    meeting_id = connection.scalar(due.order_by(Meeting.id.desc()).limit(1))
    if meeting_id is None:
        planned_on = case.town.hours.calendar.date_of(held_at)
        given = {"planned_on": planned_on.isoformat(), "place": "At school", "people": people}
        meeting_id = plan_meeting(connection, **by, given=given)
    done = hold_meeting(
        connection,
        **by,
        meeting_id=meeting_id,
        given={"people": people},
        review=fields,
        occurred_at=max(held_at, case.entered_at),
    )
    case.latest = done
    case.town.actions += 1
    _go_on(case, by, dice, case.town.hours.calendar.date_of(held_at))
    if dice.random() < 0.6:
        _note(case, lead, dice)


def _go_on(case: CaseInHand, by: Mapping[str, Any], dice: Random, day: date) -> None:
    """What is due is done, four times in five; what was put off stands as overdue."""
    to_do = case.town.connection.execute(
        select(PlanAction.id, PlanAction.due_on).where(
            PlanAction.case_id == case.latest.case_id, PlanAction.done_on.is_(None)
        )
    ).all()
    for action in to_do:
        if action.due_on <= day or dice.random() < 0.4:
            done = action.due_on <= day and dice.random() < 0.8
            given = {"words": dice.choice(PROGRESS), "done": done, "occurred_on": day.isoformat()}
            record_progress(case.town.connection, **by, action_id=action.id, given=given)


def _note(case: CaseInHand, lead: Person, dice: Random) -> None:
    kind, words = dice.choice(NOTES)
    significant = "A change for this child" if dice.random() < 0.15 else ""
    given = {"kind": kind, "words": words, "significant": significant}
    write_note(case.town.connection, **_by(case, lead), given=given)


def _by(case: CaseInHand, lead: Person) -> dict[str, Any]:
    return {"reference": case.latest.reference, "person": lead, "now": case.town.now}


def _dice(case: CaseInHand) -> Random:
    return Random(f"{case.latest.case_id}:{case.latest.version}")  # noqa: S311 - a made-up history, not a secret
