"""Who a child on a case was known to be: records merged, or taken apart again, after a moment do not count then."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, or_, select

from earlyhelp.records.matching import PersonMerge


class KnownAs(NamedTuple):
    """On these cases, the record `now` was known as `then`. `beside` says that it stood on them beside itself."""

    now: int
    then: int
    cases: tuple[int, ...]
    beside: tuple[int, ...] = ()


def known_as(connection: Connection, before: datetime) -> tuple[KnownAs, ...]:
    """What merges since a moment have changed, the latest first. Merges are few: they are read, not joined."""
    later = or_(PersonMerge.merged_at >= before, PersonMerge.undone_at >= before)
    rows = connection.execute(select(PersonMerge).where(later).order_by(PersonMerge.id.desc()))
    found: list[KnownAs] = []
    for row in rows:
        was_merged = row.merged_at < before
        if was_merged == (row.undone_at is None):
            continue
        found.append(_apart(row) if not was_merged else _together(row))
    return tuple(found)


def names_then(changes: Sequence[KnownAs]) -> dict[tuple[int, int], int]:
    """For each case and record on it now: the record that it was."""
    then: dict[tuple[int, int], int] = {}
    for change in changes:
        for case in change.cases:
            came_as = [key for key, name in then.items() if key[0] == case and name == change.now]
            then[came_as[0] if came_as else (case, change.now)] = change.then
    return then


def _apart(row: Any) -> KnownAs:
    """Merged since: the cases of the record that went were its own."""
    on = [case["case_id"] for case in row.moved["cases"]]
    already = set(row.moved["already_on_cases"])
    moved, beside = [c for c in on if c not in already], [c for c in on if c in already]
    return KnownAs(row.kept_id, row.gone_id, tuple(moved), tuple(beside))


def _together(row: Any) -> KnownAs:
    """Taken apart since: they were one record then."""
    return KnownAs(row.gone_id, row.kept_id, tuple(case["case_id"] for case in row.moved["cases"]))
