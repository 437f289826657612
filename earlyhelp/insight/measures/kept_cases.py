"""What each of some cases counts for, of every measure that is kept."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy import Connection, case as when, select

from earlyhelp.insight.measures.counting import alike, counts_of, rows_of
from earlyhelp.insight.measures.kept_rules import OWN_SPLITS, PLACES
from earlyhelp.insight.measures.known import Known
from earlyhelp.insight.measures.measure import Measure
from earlyhelp.insight.measures.scene import Scene
from earlyhelp.insight.measures.touched import with_relatives
from earlyhelp.records.among import among
from earlyhelp.records.cases import Contact

Cell = tuple[int, int, int | None, int | None, str | None, int]
"""Measure and month by their places, team, worker, part of the measure's own split, value."""
Amount = tuple[int, str, int, str, int]
"""What is added up over cases: measure, split, month, part, value. `split` and `part` are empty for everywhere."""


class Counted(NamedTuple):
    """What one case counts for, how often each; and who told us of it, for figures by source."""

    source: str | None
    cells: Mapping[Cell, int]

    def amounts(self) -> Counter[Amount]:
        """What it adds to each: everywhere, the team, the worker, the source, the part of the measure's own split."""
        found: Counter[Amount] = Counter()
        for (measure, month, team, worker, own, value), times in self.cells.items():
            found[measure, "", month, "", value] += times
            if team is not None:
                found[measure, "team", month, str(team), value] += times
            if worker is not None:
                found[measure, "worker", month, str(worker), value] += times
            if self.source is not None:
                found[measure, "source", month, self.source, value] += times
            if own is not None:
                found[measure, str(OWN_SPLITS[measure]), month, own, value] += times
        return found

    def as_json(self) -> list[list[int | str | None]]:
        return [
            [measure, month, team, worker, value, times, *([] if own is None else [own])]
            for (measure, month, team, worker, own, value), times in sorted(self.cells.items(), key=str)
        ]


def from_json(source: str | None, content: Sequence[Sequence[Any]]) -> Counted:
    cells = {
        (measure, month, team, worker, own[0] if own else None, value): times
        for measure, month, team, worker, value, times, *own in content
    }
    return Counted(source, cells)


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
    splits = sorted({split for place in places if (split := OWN_SPLITS[place])})
    of_row = (base.c.case_id, base.c.span, base.c.team_id, base.c.lead_professional_id)
    for case, month, team, worker, *rest in connection.execute(
        select(*of_row, *values, *(base.c[split] for split in splits))
    ):
        counter, own = cells[case], dict(zip(splits, rest[len(group) :], strict=True))
        for place, amount in zip(places, rest, strict=False):
            if amount is not None:
                counter[place, month, team, worker, own.get(OWN_SPLITS[place] or ""), int(amount)] += 1
