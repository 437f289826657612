"""Reading what is kept of months, exactly in step with the history.

Kept is how often each measure counted each value up to some event. Cases that something happened to since are few:
what was kept of them is taken off, and they are counted anew. So a figure is always what the whole history says, and
costs as much as has happened since the worker last passed by.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from itertools import product
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from earlyhelp.insight.measures.counting import SPREAD, Amounts
from earlyhelp.insight.measures.kept_cases import Amount, Cell, Counted, count_cases, from_json, moved
from earlyhelp.insight.measures.kept_groups import members_of
from earlyhelp.insight.measures.kept_rules import PLACES, WAITING, digest, end_under_way, spans_kept
from earlyhelp.insight.measures.kept_times import TOGETHER, Parts, Wanted, times_kept
from earlyhelp.insight.measures.known import EVERYTHING
from earlyhelp.insight.measures.measure import Measure
from earlyhelp.insight.measures.narrowing import Narrowed
from earlyhelp.insight.measures.ripening import ripened, ripens
from earlyhelp.insight.measures.scene import Scene, Span
from earlyhelp.insight.measures.told import NOTHING_TOLD, told_of
from earlyhelp.insight.measures.touched import touched
from earlyhelp.records.among import among
from earlyhelp.records.cases import CalendarDay, Case
from earlyhelp.records.kept_figures import KeptCase, KeptFigures

AT_MOST = 5_000
"""Cases counted anew beside what is kept; with more, the whole history is counted."""

WHOLE: dict[str, frozenset[str] | None] = {"": None}
_NARROWED = {
    "team_id": "team",
    "locality": "team",
    "worker_id": "worker",
    "agency_id": "worker",
    "source": "source",
}


class Kept(NamedTuple):
    """That what is kept of some measures and months holds, and what brings it exactly in step with the history."""

    measures: Mapping[str, Measure]
    months: Mapping[int, Span]
    since: Mapping[int, Counted]
    """What cases count for that something happened to since."""
    moved: Counter[Amount]
    """What they add to what is kept, or take off it."""
    last_day: date
    turn: int
    is_ripe: bool
    """Whether what has ripened since is in it: without, what ripens is not told of spans under way."""
    to_come: int
    """Working days from today to the end of the spans under way, as of which is kept what waits."""

    def speaks_of(self, measure: Measure, span: Span) -> bool:
        """Whether this figure is told."""
        return self.is_ripe or span.last <= self.last_day or not ripens(measure)

    @property
    def speaks(self) -> bool:
        """Whether any figure is."""
        return any(
            self.speaks_of(*figure) for figure in product(self.measures.values(), self.months.values())
        )

    @property
    def places(self) -> frozenset[int]:
        """The places of the measures."""
        return frozenset(PLACES[key] for key in self.measures)

    def holds(self, connection: Connection) -> bool:
        """Whether nothing was kept anew since this was read."""
        return bool(connection.scalar(select(KeptFigures.turn)) == self.turn)

    def of(self, measures: Iterable[Measure], spans: Collection[Span]) -> "Kept":
        """The same of some of its measures and spans alone."""
        found = self._replace(
            measures={measure.key: measure for measure in measures if measure.key in self.measures},
            months={month: span for month, span in self.months.items() if span in spans},
        )
        places = found.places
        return found._replace(since={case: one.of(places, found.months) for case, one in self.since.items()})

    def waited(self, measure: int, month: int, value: int) -> int:
        """A value of what is kept as it is today."""
        if measure in WAITING and self.months[month].last > self.last_day:
            return max(value - self.to_come, 0)
        return value

    def today(self, counted: Counted) -> Counted:
        """What a case counts for in the measures and months asked for, as it is today."""
        cells: Counter[Cell] = Counter()
        for (measure, month, team, worker, own, value), times in counted.cells.items():
            cells[measure, month, team, worker, own, self.waited(measure, month, value)] += times
        return Counted(counted.told, cells)


def kept_amounts(
    connection: Connection,
    measures: Sequence[Measure],
    scene: Scene,
    narrowed: Narrowed,
    kept: Kept | None = None,
) -> Amounts:
    """What is kept of these measures and of the scene's spans; nothing for the rest, which is to be counted."""
    if split_of(narrowed) is None or (kept := kept or kept_now(connection, measures, scene)) is None:
        return Amounts()
    # Who makes up a group is asked after that: what was added up anew before would count who moved twice.
    times = read_times(connection, kept, wanted_of(connection, narrowed), TOGETHER)
    return _amounts(kept, times) if times is not None else Amounts()


def kept_now(
    connection: Connection, measures: Iterable[Measure], scene: Scene, before: Kept | None = None
) -> Kept | None:
    """What is kept of these measures and of the scene's spans; None where that does not hold.

    Cases are counted anew that something happened to since, unless that was done `before` and still holds.
    """
    if before is not None and before.holds(connection):
        found = before.of(measures, scene.spans)
        return found if found.speaks else None
    state = connection.execute(select(KeptFigures.__table__)).one_or_none()
    if state is None:
        return None
    months = {place: span for place, span in enumerate(spans_kept(state.last_day)) if span in scene.spans}
    of_kept = {m.key: m for m in measures if m.key in PLACES}
    if not (months and of_kept and _speaks_of(connection, state, scene)):
        return None
    if (cases := _since(connection, state)) is None:
        return None
    under_way = any(span.last > state.last_day for span in months.values())
    ripe = _ripened(connection, state, scene, of_kept.values()) if under_way else ()
    to_come = _to_come(connection, state, scene) if under_way else 0
    kept = Kept(of_kept, months, {}, Counter(), state.last_day, state.turn, ripe is not None, to_come)
    return _in_step(connection, kept, scene, tuple(sorted({*cases, *(ripe or ())}))) if kept.speaks else None


def read_times(connection: Connection, kept: Kept, wanted: Wanted, parts: Parts) -> Counter[Amount] | None:
    """How often each value was counted of these parts, APART or TOGETHER; None where other figures are kept by now."""
    places = kept.places
    times = times_kept(connection, places, kept.months, wanted, parts)
    for amount, count in kept.moved.items():
        measure, split, month, part, _ = amount
        if measure in places and month in kept.months and _is_wanted(wanted, split, part):
            times[amount] += count
    if places & WAITING:
        kept_at_end, times = times, Counter()
        for (measure, split, month, part, value), count in kept_at_end.items():
            times[measure, split, month, part, kept.waited(measure, month, value)] += count
    return times if kept.holds(connection) else None


def _is_wanted(wanted: Wanted, split: str, part: str) -> bool:
    parts = wanted.get(split, ())
    return parts is None or part in parts


def _ripened(
    connection: Connection, state: Any, scene: Scene, measures: Iterable[Measure]
) -> tuple[int, ...] | None:
    """Cases to count anew because of what fell due, or has held, since; None where they are too many."""
    if not any(map(ripens, measures)):
        return ()
    return ripened(connection, scene, since=state.judged_at, at_most=AT_MOST)


def _to_come(connection: Connection, state: Any, scene: Scene) -> int:
    """Working days after today until the end of the spans under way."""
    end = end_under_way(state.last_day)
    between = (min(scene.today, end), end)
    number = CalendarDay.working_number
    days = select(func.max(number) - func.min(number)).where(CalendarDay.on.in_(between))
    return connection.execute(days).scalar_one()


def _speaks_of(connection: Connection, state: Any, scene: Scene) -> bool:
    """Whether it holds for this scene: everything recorded, after the months kept, by today's rules."""
    if scene.known != EVERYTHING or scene.today <= state.last_day:
        return False
    return bool(state.rules == digest(connection, scene, last_day=state.last_day, users_to=state.users_to))


def wanted_of(connection: Connection, narrowed: Narrowed) -> Wanted:
    """Which parts add up to it; none where it is narrowed to two things at once."""
    split = split_of(narrowed)
    if not split:
        return WHOLE if split == "" else {}
    if narrowed.locality is not None:
        return {split: members_of(connection, "locality", narrowed.locality)}
    if narrowed.agency_id is not None:
        return {split: members_of(connection, "agency", narrowed.agency_id)}
    (part,) = narrowed.asked().values()
    return {split: frozenset({str(part)})}


def split_of(narrowed: Narrowed) -> str | None:
    """The split whose parts add up to it, empty for everywhere; None where it is narrowed to two things at once."""
    asked = tuple(narrowed.asked())
    return _NARROWED[asked[0]] if len(asked) == 1 else None if asked else ""


def _since(connection: Connection, state: Any) -> tuple[int, ...] | None:
    """Cases to count anew: touched since, or never counted."""
    never = select(Case.id).where(Case.id > state.cases_to).order_by(Case.id).limit(AT_MOST + 1)
    new = tuple(connection.scalars(never))
    mark, seen_at = state.event_mark, state.seen_at
    old = touched(connection, event_mark=mark, seen_at=seen_at, at_most=AT_MOST)
    if old is None or len(new) > AT_MOST:
        return None
    return tuple(sorted({*new, *old}))


def _in_step(connection: Connection, kept: Kept, scene: Scene, cases: tuple[int, ...]) -> Kept:
    """With what cases touched since count for now, and that less what was kept of them."""
    places = kept.places
    counted = count_cases(connection, kept.measures.values(), scene, cases, last_day=kept.last_day)
    now, before = (
        {case: one.of(places, kept.months) for case, one in all_.items()}
        for all_ in (counted, kept_of(connection, cases))
    )
    return kept._replace(since=now, moved=moved(now, before))


def kept_of(connection: Connection, cases: Sequence[int]) -> dict[int, Counted]:
    """What is kept of each of these cases."""
    if not cases:
        return {}
    rows = select(KeptCase.case_id, KeptCase.counted).where(among(KeptCase.case_id, cases))
    told = told_of(connection, cases)
    return {
        row.case_id: Counted(told[row.case_id], from_json(row.counted)) for row in connection.execute(rows)
    }


def kept_of_figure(
    connection: Connection, cases: Sequence[int], *, measure: int, month: int
) -> dict[int, Counted]:
    """What is kept of each of these cases in one figure, by their places, without what was told of them.

    A case counts for some thirty: of the others nothing is made.
    """
    if not cases:
        return {}
    rows = select(KeptCase.case_id, KeptCase.counted).where(among(KeptCase.case_id, cases))
    return {
        case: Counted(NOTHING_TOLD, from_json([one for one in counted if one[:2] == [measure, month]]))
        for case, counted in connection.execute(rows)
    }


def _amounts(kept: Kept, times: Mapping[Amount, int]) -> Amounts:
    spreads: dict[tuple[int, int], Counter[int]] = {}
    for (which, _split, month, _part, value), count in times.items():
        if count:
            spreads.setdefault((which, month), Counter())[value] += count
    amounts = Amounts()
    for measure in kept.measures.values():
        for month, span in kept.months.items():
            if not kept.speaks_of(measure, span):
                continue
            spread, place = spreads.get((PLACES[measure.key], month), Counter()), (measure.key, span)
            amounts.total[place] = spread.total()
            amounts.added[place] = sum(value * count for value, count in spread.items())
            if measure.kind in SPREAD:
                amounts.spread[place] = {value: count for value, count in spread.items() if count}
    return amounts
