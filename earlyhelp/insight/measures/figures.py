"""Figures: measures for spans of days, in one query for all that count the same rows."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, and_, case as when, func, select

from earlyhelp.insight.measures.measure import Measure
from earlyhelp.insight.measures.narrowing import EVERYWHERE, Narrowed, full_time_equivalents
from earlyhelp.insight.measures.scene import Scene, Span
from earlyhelp.pathway.calendar import england

YEAR_BEGINS = 4
"""The month in which a council's year begins."""


@dataclass(frozen=True)
class Figure:
    """A value with what it is made of. `value` is None when there was nothing to measure.

    `numerator` is what the measure says; `denominator` is None for a count. `spread` says of a median how often each
    amount was counted.
    """

    measure: Measure
    span: Span
    value: float | None
    numerator: float
    denominator: float | None
    spread: Mapping[int, int] = field(default_factory=dict, compare=False)
    hidden: bool = False
    """Kept from a published paper, because it or another could be about a few people only."""


def figures(
    connection: Connection, measures: Iterable[Measure], scene: Scene, narrowed: Narrowed = EVERYWHERE
) -> dict[str, list[Figure]]:
    """Each measure's figure for every span of the scene, by key. One query for each kind of row that is counted."""
    asked = list(measures)
    found: dict[str, list[Figure]] = {}
    for group in _alike(asked):
        widened = _widened(scene, group[0])
        amounts = _amounts(connection, group, widened, narrowed)
        for measure in group:
            found[measure.key] = [
                _figure(connection, measure, widened, number, amounts, scene, narrowed)
                for number in range(len(scene.spans))
            ]
    return {measure.key: found[measure.key] for measure in asked}


def figure(connection: Connection, measure: Measure, scene: Scene, narrowed: Narrowed = EVERYWHERE) -> Figure:
    """The measure for the scene's first span."""
    return figures(connection, [measure], scene, narrowed)[measure.key][0]


def counted_rows(measure: Measure, scene: Scene, narrowed: Narrowed = EVERYWHERE) -> Select[Any]:
    """The rows that a figure counts: all columns of its rows, with `span` and `value`."""
    base = _base(measure, _widened(scene, measure), narrowed).cte()
    rows = select(base, measure.value(base.c).label("value"))
    return rows.where(measure.counts(base.c)) if measure.counts else rows


def value_of(
    measure: Measure, scene: Scene, *, span: Span, added: float, total: float, spread: Mapping[int, int]
) -> float | None:
    """What a measure makes of the sum of its rows' values, their number and how often each amount came."""
    if measure.kind == "count":
        return total
    if measure.kind == "rate":
        return annual_rate(total, span=span, population=scene.numbers.population)
    if total == 0:
        return None
    if measure.kind == "median":
        return median(spread)
    if measure.kind == "longest":
        return float(max(spread))
    return 100 * added / total if measure.kind == "share" else added / total


def annual_rate(count: float, *, span: Span, population: float | None) -> float | None:
    """Per 10,000 people, as if the year went on as it began: the count of so many months ÷ months × 12.

    A month that has only begun counts by its days. None while nobody said how many people there are.
    """
    if not population:
        return None
    return count / months_in(span) * 12 / population * 10_000


def months_in(span: Span) -> float:
    """Months from the first day of a month until a day: that day's month by its share of days."""
    whole = (span.last.year - span.first.year) * 12 + span.last.month - span.first.month
    month_ends = england().months_after(span.last.replace(day=1), 1)
    return whole + span.last.day / (month_ends - span.last.replace(day=1)).days


def since_april(last: date) -> Span:
    """From 1 April of the council's year until a day."""
    year = last.year if last.month >= YEAR_BEGINS else last.year - 1
    return Span(date(year, YEAR_BEGINS, 1), last)


def median(spread: Mapping[int, int]) -> float:
    """The middle amount, or between the two middle ones."""
    ordered = sorted(Counter(spread).elements())
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def _alike(measures: Sequence[Measure]) -> list[list[Measure]]:
    """Measures by the rows they count and the spans they need: each group is one query."""
    groups: dict[Any, list[Measure]] = {}
    for measure in measures:
        groups.setdefault((measure.rows, measure.day, measure.kind == "rate"), []).append(measure)
    return list(groups.values())


def _widened(scene: Scene, measure: Measure) -> Scene:
    """A rate is made of everything since 1 April."""
    if measure.kind != "rate":
        return scene
    return scene.over(tuple(since_april(span.last) for span in scene.spans))


def _base(measure: Measure, scene: Scene, narrowed: Narrowed) -> Select[Any]:
    # Kept as a table of its own: SQLite would work a day out anew wherever it is named.
    rows = measure.rows(scene).cte().prefix_with("MATERIALIZED")
    statement = select(rows)
    if measure.day is not None:
        days = scene.days()
        statement = select(rows, days.c.number.label("span")).join(days, days.c.on == rows.c[measure.day])
    return statement.where(*narrowed.conditions(rows))


@dataclass(frozen=True)
class _Amounts:
    """By measure and span: how many rows, the sum of their values, and how often each value came."""

    total: Counter[tuple[str, int]]
    added: Counter[tuple[str, int]]
    spread: dict[tuple[str, int], dict[int, int]]


def _amounts(connection: Connection, group: Sequence[Measure], scene: Scene, narrowed: Narrowed) -> _Amounts:
    base = _base(group[0], scene, narrowed).cte()
    columns = []
    for measure in group:
        counts, value = _counts(measure, base), measure.value(base.c)
        columns += [func.sum(when((counts, 1), else_=0)), func.sum(when((counts, value), else_=0))]
    amounts = _Amounts(Counter(), Counter(), {})
    for span, *numbers in connection.execute(select(base.c.span, *columns).group_by(base.c.span)):
        for place, measure in enumerate(group):
            total, added = numbers[2 * place], numbers[2 * place + 1]
            amounts.total[measure.key, span] = int(total or 0)
            amounts.added[measure.key, span] = int(added or 0)
    for measure in group:
        if measure.kind in {"median", "longest"}:
            _read_spread(connection, measure, base, amounts)
    return amounts


def _read_spread(connection: Connection, measure: Measure, base: Any, amounts: _Amounts) -> None:
    value = measure.value(base.c).label("value")
    found = (
        select(base.c.span, value, func.count()).where(_counts(measure, base)).group_by(base.c.span, value)
    )
    for span, amount, times in connection.execute(found):
        amounts.spread.setdefault((measure.key, span), {})[int(amount)] = int(times)


def _counts(measure: Measure, base: Any) -> Any:
    return measure.counts(base.c) if measure.counts else and_(base.c.span.is_not(None))


def _figure(
    connection: Connection,
    measure: Measure,
    widened: Scene,
    number: int,
    amounts: _Amounts,
    scene: Scene,
    narrowed: Narrowed,
) -> Figure:
    place, span = (measure.key, number), scene.spans[number]
    added, total = amounts.added[place], amounts.total[place]
    spread = amounts.spread.get(place, {})
    if measure.kind == "per_fte":
        workers = full_time_equivalents(connection, narrowed)
        return Figure(measure, span, total / workers if workers else None, total, workers)
    value = value_of(measure, scene, span=widened.spans[number], added=added, total=total, spread=spread)
    return Figure(measure, span, value, *_parts(measure, scene, added, total, spread), spread)


def _parts(
    measure: Measure, scene: Scene, added: int, total: int, spread: Mapping[int, int]
) -> tuple[float, float | None]:
    if measure.kind == "count":
        return total, None
    if measure.kind == "rate":
        return total, scene.numbers.population
    if measure.kind == "longest":
        return max(spread, default=0), total
    return added, total
