"""The outbox as administrators see it: where each message stands, never what it says."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, case, func, or_, select

from earlyhelp.records.cases import Case
from earlyhelp.records.clocks import OutboxMessage
from earlyhelp.records.organisation import User

PAGE = 50
UNNAMED = "About a restricted case"
STATUSES = ("waiting", "sent", "dead")
Place = tuple[datetime, int]


def count_messages(connection: Connection) -> Mapping[str, int]:
    """How many messages stand at each status."""
    rows = connection.execute(select(OutboxMessage.status, func.count()).group_by(OutboxMessage.status)).all()
    return dict.fromkeys(STATUSES, 0) | {row[0]: row[1] for row in rows}


def list_messages(
    connection: Connection, *, status: str, after: Place | None = None, limit: int = PAGE
) -> Sequence[Any]:
    """Messages of one status, newest first, one more than `limit` if there are more."""
    statement = (
        select(
            OutboxMessage.id,
            OutboxMessage.topic,
            case((Case.restricted.is_(True), UNNAMED), else_=OutboxMessage.subject).label("subject"),
            OutboxMessage.address,
            OutboxMessage.urgent,
            OutboxMessage.created_at,
            OutboxMessage.attempts,
            OutboxMessage.next_attempt_at,
            OutboxMessage.sent_at,
            OutboxMessage.last_error,
            OutboxMessage.status,
            User.name.label("recipient"),
        )
        .outerjoin(User, User.id == OutboxMessage.recipient_id)
        .outerjoin(Case, Case.id == OutboxMessage.case_id)
        .where(OutboxMessage.status == status, *_before(after))
        .order_by(OutboxMessage.created_at.desc(), OutboxMessage.id.desc())
        .limit(limit + 1)
    )
    return connection.execute(statement).all()


def _before(after: Place | None) -> list[Any]:
    if after is None:
        return []
    moment, message_id = after
    same = and_(OutboxMessage.created_at == moment, OutboxMessage.id < message_id)
    return [or_(OutboxMessage.created_at < moment, same)]
