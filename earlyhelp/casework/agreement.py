"""What ends at once when a family withdraws its agreement: partners' access, meetings to come, answers not yet sent."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select, update

from earlyhelp.casework.desk import note_change
from earlyhelp.casework.reading import CaseRow
from earlyhelp.casework.receipts import answer_key
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.permissions import Person
from earlyhelp.records.access import CaseAccess
from earlyhelp.records.cases import Case, Event
from earlyhelp.records.clocks import OutboxMessage
from earlyhelp.records.organisation import Team, User, UserRole
from earlyhelp.records.plans import Meeting

WITHDRAWN = "The family withdrew its agreement"


def stop_sharing(connection: Connection, *, case: CaseRow, person: Person, now: datetime) -> None:
    """End what was shared by agreement, in the transaction that records its end; each is in the case's journal.

    What social care sees stays: theirs rests on law and not on agreement. So does what the managers of a restricted
    case named themselves to.
    """
    _end_access(connection, case, person, now)
    _end_sight_of_sender(connection, case, person, now)
    _cancel_meetings(connection, case, person, now)
    _hold_back_answers(connection, case)


def _end_access(connection: Connection, case: CaseRow, person: Person, now: datetime) -> None:
    given = connection.execute(
        select(CaseAccess.id)
        .join(User, User.id == CaseAccess.user_id)
        .outerjoin(Team, Team.id == User.team_id)
        .where(
            CaseAccess.case_id == case.id,
            CaseAccess.ends_at > now,
            CaseAccess.revoked_at.is_(None),
            CaseAccess.user_id != CaseAccess.given_by_id,
            or_(Team.kind.is_(None), Team.kind != "social_care"),
        )
        .order_by(CaseAccess.id)
    )
    for access_id in given.scalars().all():
        ended = {"revoked_at": now, "revoked_by_id": person.id}
        connection.execute(update(CaseAccess).where(CaseAccess.id == access_id).values(**ended))
        _note(connection, case, "access_withdrawn", CaseAccess, access_id, person, now)


def _end_sight_of_sender(connection: Connection, case: CaseRow, person: Person, now: datetime) -> None:
    """A partner's account sees the case because it sent it, and no longer: who sent it stays in the history."""
    partners = select(UserRole.user_id).where(UserRole.role == "partner")
    sent = update(Case).where(Case.id == case.id, Case.opened_by_id.in_(partners))
    if connection.execute(sent.values(opened_by_id=None)).rowcount:
        _note(connection, case, "access_withdrawn", Case, case.id, person, now)


def _cancel_meetings(connection: Connection, case: CaseRow, person: Person, now: datetime) -> None:
    """Meetings from today on: one that was to be before may have been held, and be recorded yet."""
    to_come = connection.scalars(
        select(Meeting.id)
        .where(
            Meeting.case_id == case.id,
            Meeting.held_on.is_(None),
            Meeting.cancelled_at.is_(None),
            Meeting.planned_on >= now.astimezone(LONDON).date(),
        )
        .order_by(Meeting.id)
    ).all()
    for meeting_id in to_come:
        cancelled = {"cancelled_at": now, "cancelled_reason": WITHDRAWN}
        connection.execute(update(Meeting).where(Meeting.id == meeting_id).values(**cancelled))
        _note(connection, case, "meeting_cancelled", Meeting, meeting_id, person, now)


def _hold_back_answers(connection: Connection, case: CaseRow) -> None:
    """Answers to the referrer that wait to be sent never are: without words and address nobody can send them again."""
    answered = connection.scalars(
        select(Event.sequence).where(Event.case_id == case.id, Event.kind == "referrer_answered")
    )
    keys = [answer_key(case.reference, sequence) for sequence in answered]
    connection.execute(
        update(OutboxMessage)
        .where(OutboxMessage.message_key.in_(keys), OutboxMessage.status.in_(("waiting", "dead")))
        .values(
            status="dead", address=None, body="", last_error="not sent: the family withdrew its agreement"
        )
    )


def _note(
    connection: Connection, case: CaseRow, what: str, table: Any, row_id: int, person: Person, now: datetime
) -> None:
    reason = {"reason": WITHDRAWN}
    note_change(
        connection, case, what=what, table=table, row_id=row_id, content=reason, person=person, now=now
    )
