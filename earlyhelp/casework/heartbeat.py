"""Signs of life of the scheduler, what it fails at, and throwing away what nobody looks at any more."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from earlyhelp.records.clocks import Heartbeat, OutboxMessage, Sweep
from earlyhelp.records.database import is_postgresql
from earlyhelp.records.organisation import NO_CHECKPOINT_SINCE, CouncilSetting

SWEEPS_KEPT = timedelta(days=90)
MESSAGES_KEPT = timedelta(days=90)
HEARTBEATS_KEPT = timedelta(days=2)
_FAILING = CouncilSetting.key == NO_CHECKPOINT_SINCE


def last_sweep_at(connection: Connection, *, now: datetime) -> datetime | None:
    """When clocks were last swept. A sweep asked for as if at a later moment does not count."""
    return connection.scalar(select(func.max(Sweep.started_at)).where(Sweep.started_at <= now))


def beat(
    connection: Connection,
    *,
    worker: str,
    started_at: datetime,
    now: datetime,
    active: bool,
    interval_seconds: int,
) -> None:
    """Leave a sign of life of one scheduler process."""
    sign = {"seen_at": now, "active": active, "interval_seconds": interval_seconds}
    upsert = (postgresql if is_postgresql(connection) else sqlite).insert(Heartbeat)
    connection.execute(
        upsert.values(worker=worker, started_at=started_at, **sign).on_conflict_do_update(
            index_elements=["worker"], set_=sign
        )
    )


def another_is_active(connection: Connection, *, worker: str, now: datetime, within: timedelta) -> bool:
    """Whether some other process called itself active so lately that it may be believed."""
    seen = select(Heartbeat.worker).where(
        Heartbeat.worker != worker, Heartbeat.active, Heartbeat.seen_at > now - within
    )
    return connection.scalar(seen.limit(1)) is not None


def sign_off(connection: Connection, *, worker: str) -> None:
    """A process that ends well is not waited for."""
    connection.execute(delete(Heartbeat).where(Heartbeat.worker == worker))


def note_no_checkpoint(connection: Connection, *, now: datetime) -> None:
    """Administrators are told from now on that no checkpoint can be written, and since which day."""
    if connection.scalar(select(CouncilSetting.key).where(_FAILING)) is None:
        connection.execute(
            insert(CouncilSetting).values(key=NO_CHECKPOINT_SINCE, value=now.date().isoformat())
        )


def note_checkpoint(connection: Connection) -> None:
    """Checkpoints can be written, perhaps again."""
    connection.execute(delete(CouncilSetting).where(_FAILING))


def prune(connection: Connection, *, now: datetime) -> None:
    """Throw away what nobody looks at any more: old sweeps, signs of life and messages. Alerts stay for ever."""
    connection.execute(delete(Sweep).where(Sweep.started_at < now - SWEEPS_KEPT))
    connection.execute(delete(Heartbeat).where(Heartbeat.seen_at < now - HEARTBEATS_KEPT))
    sent = OutboxMessage.status == "sent"  # what never went out stays until somebody has seen to it
    connection.execute(delete(OutboxMessage).where(sent, OutboxMessage.created_at < now - MESSAGES_KEPT))
