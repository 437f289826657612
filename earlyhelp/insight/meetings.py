"""Team around the family meetings of a case: due, held, cancelled, and who was there."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from earlyhelp.records.cases import Event
from earlyhelp.records.plans import Meeting, MeetingPerson


class MeetingShown(NamedTuple):
    """A meeting, its people, and what its review recorded."""

    row: Any
    people: Sequence[Any]
    review: Any

    @property
    def is_due(self) -> bool:
        return self.row.held_on is None and self.row.cancelled_at is None


def reviews_apart(connection: Connection, *, case_id: int, meetings: Sequence[MeetingShown]) -> Sequence[Any]:
    """Reviews that were recorded without a planned meeting, as the API and the page of the action do; latest first."""
    known = [one.row.review_sequence for one in meetings if one.row.review_sequence]
    return connection.execute(
        select(Event)
        .where(Event.case_id == case_id, Event.kind == "review", Event.sequence.not_in(known))
        .order_by(Event.sequence.desc())
    ).all()


def meetings_of(connection: Connection, *, case_id: int) -> list[MeetingShown]:
    """Every meeting of a case in three queries, latest first."""
    rows = connection.execute(
        select(Meeting)
        .where(Meeting.case_id == case_id)
        .order_by(Meeting.planned_on.desc(), Meeting.id.desc())
    ).all()
    people: dict[int, list[Any]] = {}
    for one in connection.execute(
        select(MeetingPerson)
        .join(Meeting, Meeting.id == MeetingPerson.meeting_id)
        .where(Meeting.case_id == case_id)
        .order_by(MeetingPerson.meeting_id, MeetingPerson.position)
    ):
        people.setdefault(one.meeting_id, []).append(one)
    sequences = [row.review_sequence for row in rows if row.review_sequence]
    reviews = {
        event.sequence: event
        for event in connection.execute(
            select(Event).where(Event.case_id == case_id, Event.sequence.in_(sequences))
        )
    }
    return [MeetingShown(row, people.get(row.id, []), reviews.get(row.review_sequence)) for row in rows]
