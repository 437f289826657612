"""Up to which event a history is surely whole, though others are being written."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from earlyhelp.records.cases import Event

LASTING = timedelta(minutes=15)
"""No transaction lasts longer: what was recorded before has been seen, or never will be."""


def event_mark(connection: Connection, now: datetime) -> int:
    """The last event before any that a transaction still under way may stand beside."""
    recent = connection.scalar(select(func.min(Event.id)).where(Event.recorded_at >= now - LASTING))
    if recent is not None:
        return int(recent) - 1
    return int(connection.scalar(select(func.coalesce(func.max(Event.id), 0))) or 0)
