"""Forgetting which days changed, once no open time limit hangs on them any longer."""

from sqlalchemy import Engine

from earlyhelp.casework.changed_days import ChangedDays, changed_days, forget_changed_days
from earlyhelp.casework.would_move import would_move
from earlyhelp.records.database import snapshot, transaction


def settle_changed_days(engine: Engine, *, seen_before: ChangedDays | None) -> ChangedDays | None:
    """Forget the days that the last look saw too, if nothing would move; returns those that this one saw.

    Not at the first look: who had read the calendar before a day was closed may still be writing.
    """
    with snapshot(engine) as connection:
        days = changed_days(connection)
        if days is None or days != seen_before or would_move(connection, at_most=1):
            return days
    with transaction(engine) as connection:
        forget_changed_days(connection, days)
    return None
