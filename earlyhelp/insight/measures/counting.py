"""Counting, for measures and spans of days: how many rows there are, their sum, and how often each amount came."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, and_, case as when, func, select

from earlyhelp.insight.measures.measure import Measure
from earlyhelp.insight.measures.narrowing import EVERYWHERE, Narrowed
from earlyhelp.insight.measures.scene import Scene, Span
from earlyhelp.records.among import among

YEAR_BEGINS = 4
"""The month in which a council's year begins."""
SPREAD = frozenset({"median", "longest"})
"""Kinds of measure that need to know how often each amount came."""


@dataclass(frozen=True)
class Amounts:
    """By measure and the span asked for: how many rows, the sum of their values, and how often each value came."""

    total: Counter[tuple[str, Span]] = field(default_factory=Counter)
    added: Counter[tuple[str, Span]] = field(default_factory=Counter)
    spread: dict[tuple[str, Span], Mapping[int, int]] = field(default_factory=dict)

    def take(self, others: "Amounts") -> None:
        """Those of the others too."""
        self.total.update(others.total)
        self.added.update(others.added)
        self.spread.update(others.spread)


def alike(measures: Iterable[Measure]) -> list[list[Measure]]:
    """Measures by the rows they count and the spans they need: each group is one query."""
    groups: dict[Any, list[Measure]] = {}
    for measure in measures:
        groups.setdefault((measure.rows, measure.day, measure.kind == "rate"), []).append(measure)
    return list(groups.values())


def since_april(last: date) -> Span:
    """From 1 April of the council's year until a day."""
    year = last.year if last.month >= YEAR_BEGINS else last.year - 1
    return Span(date(year, YEAR_BEGINS, 1), last)


def widened(measure: Measure, span: Span) -> Span:
    """The days that a measure counts for a span: a rate is made of everything since 1 April."""
    return since_april(span.last) if measure.kind == "rate" else span


def counted(
    connection: Connection, group: Sequence[Measure], scene: Scene, narrowed: Narrowed = EVERYWHERE
) -> Amounts:
    """What measures that are alike count in the scene's spans, from the whole history."""
    base = rows_of(group[0], scene, narrowed).cte()
    columns = []
    for measure in group:
        counts, value = counts_of(measure, base), measure.value(base.c)
        columns += [func.sum(when((counts, 1), else_=0)), func.sum(when((counts, value), else_=0))]
    amounts = Amounts()
    for number, *sums in connection.execute(select(base.c.span, *columns).group_by(base.c.span)):
        for place, measure in enumerate(group):
            total, added = sums[2 * place], sums[2 * place + 1]
            amounts.total[measure.key, scene.spans[number]] = int(total or 0)
            amounts.added[measure.key, scene.spans[number]] = int(added or 0)
    for measure in group:
        if measure.kind in SPREAD:
            amounts.spread.update(_spread(connection, measure, scene, base))
    return amounts


def rows_of(
    measure: Measure, scene: Scene, narrowed: Narrowed = EVERYWHERE, *, only: Sequence[int] | None = None
) -> Select[Any]:
    """The rows that a measure may count, each with the number of its `span`; `only` those of some cases."""
    counts_over = scene.over(tuple(widened(measure, span) for span in scene.spans))
    # Kept as a table of its own: SQLite would work a day out anew wherever it is named.
    rows = measure.rows(counts_over).cte().prefix_with("MATERIALIZED")
    statement = select(rows)
    if measure.day is not None:
        days = counts_over.days()
        statement = select(rows, days.c.number.label("span")).join(days, days.c.on == rows.c[measure.day])
    if only is not None:
        statement = statement.where(among(rows.c.case_id, only))
    return statement.where(*narrowed.conditions(rows))


def counts_of(measure: Measure, rows: Any) -> Any:
    """Which of the rows a measure counts."""
    return measure.counts(rows.c) if measure.counts else and_(rows.c.span.is_not(None))


def _spread(
    connection: Connection, measure: Measure, scene: Scene, base: Any
) -> dict[tuple[str, Span], dict[int, int]]:
    value = measure.value(base.c).label("value")
    statement = select(base.c.span, value, func.count()).where(counts_of(measure, base))
    found: dict[tuple[str, Span], dict[int, int]] = {}
    for number, amount, times in connection.execute(statement.group_by(base.c.span, value)):
        found.setdefault((measure.key, scene.spans[number]), {})[int(amount)] = int(times)
    return found
