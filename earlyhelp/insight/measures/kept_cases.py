"""What each of some cases counts for, of every measure that is kept."""

from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection

from earlyhelp.insight.measures.counting import widened
from earlyhelp.insight.measures.kept_rows import rows_of_cases
from earlyhelp.insight.measures.kept_rules import (
    OWN_SPLITS,
    PLACES,
    TOLD_SPLITS,
    end_under_way,
    spans_kept,
)
from earlyhelp.insight.measures.known import Known
from earlyhelp.insight.measures.measure import Measure
from earlyhelp.insight.measures.scene import Scene
from earlyhelp.insight.measures.told import NOTHING_TOLD, Told, told_of
from earlyhelp.insight.measures.touched import with_relatives
from earlyhelp.pathway.calendar import england

Cell = tuple[int, int, int | None, int | None, str | None, int]
"""Measure and month by their places, team, worker, part of the measure's own split, value."""
Amount = tuple[int, str, int, str, int]
"""What is added up over cases: measure, split, month, part, value. `split` and `part` are empty for everywhere."""


class Counted(NamedTuple):
    """What one case counts for, how often each; and what was told of it, for figures by that."""

    told: Told
    cells: Mapping[Cell, int]

    def amounts(self) -> Counter[Amount]:
        """What it adds to each: everywhere, the team, the worker, the parts it was told for, and its own split's."""
        found: Counter[Amount] = Counter()
        for (measure, month, team, worker, own, value), times in self.cells.items():
            found[measure, "", month, "", value] += times
            if team is not None:
                found[measure, "team", month, str(team), value] += times
            if worker is not None:
                found[measure, "worker", month, str(worker), value] += times
            if own is not None:
                found[measure, str(OWN_SPLITS[measure]), month, own, value] += times
            for split in TOLD_SPLITS[measure]:
                for part in self.told[split]:
                    found[measure, split, month, part, value] += times
        return found

    def of(self, measures: Container[int], months: Container[int]) -> "Counted":
        """What it counts for in these, by their places."""
        asked = {cell: n for cell, n in self.cells.items() if cell[0] in measures and cell[1] in months}
        return Counted(self.told, asked)

    def beside(self, other: "Counted") -> "Counted":
        """What of it is otherwise in the other."""
        counts_alike = self.cells.items() & other.cells.items()
        return Counted(self.told, dict(self.cells.items() - counts_alike))

    def as_json(self) -> list[list[int | str | None]]:
        return [
            [measure, month, team, worker, value, times, *([] if own is None else [own])]
            for (measure, month, team, worker, own, value), times in sorted(self.cells.items(), key=str)
        ]


NOTHING = Counted(NOTHING_TOLD, {})


def from_json(content: Sequence[Sequence[Any]]) -> Mapping[Cell, int]:
    return {
        (measure, month, team, worker, own[0] if own else None, value): times
        for measure, month, team, worker, value, times, *own in content
    }


def count_cases(
    connection: Connection,
    measures: Iterable[Measure],
    scene: Scene,
    cases: tuple[int, ...],
    *,
    last_day: date,
) -> dict[int, Counted]:
    """What each of these cases counts for in the spans kept to this day, in one query for each kind of row.

    Of a moment, as it will be at the end of those under way if nothing happens: nothing is dated later than today.
    """
    if not cases:
        return {}
    around = replace(scene, known=Known(cases=with_relatives(connection, cases))).over(spans_kept(last_day))
    at_end = replace(around, at=england().end_of(end_under_way(last_day)))
    cells: dict[int, Counter[Cell]] = defaultdict(Counter)
    groups: dict[Any, list[Measure]] = defaultdict(list)
    for measure in measures:
        groups[measure.rows, measure.day].append(measure)
    for group in groups.values():
        _count(connection, group, at_end if group[0].day is None else around, cases, cells)
    told = told_of(connection, cases)
    return {case: Counted(told[case], cells[case]) for case in cases}


def _count(
    connection: Connection,
    group: Sequence[Measure],
    scene: Scene,
    cases: tuple[int, ...],
    cells: Mapping[int, Counter[Cell]],
) -> None:
    """Each row comes once with its day: a join with the days of fourteen spans would be half of every query."""
    months = [_months(measure, scene) for measure in group]
    places = [PLACES[measure.key] for measure in group]
    splits = sorted({split for place in places if (split := OWN_SPLITS[place])})
    for case, team, worker, day, *rest in rows_of_cases(connection, group, scene, cases, splits=splits):
        counter, own = cells[case], dict(zip(splits, rest[len(group) :], strict=True))
        for place, months_of, amount in zip(places, months, rest, strict=False):
            if amount is not None:
                for month in months_of(day):
                    counter[place, month, team, worker, own.get(OWN_SPLITS[place] or ""), int(amount)] += 1


def _months(measure: Measure, scene: Scene) -> Callable[[Any], Sequence[int]]:
    """In which of the scene's spans a row counts, by its day; those of a moment are told by the number of a span."""
    if measure.day is None:
        return lambda span: (span,)
    spans = tuple(widened(measure, span) for span in scene.spans)

    @cache
    def months_of(day: date) -> Sequence[int]:
        return [number for number, span in enumerate(spans) if span.first <= day <= span.last]

    return months_of


def moved(now: Mapping[int, Counted], before: Mapping[int, Counted]) -> Counter[Amount]:
    """What all these cases add now, less what was added of them before. Most of a case counts as it did."""
    found: Counter[Amount] = Counter()
    for case in now.keys() | before.keys():
        new, old = now.get(case, NOTHING), before.get(case, NOTHING)
        found.update(new.beside(old).amounts())
        found.subtract(old.beside(new).amounts())
    return found
