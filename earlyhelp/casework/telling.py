"""Putting a message in the outbox, in the transaction that caused it. It names the case, never a child."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, insert, or_, select

from earlyhelp.casework.clockwork import Moment
from earlyhelp.casework.reading import CaseRow
from earlyhelp.pathway.definition import Action
from earlyhelp.records.clocks import OutboxMessage
from earlyhelp.records.organisation import Team, User, UserRole


def tell(
    connection: Connection, *, case: CaseRow, action: Action, moment: Moment, deliver_at: datetime
) -> None:
    """One message for each person of the action's audience, sent no earlier than `deliver_at`: in office hours."""
    people = recipients(connection, audience=tuple(action.tells), moment=moment)
    rows = [
        {
            "message_key": f"{case.reference}-{moment.sequence}-{user_id}",
            "topic": "case",
            "recipient_id": user_id,
            "case_id": case.id,
            "subject": f"{case.reference}: {action.title}",
            "body": f"{action.title}. Open {case.reference} to see what is due next.",
            "urgent": False,
            "created_at": moment.recorded_at,
            "status": "waiting",
            "next_attempt_at": deliver_at,
        }
        for user_id in people
    ]
    if rows:
        connection.execute(insert(OutboxMessage), rows)


def recipients(connection: Connection, *, audience: tuple[str, ...], moment: Moment) -> list[int]:
    """Ids of the active users an audience means for this case."""
    conditions = [_is(who, moment) for who in audience]
    statement = (
        select(User.id)
        .join(UserRole, UserRole.user_id == User.id)
        .outerjoin(Team, Team.id == User.team_id)
        .where(User.active, or_(*conditions))
        .distinct()
        .order_by(User.id)
    )
    return list(connection.scalars(statement))


def _is(who: str, moment: Moment) -> ColumnElement[bool]:
    if who == "lead_professional":
        return User.id == (moment.lead_professional_id or 0)
    if who == "manager":
        return (UserRole.role == "manager") & (User.team_id == (moment.team_id or 0))
    if who in {"screener", "front_door"}:
        return (UserRole.role == "screener") & (Team.kind == "front_door")
    if who == "screening_manager":
        return (UserRole.role == "manager") & (Team.kind == "front_door")
    if who in {"social_care_manager", "social_care"}:
        return (UserRole.role == "manager") & (Team.kind == "social_care")
    return UserRole.role == "service_manager"
