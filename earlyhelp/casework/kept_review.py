"""The review of what is due to end, kept so that no page has to look through all that is closed.

What is kept only says where to look: whatever is shown is judged again at that moment. So it may not be complete yet,
as of the day on which the worker looked, but it is never wrong.
"""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, func, or_, select

from earlyhelp.casework.retention_candidates import may_be_due
from earlyhelp.casework.retention_judging import Due, judge
from earlyhelp.casework.retention_rules import Rules
from earlyhelp.records.among import among
from earlyhelp.records.cases import Case
from earlyhelp.records.kept_review import KeptReview, ReviewedCase
from earlyhelp.records.upserting import upsert

ONLY = 1
"""The id of the one row that says when all were looked through."""
LARGE = 10_000
"""Closed cases. Up to so many are looked through whenever somebody asks."""


class Review(NamedTuple):
    """The first cases that are due, and the first that must be kept; the earliest first."""

    due: Sequence[Due]
    kept: Sequence[Due]
    cases: int
    """How many there were when all were looked through."""
    more_due: bool
    """Whether others than these may be due."""
    more: bool
    """Whether there are any others."""
    reviewed_at: datetime | None
    """When that was; None for just now."""


def first_to_review(
    connection: Connection, *, rules: Rules, today: date, most: int, above: int = LARGE
) -> Review | None:
    """At most so many of either, as they are now. None where many are closed and nobody has looked through them yet."""
    kept = _kept(connection, rules)
    if kept is not None:
        return _judged_again(connection, kept, rules, today, most)
    if many_closed(connection, above=above):
        return None
    return _first(judge(connection, may_be_due(rules, today), rules=rules, today=today), most)


def many_closed(connection: Connection, *, above: int) -> bool:
    """Whether more cases than that are closed."""
    some = select(Case.id).where(~Case.is_open).limit(above + 1).subquery()
    return (connection.scalar(select(func.count()).select_from(some)) or 0) > above


def is_reviewed(connection: Connection, *, rules: Rules, today: date) -> bool:
    """Whether what is kept is of today, and by these rules."""
    kept = _kept(connection, rules)
    return kept is not None and kept.day == today


def is_kept(connection: Connection) -> bool:
    """Whether anything is, by whatever rules."""
    return connection.scalar(select(KeptReview.id)) is not None


def begin_review(connection: Connection, *, rules: Rules) -> None:
    """What was found by other rules is forgotten; by the same, it serves until all are looked through again."""
    if _kept(connection, rules) is None:
        forget_review(connection)


def forget_review(connection: Connection) -> None:
    for table in (ReviewedCase, KeptReview):
        connection.execute(delete(table))


def keep_found(connection: Connection, *, found: Sequence[Due], after: int, up_to: int | None) -> None:
    """Put these in place of what was found before among cases after the first, up to the last.

    Those that an administrator is deleting are waited for and left out. They are asked for first: who deletes holds
    the case before what is kept of it.
    """
    found = _still_there(connection, found)
    place = [ReviewedCase.case_id > after] + ([ReviewedCase.case_id <= up_to] if up_to is not None else [])
    ids = [one.case_id for one in found]
    connection.execute(delete(ReviewedCase).where(*place, ~among(ReviewedCase.case_id, ids)))
    if not found:
        return
    new = upsert(connection, ReviewedCase)
    rows = [
        {"case_id": one.case_id, "due_on": one.due_on, "deletable": one.kept_because is None} for one in found
    ]
    said = {"due_on": new.excluded.due_on, "deletable": new.excluded.deletable}
    changed = or_(
        ReviewedCase.due_on.is_distinct_from(said["due_on"]), ReviewedCase.deletable != said["deletable"]
    )
    connection.execute(
        new.on_conflict_do_update(index_elements=[ReviewedCase.case_id], set_=said, where=changed), rows
    )


def _still_there(connection: Connection, found: Sequence[Due]) -> Sequence[Due]:
    these = select(Case.id).where(among(Case.id, [one.case_id for one in found])).order_by(Case.id)
    there = set(connection.scalars(these.with_for_update(read=True, key_share=True)))
    return [one for one in found if one.case_id in there]


def note_review(connection: Connection, *, rules: Rules, now: datetime, today: date, cases: int) -> None:
    """Say that all closed cases have been looked through, as of this moment."""
    said = {"rules": _digest(rules), "reviewed_at": now, "day": today, "cases": cases}
    new = upsert(connection, KeptReview).values(id=ONLY, **said)
    connection.execute(new.on_conflict_do_update(index_elements=[KeptReview.id], set_=said))


def _digest(rules: Rules) -> str:
    return hashlib.sha256(rules.model_dump_json().encode()).hexdigest()


def _kept(connection: Connection, rules: Rules) -> Any | None:
    of_these = select(KeptReview.__table__).where(KeptReview.rules == _digest(rules))
    return connection.execute(of_these).one_or_none()


def _judged_again(connection: Connection, kept: Any, rules: Rules, today: date, most: int) -> Review:
    due = _places(connection, ReviewedCase.deletable.is_(True), most + 1)
    stay = _places(connection, ReviewedCase.deletable.is_(False), most + 1)
    listed = among(Case.id, [*due, *stay])
    first = _first(judge(connection, listed, rules=rules, today=today), most)
    more_due = first.more_due or len(due) > most
    more = first.more or more_due or len(stay) > most
    return first._replace(cases=kept.cases, more_due=more_due, more=more, reviewed_at=kept.reviewed_at)


def _places(connection: Connection, which: ColumnElement[bool], limit: int) -> Sequence[int]:
    order = (ReviewedCase.due_on.asc().nulls_last(), ReviewedCase.case_id)
    return connection.scalars(select(ReviewedCase.case_id).where(which).order_by(*order).limit(limit)).all()


def _first(found: Sequence[Due], most: int) -> Review:
    """Of cases in order."""
    due = [one for one in found if one.kept_because is None]
    kept = [one for one in found if one.kept_because is not None]
    more_due, more = len(due) > most, max(len(due), len(kept)) > most
    return Review(due[:most], kept[:most], len(found), more_due, more, None)
