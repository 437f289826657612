"""In which figures some few cases count, out of what is kept of each."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection

from earlyhelp.insight.measures.kept import Kept, kept_now, kept_of
from earlyhelp.insight.measures.kept_behind import lists_of_parts
from earlyhelp.insight.measures.kept_cases import Counted
from earlyhelp.insight.measures.kept_lists import figure_lists, read_lists
from earlyhelp.insight.measures.kept_rules import PLACES
from earlyhelp.insight.measures.measure import Measure
from earlyhelp.insight.measures.narrowing import Narrowed
from earlyhelp.insight.measures.scene import Scene, Span
from earlyhelp.insight.measures.sought import Sought, sought_in

Place = tuple[str, Span]
"""A figure by its measure's key and its span."""
FEW = 32
"""Figures whose lists are read; of more, what is kept of every case is."""


def few_count_in(
    connection: Connection,
    asked: Collection[tuple[Measure, Span]],
    scene: Scene,
    narrowed: Narrowed,
    cases: Collection[int],
    before: Kept | None = None,
) -> Mapping[Place, bool]:
    """Whether some of these cases count in each figure that is kept: exactly what the history says."""
    sought = sought_in(connection, narrowed)
    spans = tuple(dict.fromkeys(span for _, span in asked))
    measures = tuple({measure.key: measure for measure, _ in asked}.values())
    kept = sought and kept_now(connection, measures, scene.over(spans), before)
    if not sought or kept is None:
        return {}
    kept_as = {
        (measure.key, span): (PLACES[measure.key], month)
        for measure in kept.measures.values()
        for month, span in kept.months.items()
        if kept.speaks_of(measure, span)
    }
    figures = {(measure.key, span) for measure, span in asked} & kept_as.keys()
    if not figures:
        return {}
    counted = _counted(connection, sought, kept, [kept_as[figure] for figure in figures], cases)
    seen = {cell[:2] for one in counted for cell in one.cells if sought.has(cell, one.told)}
    return {figure: kept_as[figure] in seen for figure in figures} if kept.holds(connection) else {}


def _counted(
    connection: Connection,
    sought: Sought,
    kept: Kept,
    figures: Sequence[tuple[int, int]],
    cases: Collection[int],
) -> Sequence[Counted]:
    """What these cases count for, those left out that no list of what is asked for names."""
    lists = lists_of_parts(sought)
    if not lists and len(figures) <= FEW:
        lists = [each for measure, month in figures for each in figure_lists(measure, month)]
    earlier = set(cases) - kept.since.keys()
    named = read_lists(connection, lists).holding(earlier) if lists else earlier
    return [
        *kept_of(connection, sorted(named)).values(),
        *(kept.since[case] for case in set(cases) & kept.since.keys()),
    ]
