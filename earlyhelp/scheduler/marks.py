"""Up to which event a history is surely whole, though others are being written."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from earlyhelp.records.cases import Event

LASTING = timedelta(minutes=15)
"""No transaction lasts longer: what was recorded before has been seen, or never will be."""


def event_mark(connection: Connection, now: datetime) -> int:
    """The last event before any that a transaction still under way may stand beside.

    Not just the number before the first of those: it may be of such a transaction, which began a moment earlier.
    """
    # Not of the bare id: PostgreSQL would walk its key from the first event there ever was, and find hardly any.
    recent = connection.scalar(select(func.min(Event.id + 0)).where(Event.recorded_at >= now - LASTING))
    before = [Event.id < recent] if recent is not None else []
    return int(connection.scalar(select(func.max(Event.id)).where(*before)) or 0)
