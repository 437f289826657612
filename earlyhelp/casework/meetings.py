"""Team around the family meetings: planned ahead, held as the review of the plan, or cancelled."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Connection, delete, insert, update

from earlyhelp.casework.answers import LINE, Answers
from earlyhelp.casework.desk import case_to_plan, note_change, row_of
from earlyhelp.casework.perform import Performed, engine_for, perform
from earlyhelp.casework.reading import CaseRow
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.pathway.definition import Action, Pathway
from earlyhelp.pathway.facts import Refused
from earlyhelp.permissions import Person
from earlyhelp.records.plans import Meeting, MeetingPerson

ANSWERS = {
    "attended": "Attended",
    "apologies": "Sent apologies",
    "absent": "Did not come",
    "invited": "Invited",
}
MOST_PEOPLE = 40
Given = Mapping[str, Any]
Errors = Mapping[str, list[str]] | None


def plan_meeting(
    connection: Connection,
    *,
    reference: str,
    person: Person,
    given: Given,
    now: datetime,
    known_errors: Errors = None,
) -> int:
    """Plan a meeting: `planned_on`, `place`, `people` (each name and agency). Returns its id."""
    case = case_to_plan(connection, reference=reference, person=person)
    pathway = engine_for(connection, case).pathway
    answers = Answers(given, known_errors)
    day = answers.day("planned_on", missing="Enter the date of the meeting")
    place = answers.words("place", longest=200)
    people = _people(answers, pathway, usual="invited")
    answers.checked()
    assert day is not None
    return _planned(connection, case, day, place, people, person, now)


def hold_meeting(
    connection: Connection,
    *,
    reference: str,
    meeting_id: int,
    person: Person,
    given: Given,
    review: Given,
    now: datetime,
    seen_version: int | None = None,
    occurred_at: datetime | None = None,
    known_errors: Errors = None,
) -> Performed:
    """Record that a meeting was held, as the pathway's review, and plan the next with the same people.

    The review happened at `occurred_at`, or on the date that `review` says the meeting had.
    `given` holds `people` (each name, agency and answer), `review` the fields of the pathway's action of kind
    `review` but for who attended, which follows from the people. Raises Refused where no review is possible, and
    whatever `perform` raises.
    """
    case = case_to_plan(connection, reference=reference, person=person)
    row = row_of(connection, Meeting, row_id=meeting_id, case=case)
    pathway = engine_for(connection, case).pathway
    action = review_action(pathway, case.state)
    if action is None:
        raise Refused("A review cannot be recorded where the case is now")
    _still_due(row)
    answers = Answers(given, known_errors)
    people = _people(answers, pathway, usual="absent")
    fields = _review_fields(action, review, people)
    attended = action.field("attended")
    if attended is not None and attended.required is True and not fields["attended"]:
        answers.fault("attended", "Select who attended: nobody is marked as having come")
    if str(fields.get("taf_date", "")) > now.astimezone(LONDON).date().isoformat():
        answers.fault("taf_date", "The meeting must not be in the future")
    done = perform(
        connection,
        reference=reference,
        action=action.name,
        person=person,
        fields=fields,
        now=now,
        occurred_at=occurred_at or _held_at(case, fields.get("taf_date"), now),
        seen_version=seen_version,
        known_errors=answers.errors,
    )
    _write_held(connection, case, row, people, done, person, now)
    return done


def _review_fields(action: Action, review: Given, people: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """The review's fields with the agencies that came, where the pathway asks for them."""
    if not action.field("attended"):
        return dict(review)
    came = dict.fromkeys(one["agency"] for one in people if one["answer"] == "attended")
    return {**review, "attended": list(came)}


def _write_held(
    connection: Connection,
    case: CaseRow,
    row: Any,
    people: Sequence[Mapping[str, str]],
    done: Performed,
    person: Person,
    now: datetime,
) -> None:
    """The meeting as it was, and the next one where the review says when."""
    held_on = date.fromisoformat(done.step.fields.get("taf_date", row.planned_on.isoformat()))
    connection.execute(
        update(Meeting).where(Meeting.id == row.id).values(held_on=held_on, review_sequence=done.version)
    )
    _write_people(connection, row.id, people)
    content = {"held_on": held_on.isoformat(), "people": list(people), "review": done.version}
    _note(connection, case, "meeting_held", row.id, content, person, now)
    if following := done.step.fields.get("next_review_date"):
        invited = [{**one, "answer": "invited"} for one in people]
        _planned(connection, case, date.fromisoformat(following), row.place, invited, person, now)


def cancel_meeting(
    connection: Connection, *, reference: str, meeting_id: int, person: Person, given: Given, now: datetime
) -> None:
    """A meeting that will not be. It stays on the record with the reason."""
    case = case_to_plan(connection, reference=reference, person=person)
    row = row_of(connection, Meeting, row_id=meeting_id, case=case)
    answers = Answers(given)
    reason = answers.words("reason", missing="Enter why it is cancelled", longest=1000)
    answers.checked()
    _still_due(row)
    connection.execute(
        update(Meeting).where(Meeting.id == meeting_id).values(cancelled_at=now, cancelled_reason=reason)
    )
    _note(connection, case, "meeting_cancelled", meeting_id, {"reason": reason}, person, now)


def review_action(pathway: Pathway, state: str) -> Action | None:
    """What this council calls a review, if one can be recorded from here."""
    return next((action for action in pathway.actions_from(state) if action.kind == "review"), None)


def _held_at(case: CaseRow, day: Any, now: datetime) -> datetime:
    """When the review happened, for the clocks: on the day of the meeting, not when it was typed in."""
    try:
        noon = datetime.combine(date.fromisoformat(day), time(12), LONDON)
    except (TypeError, ValueError):
        return now  # the field's own fault is told by the pathway
    if noon.date() == case.state_entered_at.astimezone(LONDON).date():
        noon = max(noon, case.state_entered_at)
    return min(noon, now)


def _still_due(row: Any) -> None:
    if row.held_on is not None or row.cancelled_at is not None:
        raise Refused("This meeting was recorded or cancelled already")


def _planned(
    connection: Connection,
    case: CaseRow,
    day: date,
    place: str,
    people: Sequence[Mapping[str, str]],
    person: Person,
    now: datetime,
) -> int:
    meeting_id = connection.execute(
        insert(Meeting)
        .values(case_id=case.id, planned_on=day, place=place, planned_at=now, planned_by_id=person.id)
        .returning(Meeting.id)
    ).scalar_one()
    _write_people(connection, meeting_id, people)
    content = {"planned_on": day.isoformat(), "place": place, "people": list(people)}
    _note(connection, case, "meeting_planned", meeting_id, content, person, now)
    return meeting_id


def _people(answers: Answers, pathway: Pathway, *, usual: str) -> list[dict[str, str]]:
    """Those with a name, in the order given. Faults belong to the list as a whole: `people`."""
    agencies = pathway.codes.get("agency", {})
    found = []
    for given in list(answers.given.get("people") or [])[:MOST_PEOPLE]:
        one = Answers(given)
        name = one.words("name", longest=LINE)
        agency = one.code("agency", agencies, missing=f"Select where {name or 'each person'} is from")
        answer = one.code("answer", ANSWERS) or usual
        if not name and "name" not in one.errors:
            continue
        for words in one.errors.values():
            answers.fault("people", words[0])
        found.append({"name": name, "agency": agency, "answer": answer})
    if not found:
        answers.fault("people", "Enter at least one person")
    return found


def _write_people(connection: Connection, meeting_id: int, people: Sequence[Mapping[str, str]]) -> None:
    connection.execute(delete(MeetingPerson).where(MeetingPerson.meeting_id == meeting_id))
    connection.execute(
        insert(MeetingPerson),
        [{"meeting_id": meeting_id, "position": place, **one} for place, one in enumerate(people)],
    )


def _note(
    connection: Connection,
    case: CaseRow,
    what: str,
    meeting_id: int,
    content: Mapping[str, Any],
    person: Person,
    now: datetime,
) -> None:
    note_change(
        connection,
        case,
        what=what,
        table=Meeting,
        row_id=meeting_id,
        content=content,
        person=person,
        now=now,
    )
