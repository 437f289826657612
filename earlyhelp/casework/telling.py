"""Putting a message in the outbox, in the transaction that caused it. It names the case, never a child."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, insert

from earlyhelp.casework.audiences import told_about
from earlyhelp.casework.moments import Moment
from earlyhelp.casework.reading import CaseRow
from earlyhelp.pathway.definition import Action
from earlyhelp.records.clocks import OutboxMessage

_SEND = insert(OutboxMessage).inline()


class ToldOf(NamedTuple):
    """The case as it is after the action, as far as it decides who is told."""

    team_id: int | None
    lead_professional_id: int | None
    restricted: bool
    state_kind: str
    opened_by_id: int | None


def tell(
    connection: Connection,
    writer: Connection,
    *,
    case: CaseRow,
    state_kind: str,
    action: Action,
    moment: Moment,
    deliver_at: datetime,
) -> None:
    """One message for each person of the action's audience, sent no earlier than `deliver_at`.

    Before office hours when that is now: then it is marked urgent, because a clock runs round the clock.
    """
    told_of = ToldOf(
        moment.team_id, moment.lead_professional_id, case.restricted, state_kind, case.opened_by_id
    )
    people = told_about(connection, action.tells, told_of)
    rows = [
        {
            "message_key": f"{case.reference}-{moment.sequence}-{user_id}",
            "topic": "case",
            "recipient_id": user_id,
            "case_id": case.id,
            "subject": f"{case.reference}: {action.title}",
            "body": f"{action.title}. Open {case.reference} to see what is due next.",
            "urgent": deliver_at <= moment.recorded_at,
            "created_at": moment.recorded_at,
            "status": "waiting",
            "attempts": 0,
            "next_attempt_at": deliver_at,
        }
        for user_id in sorted(people)
    ]
    if rows:
        writer.execute(_SEND, rows)
