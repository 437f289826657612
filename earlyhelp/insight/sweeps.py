"""How late the sweeps were."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from earlyhelp.records.clocks import Sweep

DAY = timedelta(days=1)


class Lag(NamedTuple):
    """Of the sweeps of one day: how many were kept, what they raised, the longest time from falling due to raised."""

    sweeps: int
    raised: int
    longest_seconds: float


def lag_of_last_day(connection: Connection, *, now: datetime) -> Lag:
    """A sweep asked for as if at a later moment does not count."""
    raised = func.sum(Sweep.warnings + Sweep.breaches + Sweep.escalations)
    row = connection.execute(
        select(func.count(), raised, func.max(Sweep.longest_lag_seconds)).where(
            Sweep.started_at > now - DAY, Sweep.started_at <= now
        )
    ).one()
    return Lag(sweeps=row[0], raised=int(row[1] or 0), longest_seconds=float(row[2] or 0))
