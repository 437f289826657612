"""Reading what is kept of months that have ended, exactly in step with the history.

Kept is how often each measure counted each value up to some event. Cases that something happened to since are few:
what was kept of them is taken off, and they are counted anew. So a figure is always what the whole history says, and
costs as much as has happened since the worker last passed by.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from earlyhelp.insight.measures.counting import SPREAD, Amounts
from earlyhelp.insight.measures.kept_cases import (
    Counted,
    count_cases,
    from_json,
    source_facet,
    team_facet,
)
from earlyhelp.insight.measures.kept_rules import PLACES, digest, spans_kept
from earlyhelp.insight.measures.known import EVERYTHING
from earlyhelp.insight.measures.measure import Measure
from earlyhelp.insight.measures.narrowing import Narrowed
from earlyhelp.insight.measures.scene import Scene, Span
from earlyhelp.insight.measures.touched import touched
from earlyhelp.records.among import among
from earlyhelp.records.cases import Case
from earlyhelp.records.kept_figures import KeptAmount, KeptCase, KeptFigures
from earlyhelp.records.organisation import Team

AT_MOST = 5_000
"""Cases counted anew beside what is kept; with more, the whole history is counted."""

Times = Counter[tuple[int, int, int]]
"""How often, by measure, month and value."""


class _Asked(NamedTuple):
    measures: Sequence[Measure]
    months: Mapping[int, Span]
    facets: frozenset[str]


def kept_amounts(
    connection: Connection, measures: Sequence[Measure], scene: Scene, narrowed: Narrowed
) -> Amounts:
    """What is kept of these measures and of the scene's spans; nothing for the rest, which is to be counted."""
    state = connection.execute(select(KeptFigures.__table__)).one_or_none()
    if state is None:
        return Amounts()
    months = {place: span for place, span in enumerate(spans_kept(state.last_day)) if span in scene.spans}
    asked = _Asked([m for m in measures if m.key in PLACES], months, _facets(connection, narrowed))
    if not (asked.measures and asked.months and asked.facets and _speaks_of(connection, state, scene)):
        return Amounts()
    times = _kept(connection, asked) if (cases := _since(connection, state)) is not None else None
    if times is None or cases is None:
        return Amounts()
    times.update(_moved(connection, asked, scene.over(spans_kept(state.last_day)), cases))
    same_turn = connection.scalar(select(KeptFigures.turn)) == state.turn
    return _amounts(asked, times) if same_turn else Amounts()


def _speaks_of(connection: Connection, state: Any, scene: Scene) -> bool:
    """Whether it holds for this scene: everything recorded, after the months kept, by today's rules."""
    if scene.known != EVERYTHING or scene.today <= state.last_day:
        return False
    return bool(state.rules == digest(connection, scene, last_day=state.last_day, users_to=state.users_to))


def _facets(connection: Connection, narrowed: Narrowed) -> frozenset[str]:
    """Which facets add up to it; none where it is narrowed otherwise, such as by a worker or by two at once."""
    if narrowed.is_everywhere:
        return frozenset({""})
    if narrowed == Narrowed(team_id=narrowed.team_id):
        return frozenset({team_facet(int(narrowed.team_id or 0))})
    if narrowed == Narrowed(source=narrowed.source):
        return frozenset({source_facet(str(narrowed.source))})
    if narrowed == Narrowed(locality=narrowed.locality):
        teams = select(Team.id).where(Team.locality == narrowed.locality)
        return frozenset(map(team_facet, connection.scalars(teams)))
    return frozenset()


def _since(connection: Connection, state: Any) -> tuple[int, ...] | None:
    """Cases to count anew: touched since, or never counted."""
    never = select(Case.id).where(Case.id > state.cases_to).order_by(Case.id).limit(AT_MOST + 1)
    new = tuple(connection.scalars(never))
    mark, seen_at = state.event_mark, state.seen_at
    old = touched(connection, event_mark=mark, seen_at=seen_at, at_most=AT_MOST)
    if old is None or len(new) > AT_MOST:
        return None
    return tuple(sorted({*new, *old}))


def _kept(connection: Connection, asked: _Asked) -> Times:
    rows = select(KeptAmount.measure, KeptAmount.month, KeptAmount.value, KeptAmount.times).where(
        KeptAmount.measure.in_([PLACES[measure.key] for measure in asked.measures]),
        KeptAmount.month.in_(sorted(asked.months)),
        KeptAmount.facet.in_(sorted(asked.facets)),
    )
    times: Times = Counter()
    for measure, month, value, count in connection.execute(rows):
        times[measure, month, value] += count
    return times


def _moved(connection: Connection, asked: _Asked, scene: Scene, cases: tuple[int, ...]) -> Times:
    """What cases touched since count for now, less what was kept of them."""
    now, before = count_cases(connection, asked.measures, scene, cases), kept_of(connection, cases)
    moved: Times = Counter()
    for counted, sign in (*((one, 1) for one in now.values()), *((one, -1) for one in before.values())):
        for (measure, facet, month, value), count in counted.amounts().items():
            if facet in asked.facets:
                moved[measure, month, value] += sign * count
    return moved


def kept_of(connection: Connection, cases: Sequence[int]) -> dict[int, Counted]:
    """What is kept of each of these cases."""
    if not cases:
        return {}
    rows = select(KeptCase.case_id, KeptCase.source, KeptCase.counted).where(among(KeptCase.case_id, cases))
    return {row.case_id: from_json(row.source, row.counted) for row in connection.execute(rows)}


def _amounts(asked: _Asked, times: Times) -> Amounts:
    spreads: dict[tuple[int, int], dict[int, int]] = {}
    for (which, month, value), count in times.items():
        if count:
            spreads.setdefault((which, month), {})[value] = count
    amounts = Amounts()
    for measure in asked.measures:
        for month, span in asked.months.items():
            spread, place = spreads.get((PLACES[measure.key], month), {}), (measure.key, span)
            amounts.total[place] = sum(spread.values())
            amounts.added[place] = sum(value * count for value, count in spread.items())
            if measure.kind in SPREAD:
                amounts.spread[place] = spread
    return amounts
