"""Sending the messages that wait in the outbox, by any number of processes at once.

A message is claimed in one short transaction, which pushes its next attempt away: the lease. It is sent outside any
transaction. A process that dies in between leaves a message whose lease runs out, and which is tried again.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Engine, case, func, literal_column, select, update

from earlyhelp.outbound.channel import Channel, Letter, NotTaken, Undeliverable
from earlyhelp.records.cases import Case
from earlyhelp.records.clocks import OutboxMessage
from earlyhelp.records.database import transaction
from earlyhelp.records.organisation import User

LEASE = timedelta(minutes=5)
"""Longer than any attempt can take: two requests of 15 seconds."""
BACKOFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 3 * 60, 6 * 60, 12 * 60))
"""How long to wait after each failed attempt. There is no eighth wait: the message is dead then."""
MOST_ATTEMPTS = len(BACKOFF) + 1
STALE = timedelta(days=7)
"""A message due so long ago, because no channel was set, would be no news: it is dead, and may be sent by hand."""
MOST_AT_ONCE = 500
WAITING = OutboxMessage.status == literal_column("'waiting'")

Outcome = Literal["sent", "waiting", "dead"]


@dataclass(frozen=True)
class Sent:
    """What one run did."""

    sent: int = 0
    waiting: int = 0
    dead: int = 0

    def counting(self, outcome: Outcome) -> "Sent":
        return replace(self, **{outcome: getattr(self, outcome) + 1})


def send_waiting(
    engine: Engine,
    channel: Channel,
    now: Callable[[], datetime],
    *,
    base_url: str,
    stopping: Callable[[], bool] = lambda: False,
) -> Sent:
    """Try every message whose time has come, one after another, until `stopping` says so."""
    done = Sent()
    for _ in range(MOST_AT_ONCE):
        if stopping():
            break
        with transaction(engine) as connection:
            message = _claim(connection, now(), base_url)
        if message is None:
            break
        outcome, error = _attempt(channel, message, now())
        with transaction(engine) as connection:
            _record(connection, message, outcome, error, now())
        done = done.counting(outcome)
    return done


def send_again(connection: Connection, *, message_id: int, now: datetime) -> bool:
    """Let a dead message be tried anew, in the caller's transaction; False when it is not dead.

    Its last error stays until it is sent: the channel must still ask whether an earlier attempt got through.
    """
    revived = connection.execute(
        update(OutboxMessage)
        .where(OutboxMessage.id == message_id, OutboxMessage.status == "dead")
        .values(status="waiting", attempts=0, next_attempt_at=now)
    )
    return revived.rowcount == 1


@dataclass(frozen=True)
class _Claimed:
    """A message under our lease. `due_at` is when it should have gone."""

    id: int
    due_at: datetime
    attempts: int
    letter: Letter | None


def _claim(connection: Connection, at: datetime, base_url: str) -> _Claimed | None:
    row = connection.execute(
        select(
            OutboxMessage,
            func.coalesce(OutboxMessage.address, User.email).label("to"),
            User.active.label("recipient_active"),
            Case.reference,
        )
        .outerjoin(User, User.id == OutboxMessage.recipient_id)
        .outerjoin(Case, Case.id == OutboxMessage.case_id)
        .where(WAITING, OutboxMessage.next_attempt_at <= at)
        .order_by(OutboxMessage.next_attempt_at, OutboxMessage.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=OutboxMessage)
    ).one_or_none()
    if row is None:
        return None
    connection.execute(
        update(OutboxMessage)
        .where(OutboxMessage.id == row.id)
        .values(attempts=row.attempts + 1, next_attempt_at=at + LEASE)
    )
    return _Claimed(row.id, row.next_attempt_at, row.attempts + 1, _letter(row, base_url))


def _letter(row: Any, base_url: str) -> Letter | None:
    """The letter, or None when nobody is there to read it: an account that was closed gets nothing."""
    if not row.to or (row.address is None and not row.recipient_active):
        return None
    return Letter(
        key=row.message_key,
        to=row.to,
        subject=row.subject,
        body=f"{row.body}\n\n{base_url}/cases/{row.reference}" if row.topic == "case" else row.body,
        tried_before=row.attempts > 0 or row.last_error is not None,
    )


def _attempt(channel: Channel, message: _Claimed, at: datetime) -> tuple[Outcome, str | None]:
    if message.letter is None:
        return "dead", "the recipient has no address or their account is closed"
    if at - message.due_at > STALE:
        return "dead", f"not sent: it was due on {message.due_at:%d/%m/%Y}"
    try:
        channel.send(message.letter)
    except Undeliverable as fault:
        return "dead", str(fault)
    except NotTaken as fault:
        return ("waiting" if message.attempts < MOST_ATTEMPTS else "dead"), str(fault)
    return "sent", None


def _kept_body() -> ColumnElement[str]:
    """What stays of the words of a sent message: nothing of one to a referrer, which led to their private page."""
    return case((OutboxMessage.topic == literal_column("'referrer'"), ""), else_=OutboxMessage.body)


def _record(
    connection: Connection, message: _Claimed, outcome: Outcome, error: str | None, at: datetime
) -> None:
    values: dict[str, Any] = {"status": outcome, "last_error": error[:500] if error else None}
    if outcome == "sent":
        values |= {"sent_at": at, "body": _kept_body()}
    if outcome == "waiting":
        values["next_attempt_at"] = at + BACKOFF[message.attempts - 1]
    connection.execute(
        update(OutboxMessage)
        .where(OutboxMessage.id == message.id, OutboxMessage.status != "sent")
        .values(values)
    )
