"""Which of several workers is the active one. Only to spare work: correctness never rests on there being one."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from earlyhelp.casework.heartbeat import another_is_active, beat
from earlyhelp.records.database import transaction

LOCK = 7_101_985
"""Names the advisory lock that the active worker's session holds on PostgreSQL."""


@dataclass
class Candidate:
    """One worker process standing for election with every heartbeat.

    On PostgreSQL the active one holds a lock of its session, which ends with its process. On SQLite it is whoever
    called itself active within the last two heartbeats.
    """

    engine: Engine
    worker: str
    started_at: datetime
    heartbeat_seconds: int
    interval_seconds: int
    active: bool = False
    _session: Connection | None = field(default=None, repr=False)

    def stand(self, now: datetime) -> bool:
        """Leave a sign of life and find out whether this worker is the active one."""
        holds = self._holds_lock() if self.engine.dialect.name == "postgresql" else None
        with transaction(self.engine) as connection:
            if holds is None:
                within = timedelta(seconds=2 * self.heartbeat_seconds)
                holds = not another_is_active(connection, worker=self.worker, now=now, within=within)
            beat(
                connection,
                worker=self.worker,
                started_at=self.started_at,
                now=now,
                active=holds,
                interval_seconds=self.interval_seconds,
            )
        self.active = holds
        return holds

    def stand_down(self) -> None:
        """Give the lock back at once, so that a standby need not wait."""
        self.active = False
        if self._session is None:
            return
        try:
            self._session.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})
        except DBAPIError:
            # The session died and its lock with it: there is nothing to give back.
            self._session.invalidate()
        self._session.close()
        self._session = None

    def _holds_lock(self) -> bool:
        """Ask for the lock, or make sure that the session that holds it still lives."""
        try:
            if self._session is not None:
                self._session.execute(text("SELECT 1"))
                return True
            return self._ask_for_lock()
        except DBAPIError:
            # The session died and its lock with it: stand again at the next heartbeat.
            self._forget()
            return False

    def _ask_for_lock(self) -> bool:
        session = self.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if session.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LOCK}):
            # Out of the pool: a connection given back would carry the lock into somebody else's work.
            session.detach()
            self._session = session
            return True
        session.close()
        return False

    def _forget(self) -> None:
        if self._session is not None:
            self._session.invalidate()
            self._session.close()
            self._session = None
