"""What each of some cases counts for, of every measure that is kept."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy import Connection, case as when, select

from earlyhelp.insight.measures.counting import alike, counts_of, rows_of
from earlyhelp.insight.measures.kept_rules import PLACES
from earlyhelp.insight.measures.known import Known
from earlyhelp.insight.measures.measure import Measure
from earlyhelp.insight.measures.scene import Scene
from earlyhelp.insight.measures.touched import with_relatives
from earlyhelp.records.among import among
from earlyhelp.records.cases import Contact

Cell = tuple[int, int, int | None, int]
"""Measure and month by their places, team, value."""


class Counted(NamedTuple):
    """What one case counts for, how often each; and who told us of it, for figures by source."""

    source: str | None
    cells: Mapping[Cell, int]

    def facets(self, team: int | None) -> tuple[str, ...]:
        """What amounts of this case and team are added up in: everywhere, the team, the source."""
        of_team = (team_facet(team),) if team is not None else ()
        of_source = (source_facet(self.source),) if self.source is not None else ()
        return ("", *of_team, *of_source)

    def amounts(self) -> Counter[tuple[int, str, int, int]]:
        """By measure, facet, month and value."""
        found: Counter[tuple[int, str, int, int]] = Counter()
        for (measure, month, team, value), times in self.cells.items():
            for facet in self.facets(team):
                found[measure, facet, month, value] += times
        return found

    def as_json(self) -> list[list[int | None]]:
        return [[*cell, times] for cell, times in sorted(self.cells.items(), key=str)]


def team_facet(team_id: int) -> str:
    return f"team:{team_id}"


def source_facet(source: str) -> str:
    return f"source:{source}"


def from_json(source: str | None, content: Sequence[Sequence[Any]]) -> Counted:
    return Counted(source, {(m, month, team, value): times for m, month, team, value, times in content})


def count_cases(
    connection: Connection, measures: Iterable[Measure], scene: Scene, cases: tuple[int, ...]
) -> dict[int, Counted]:
    """What each of these cases counts for in the scene's spans, in one query for each kind of row."""
    if not cases:
        return {}
    around = replace(scene, known=Known(cases=with_relatives(connection, cases)))
    cells: dict[int, Counter[Cell]] = defaultdict(Counter)
    for group in alike(measures):
        _count(connection, group, around, cases, cells)
    told = select(Contact.case_id, Contact.source).where(among(Contact.case_id, cases))
    sources = {row.case_id: row.source for row in connection.execute(told)}
    return {case: Counted(sources.get(case), cells[case]) for case in cases}


def _count(
    connection: Connection,
    group: Sequence[Measure],
    scene: Scene,
    cases: tuple[int, ...],
    cells: Mapping[int, Counter[Cell]],
) -> None:
    base = rows_of(group[0], scene, only=cases).cte()
    values = [when((counts_of(measure, base), measure.value(base.c))) for measure in group]
    places = [PLACES[measure.key] for measure in group]
    for case, month, team, *amounts in connection.execute(
        select(base.c.case_id, base.c.span, base.c.team_id, *values)
    ):
        counter = cells[case]
        for place, amount in zip(places, amounts, strict=True):
            if amount is not None:
                counter[place, month, team, int(amount)] += 1
