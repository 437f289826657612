"""Which cases may count otherwise than what is kept of them: something happened to them since, or to their children."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select

from earlyhelp.records.among import among
from earlyhelp.records.cases import CasePerson, Event
from earlyhelp.records.matching import PersonMerge


def touched(
    connection: Connection, *, event_mark: int, seen_at: datetime, at_most: int
) -> tuple[int, ...] | None:
    """Those that something happened to after an event, in order of id; None for more than `at_most`.

    Whether a child had another contact counts on both cases: with one that was touched go all of the same people.
    """
    since = select(Event.case_id).where(Event.id > event_mark).distinct().limit(at_most + 1)
    found = {*connection.scalars(since), *_merged(connection, seen_at)}
    if len(found) > at_most:
        return None
    around = with_relatives(connection, tuple(found))
    return around if len(around) <= at_most else None


def with_relatives(connection: Connection, cases: tuple[int, ...]) -> tuple[int, ...]:
    """These cases and all others that somebody on them is on, in order of id."""
    if not cases:
        return ()
    mine, theirs = CasePerson.__table__.alias("mine"), CasePerson.__table__.alias("theirs")
    others = (
        select(theirs.c.case_id)
        .join(mine, mine.c.person_id == theirs.c.person_id)
        .where(among(mine.c.case_id, cases))
        .distinct()
    )
    return tuple(sorted({*cases, *connection.scalars(others)}))


def _merged(connection: Connection, since: datetime) -> set[int]:
    """Cases of people whose records were merged, or taken apart again."""
    recent = or_(PersonMerge.merged_at >= since, PersonMerge.undone_at >= since)
    rows = connection.execute(
        select(PersonMerge.kept_id, PersonMerge.gone_id, PersonMerge.moved).where(recent)
    ).all()
    if not rows:
        return set()
    people = tuple({person for row in rows for person in (row.kept_id, row.gone_id)})
    on: Any = select(CasePerson.case_id).where(among(CasePerson.person_id, people))
    return {*connection.scalars(on), *(case["case_id"] for row in rows for case in row.moved["cases"])}
