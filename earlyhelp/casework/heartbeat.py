"""Signs of life of the scheduler, what it fails at, and throwing away what nobody looks at any more."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from earlyhelp.records.clocks import Heartbeat, OutboxMessage, Sweep
from earlyhelp.records.organisation import NO_CHECKPOINT_SINCE, CouncilSetting
from earlyhelp.records.upserting import upsert

SWEEPS_KEPT = timedelta(days=90)
MESSAGES_KEPT = timedelta(days=90)
HEARTBEATS_KEPT = timedelta(days=2)


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
    connection.execute(
        upsert(connection, Heartbeat)
        .values(worker=worker, started_at=started_at, **sign)
        .on_conflict_do_update(index_elements=["worker"], set_=sign)
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
    since = {"key": NO_CHECKPOINT_SINCE, "value": now.date().isoformat()}
    connection.execute(upsert(connection, CouncilSetting).values(since).on_conflict_do_nothing())


def note_checkpoint(connection: Connection) -> None:
    """Checkpoints can be written, perhaps again."""
    connection.execute(delete(CouncilSetting).where(CouncilSetting.key == NO_CHECKPOINT_SINCE))


def prune(connection: Connection, *, now: datetime) -> None:
    """Throw away what nobody looks at any more: old sweeps, signs of life and messages. Alerts stay for ever."""
    connection.execute(delete(Sweep).where(Sweep.started_at < now - SWEEPS_KEPT))
    connection.execute(delete(Heartbeat).where(Heartbeat.seen_at < now - HEARTBEATS_KEPT))
    sent = OutboxMessage.status == "sent"  # what never went out stays until somebody has seen to it
    connection.execute(delete(OutboxMessage).where(sent, OutboxMessage.created_at < now - MESSAGES_KEPT))
