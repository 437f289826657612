"""Figures: measures for spans of days, in one query for all that count the same rows."""

from bisect import bisect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

from sqlalchemy import Connection, Select, select

from earlyhelp.insight.measures.counting import Amounts, alike, counted, rows_of, widened
from earlyhelp.insight.measures.kept import Kept, kept_amounts
from earlyhelp.insight.measures.measure import Measure
from earlyhelp.insight.measures.narrowing import EVERYWHERE, Narrowed, full_time_equivalents
from earlyhelp.insight.measures.scene import Scene, Span
from earlyhelp.pathway.calendar import england


@dataclass(frozen=True)
class Figure:
    """A value with what it is made of. `value` is None when there was nothing to measure.

    `numerator` is what the measure says; `denominator` is None for a count.
    """

    measure: Measure
    span: Span
    value: float | None
    numerator: float
    denominator: float | None
    hidden: bool = False
    """Kept from a published paper, because it or another could be about a few people only."""


def covered(figure: Figure) -> Figure:
    """The figure kept back."""
    return replace(figure, value=None, numerator=0, denominator=None, hidden=True)


def figures(
    connection: Connection,
    measures: Iterable[Measure],
    scene: Scene,
    narrowed: Narrowed = EVERYWHERE,
    kept: Kept | None = None,
) -> dict[str, list[Figure]]:
    """Each measure's figure for every span of the scene, by key. One query for each kind of row that is counted.

    What is kept of months is taken from there, to the same result.
    """
    asked = list(measures)
    amounts = _amounts(connection, asked, scene.over(tuple(dict.fromkeys(scene.spans))), narrowed, kept)
    workers = full_time_equivalents(connection, narrowed) if any(_is_per_fte(m) for m in asked) else 0.0
    return {
        measure.key: [_figure(measure, scene, span, amounts, workers) for span in scene.spans]
        for measure in asked
    }


def _amounts(
    connection: Connection, asked: Sequence[Measure], scene: Scene, narrowed: Narrowed, kept: Kept | None
) -> Amounts:
    amounts = kept_amounts(connection, asked, scene, narrowed, kept)
    for group in alike(asked):
        missing = tuple(span for span in scene.spans if (group[0].key, span) not in amounts.total)
        if missing:
            amounts.take(counted(connection, group, scene.over(missing), narrowed))
    return amounts


def figure(connection: Connection, measure: Measure, scene: Scene, narrowed: Narrowed = EVERYWHERE) -> Figure:
    """The measure for the scene's first span."""
    return figures(connection, [measure], scene, narrowed)[measure.key][0]


def counted_rows(
    measure: Measure, scene: Scene, narrowed: Narrowed = EVERYWHERE, *, only: Sequence[int] | None = None
) -> Select[Any]:
    """The rows that a figure counts: all columns of its rows, with `span` and `value`; `only` those of some cases."""
    base = rows_of(measure, scene, narrowed, only=only).cte()
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


def median(spread: Mapping[int, int]) -> float:
    """The middle amount, or between the two middle ones."""
    amounts = sorted(spread)
    reached = list(accumulate(spread[amount] for amount in amounts))
    total = reached[-1]
    lower, upper = (amounts[bisect(reached, place)] for place in ((total - 1) // 2, total // 2))
    return lower if total % 2 else (lower + upper) / 2


def _is_per_fte(measure: Measure) -> bool:
    return measure.kind == "per_fte"


def _figure(measure: Measure, scene: Scene, span: Span, amounts: Amounts, workers: float) -> Figure:
    place = (measure.key, span)
    added, total, spread = amounts.added[place], amounts.total[place], amounts.spread.get(place, {})
    if _is_per_fte(measure):
        return Figure(measure, span, total / workers if workers else None, total, workers)
    return figure_of(measure, scene, span, added=added, total=total, spread=spread)


def figure_of(
    measure: Measure, scene: Scene, span: Span, *, added: float, total: float, spread: Mapping[int, int]
) -> Figure:
    """The figure out of the sum of its rows' values, their number and how often each amount came."""
    days = widened(measure, span)
    value = value_of(measure, scene, span=days, added=added, total=total, spread=spread)
    return Figure(measure, span, value, *_parts(measure, scene, added, total, spread))


def _parts(
    measure: Measure, scene: Scene, added: float, total: float, spread: Mapping[int, int]
) -> tuple[float, float | None]:
    if measure.kind == "count":
        return total, None
    if measure.kind == "rate":
        return total, scene.numbers.population
    if measure.kind == "longest":
        return max(spread, default=0), total
    return added, total
