"""Figures: a measure for a period, and exactly the cases behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, func, select

from earlyhelp.insight.measures.definitions import Measure
from earlyhelp.insight.measures.known import Known
from earlyhelp.permissions import Person, visible_cases
from earlyhelp.records.cases import Case

EVERYTHING = Known()


@dataclass(frozen=True)
class Asked:
    """The period, both days included, and what to narrow it to."""

    first: date
    last: date
    team_id: int | None = None
    source: str | None = None
    known: Known = EVERYTHING


@dataclass(frozen=True)
class Figure:
    """A value with what it is made of. `value` is None when there was nothing to measure."""

    measure: Measure
    value: float | None
    numerator: int
    denominator: int


def figure(connection: Connection, measure: Measure, asked: Asked) -> Figure:
    """The measure for what was asked, in one query."""
    rows = _rows(measure, asked).subquery()
    total, added = connection.execute(
        select(func.count(), func.coalesce(func.sum(rows.c.value), 0)).select_from(rows)
    ).one()
    return Figure(measure, _value(measure, int(added), int(total)), int(added), int(total))


def by_month(connection: Connection, measure: Measure, asked: Asked) -> dict[tuple[int, int], Figure]:
    """The measure for every month of the period that has any row, in one query."""
    rows = _rows(measure, asked).subquery()
    year, month = func.extract("year", rows.c.day), func.extract("month", rows.c.day)
    found = connection.execute(
        select(year, month, func.count(), func.coalesce(func.sum(rows.c.value), 0))
        .select_from(rows)
        .group_by(year, month)
    )
    return {
        (int(row[0]), int(row[1])): Figure(
            measure, _value(measure, int(row[3]), int(row[2])), int(row[3]), int(row[2])
        )
        for row in found
    }


def cases_behind(
    connection: Connection, measure: Measure, asked: Asked, *, person: Person, after: int = 0, limit: int = 50
) -> Sequence[Any]:
    """The cases counted in the denominator that this person may see, oldest first, each with its value."""
    rows = _rows(measure, asked).subquery()
    return connection.execute(
        select(Case.id, Case.reference, rows.c.day, rows.c.value)
        .join(rows, rows.c.case_id == Case.id)
        .where(Case.id > after, visible_cases(person))
        .order_by(Case.id, rows.c.sequence)
        .limit(limit)
    ).all()


def _rows(measure: Measure, asked: Asked) -> Select[Any]:
    rows = measure.rows(asked.known).subquery()
    statement = select(rows).where(rows.c.day >= asked.first, rows.c.day <= asked.last)
    if asked.team_id is not None:
        statement = statement.where(rows.c.team_id == asked.team_id)
    return statement.where(rows.c.source == asked.source) if asked.source else statement


def _value(measure: Measure, added: int, total: int) -> float | None:
    if measure.kind == "count":
        return total
    if total == 0:
        return None
    return 100 * added / total if measure.kind == "share" else added / total
