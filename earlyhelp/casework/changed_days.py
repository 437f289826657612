"""The days that began or ceased to count, kept until every open time limit agrees with them.

What was reckoned before such a day changed may hang on it, and nothing else: so it is known where to look, and while no
day is kept here, that nothing would move.
"""

from collections.abc import Collection
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, delete, select, update

from earlyhelp.records.organisation import CouncilSetting
from earlyhelp.records.upserting import upsert

KEY = "changed_days"


class ChangedDays(NamedTuple):
    """The first and the last of them, and how often any changed: no fewer than they are."""

    first: date
    last: date
    changes: int


def changed_days(connection: Connection) -> ChangedDays | None:
    """The days that open time limits may have been reckoned without; None while there is none."""
    kept = connection.scalar(select(CouncilSetting.value).where(CouncilSetting.key == KEY))
    return _read(kept or "")


def note_changed_days(connection: Connection, days: Collection[date]) -> None:
    """Add days to them. Who adds others meanwhile is waited for."""
    if not days:
        return
    empty = upsert(connection, CouncilSetting).values(key=KEY, value="")
    held = empty.on_conflict_do_update(
        index_elements=[CouncilSetting.key], set_={"value": CouncilSetting.value}
    )
    known = _read(connection.execute(held.returning(CouncilSetting.value)).scalar_one())
    noted = ChangedDays(min(days), max(days), len(days))
    if known is not None:
        first, last = min(known.first, noted.first), max(known.last, noted.last)
        noted = ChangedDays(first, last, known.changes + noted.changes)
    connection.execute(update(CouncilSetting).where(CouncilSetting.key == KEY).values(value=_written(noted)))


def forget_changed_days(connection: Connection, seen: ChangedDays) -> None:
    """Forget them, unless another day has changed since these were seen."""
    connection.execute(
        delete(CouncilSetting).where(CouncilSetting.key == KEY, CouncilSetting.value == _written(seen))
    )


def _written(days: ChangedDays) -> str:
    return f"{days.first.isoformat()} {days.last.isoformat()} {days.changes}"


def _read(text: str) -> ChangedDays | None:
    if not text:
        return None
    first, last, changes = text.split()
    return ChangedDays(date.fromisoformat(first), date.fromisoformat(last), int(changes))
