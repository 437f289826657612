"""The rows that measures which are alike may count of some cases.

Their query has 7,000 characters: it is built once for the days and pathways it is asked of, and told the cases.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, String, case as when, cast, select

from earlyhelp.insight.measures.children import children_with_disabilities
from earlyhelp.insight.measures.counting import widened
from earlyhelp.insight.measures.kinds import Kinds
from earlyhelp.insight.measures.known import OF_CASES, Known
from earlyhelp.insight.measures.measure import Measure
from earlyhelp.insight.measures.scene import AT, Scene, Span
from earlyhelp.insight.measures.settings import CouncilNumbers
from earlyhelp.records.among import among
from earlyhelp.records.database import is_postgresql
from earlyhelp.records.prepared import Spelled

COUNTED = "counted_cases"
QUERIES = 60
"""Three times as many as there are kinds of rows: 40 kB each."""


@dataclass(frozen=True)
class _Asked:
    """Measures in a scene, and by what their query may differ."""

    measures: tuple[Measure, ...]
    splits: tuple[str, ...]
    spans: tuple[Span, ...]
    today: date
    on_postgresql: bool
    kinds: Kinds = field(hash=False)
    numbers: CouncilNumbers = field(hash=False)
    scene: Scene = field(compare=False)


def rows_of_cases(
    connection: Connection,
    measures: Sequence[Measure],
    scene: Scene,
    cases: Sequence[int],
    *,
    splits: Sequence[str],
) -> Sequence[Any]:
    """Each row with its case, team, worker and day or span, the value of every measure that counts it, and its part
    of each split. The scene knows of these cases and of all that the judgement of them needs."""
    asked = _Asked(
        tuple(measures),
        tuple(splits),
        scene.spans,
        scene.today,
        is_postgresql(connection),
        scene.kinds,
        scene.numbers,
        replace(scene, known=Known(cases=())),
    )
    return _query(asked).rows(connection, **{COUNTED: cases, OF_CASES: scene.known.cases, AT: scene.at})


@lru_cache(maxsize=QUERIES)
def _query(asked: _Asked) -> Spelled:
    return Spelled(_rows(asked.measures, asked.scene, asked.splits), asked.on_postgresql)


def _rows(measures: Sequence[Measure], scene: Scene, splits: Sequence[str]) -> Select[Any]:
    spans, day = scene.spans, measures[0].day
    if day is not None:
        spans = tuple(dict.fromkeys(widened(measure, span) for measure in measures for span in scene.spans))
    rows = measures[0].rows(scene.over(spans)).cte().prefix_with("MATERIALIZED")
    values = [
        when((measure.counts(rows.c), measure.value(rows.c))) if measure.counts else measure.value(rows.c)
        for measure in measures
    ]
    columns = (rows.c.case_id, rows.c.team_id, rows.c.lead_professional_id, rows.c[day or "span"])
    named = [value.label(f"value_{place}") for place, value in enumerate(values)]
    own = [_own_column(rows, split).label(f"of_{split}") for split in splits]
    found = select(*columns, *named, *own).where(among(rows.c.case_id, (), called=COUNTED))
    return found if day is None else found.where(*scene.over(spans).within.holds(rows.c[day]))


def _own_column(rows: Any, split: str) -> Any:
    return cast(children_with_disabilities(rows), String) if split == "disabled" else rows.c[split]
