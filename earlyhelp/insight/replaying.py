"""History under another pathway file, side by side with what happened: read in bulk, walked, counted.

Months are those of the day that was the deadline. Clocks that came to nothing count on neither side.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import Connection, Text, cast, func, select
from sqlalchemy.orm import aliased

from earlyhelp.pathway.machine import CompiledPathway
from earlyhelp.pathway.past_actions import Happened
from earlyhelp.pathway.replay import Replayer, Run
from earlyhelp.pathway.vocabulary import BELOW_THRESHOLD
from earlyhelp.records.cases import Case, CasePerson, Event
from earlyhelp.records.clocks import ClockRow
from earlyhelp.records.organisation import Team, UserRole
from earlyhelp.records.reference import PublishedPathway

CHUNK = 500
"""Cases read at once."""
EXAMPLES = 5
Place = tuple[str, str, str]
"""Clock, team, month as 2026-03."""


@dataclass
class Count:
    """How often in time, and how often breached."""

    in_time: int = 0
    breached: int = 0


@dataclass
class Pair:
    """What happened, and what would have under the other file."""

    was: Count = field(default_factory=Count)
    would: Count = field(default_factory=Count)


@dataclass
class Refusals:
    """One action that the other file would not have allowed: how often, and on which cases, for example."""

    count: int = 0
    examples: list[str] = field(default_factory=list)


@dataclass
class Replayed:
    """The whole comparison. `would_breach` are open cases with the clocks that would have passed at once."""

    cases: int = 0
    clocks: dict[Place, Pair] = field(default_factory=dict)
    refused: dict[tuple[str, str], Refusals] = field(default_factory=dict)
    would_breach: dict[str, list[str]] = field(default_factory=dict)

    def totals(self) -> dict[str, Pair]:
        """By clock alone."""
        found: dict[str, Pair] = {}
        for (clock, _, _), pair in self.clocks.items():
            total = found.setdefault(clock, Pair())
            for mine, theirs in ((total.was, pair.was), (total.would, pair.would)):
                mine.in_time += theirs.in_time
                mine.breached += theirs.breached
        return found


class Asked(NamedTuple):
    """Which cases: those of a pathway with an event in the period. `now` decides what has passed."""

    name: str
    first: date
    last: date
    now: datetime


class Scene(NamedTuple):
    """What every chunk of one replay looks up: the question, team names, and who is a manager now."""

    asked: Asked
    teams: Mapping[int, str]
    managers: frozenset[int]


def count_cases(connection: Connection, asked: Asked) -> int:
    """How many cases a replay walks."""
    return int(connection.scalar(select(func.count()).select_from(_in_period(asked).subquery())) or 0)


def replay(
    connection: Connection,
    *,
    engine: CompiledPathway,
    asked: Asked,
    tell: Callable[[int], None] = lambda _done: None,
) -> Replayed:
    """Walk every case of the period under the other file. `tell` hears how many are done."""
    replayer, found = Replayer(engine), Replayed()
    teams = {row.id: row.name for row in connection.execute(select(Team.id, Team.name))}
    managers = frozenset(connection.scalars(select(UserRole.user_id).where(UserRole.role == "manager")))
    scene = Scene(asked, teams, managers)
    after: int | None = 0
    while after is not None:
        after = _chunk(connection, replayer, found, scene, after)
        tell(found.cases)
    return found


def as_data(found: Replayed) -> dict[str, Any]:
    """The comparison as plain data, to be kept or sent; `from_data` gives it back."""
    return {
        "cases": found.cases,
        "clocks": [
            {"clock": clock, "team": team, "month": month, **asdict(pair)}
            for (clock, team, month), pair in sorted(found.clocks.items())
        ],
        "not_allowed": [
            {"action": action, "why": why, **asdict(refusals)}
            for (action, why), refusals in sorted(found.refused.items())
        ],
        "would_breach": [
            {"case": reference, "clocks": clocks} for reference, clocks in sorted(found.would_breach.items())
        ],
    }


def from_data(data: Mapping[str, Any]) -> Replayed:
    """What `as_data` gave."""
    return Replayed(
        data["cases"],
        {
            (one["clock"], one["team"], one["month"]): Pair(Count(**one["was"]), Count(**one["would"]))
            for one in data["clocks"]
        },
        {(one["action"], one["why"]): Refusals(one["count"], one["examples"]) for one in data["not_allowed"]},
        {one["case"]: one["clocks"] for one in data["would_breach"]},
    )


def _in_period(asked: Asked) -> Any:
    return (
        select(Event.case_id)
        .join(PublishedPathway, PublishedPathway.id == Event.pathway_id)
        .where(PublishedPathway.name == asked.name, Event.occurred_on.between(asked.first, asked.last))
        .distinct()
    )


def _chunk(
    connection: Connection,
    replayer: Replayer,
    found: Replayed,
    scene: Scene,
    after: int,
) -> int | None:
    asked, teams = scene.asked, scene.teams
    ids = connection.scalars(
        _in_period(asked).where(Event.case_id > after).order_by(Event.case_id).limit(CHUNK)
    ).all()
    cases = {row.id: row for row in connection.execute(_cases(ids))}
    actual = {(row.case_id, row.name) for row in connection.execute(_breached_now(ids, asked.now))}
    closings = _closings_of_others(connection, ids) if replayer.asks_of_other_cases else {}
    for case_id, rows in groupby(connection.execute(_events(ids)), key=lambda row: row.case_id):
        walked = replayer.walk(_happened(list(rows), scene.managers), closings.get(case_id, ()))
        case = cases[case_id]
        for run in walked.runs:
            _count(found, replayer, run, asked, teams)
            late = run.ended_at is None and run.paused_at is None and run.due_at <= asked.now
            if late and run.clock and case.is_open and (case_id, run.clock) not in actual:
                found.would_breach.setdefault(case.reference, []).append(run.clock)
        for refusal in walked.refused:
            counted = found.refused.setdefault((refusal.action, refusal.why), Refusals())
            counted.count += 1
            if len(counted.examples) < EXAMPLES and case.reference not in counted.examples:
                counted.examples.append(case.reference)
        found.cases += 1
    _count_what_happened(connection, found, replayer, ids, asked, teams)
    return ids[-1] if len(ids) == CHUNK else None


def _cases(ids: Sequence[int]) -> Any:
    return select(Case.id, Case.reference, Case.is_open).where(Case.id.in_(ids))


def _closings_of_others(connection: Connection, ids: Sequence[int]) -> dict[int, tuple[datetime, ...]]:
    """For each case, when other contacts about any of its children were closed below threshold."""
    other = aliased(CasePerson)
    same = (other.person_id == CasePerson.person_id) & (other.case_id != CasePerson.case_id)
    pairs = connection.execute(
        select(CasePerson.case_id, other.case_id.label("other"))
        .join(other, same)
        .where(CasePerson.case_id.in_(ids), CasePerson.is_child)
        .distinct()
    ).all()
    # Two questions, not one: asked together, SQLite reads every closing there ever was.
    closed: dict[int, list[datetime]] = {}
    for row in connection.execute(
        select(Event.case_id, Event.occurred_at).where(
            Event.case_id.in_({pair.other for pair in pairs}), Event.kind.in_(sorted(BELOW_THRESHOLD))
        )
    ):
        closed.setdefault(row.case_id, []).append(row.occurred_at)
    found: dict[int, tuple[datetime, ...]] = {}
    for pair in pairs:
        found[pair.case_id] = (*found.get(pair.case_id, ()), *closed.get(pair.other, ()))
    return found


def _events(ids: Sequence[int]) -> Any:
    columns = (
        Event.case_id,
        Event.sequence,
        Event.action,
        Event.kind,
        Event.from_state,
        Event.to_state,
        Event.occurred_at,
        Event.occurred_on,
        Event.actor_role,
        Event.actor_id,
        Event.team_id,
        Event.lead_professional_id,
        Event.corrects,
        Event.corrected_to,
        Event.corrected_on,
        cast(Event.fields, Text).label("fields"),
    )
    return select(*columns).where(Event.case_id.in_(ids)).order_by(Event.case_id, Event.sequence)


def _breached_now(ids: Sequence[int], now: datetime) -> Any:
    return select(ClockRow.case_id, ClockRow.name).where(
        ClockRow.case_id.in_(ids), ClockRow.status == "running", ClockRow.due_at <= now
    )


def _happened(rows: Sequence[Any], managers: frozenset[int]) -> Iterator[Happened]:
    """The events of one case; a correction gives another its moment, the last one counts."""
    right = {row.corrects: (row.corrected_to, row.corrected_on) for row in rows if row.corrected_to}
    for row in rows:
        at, on = (
            right.get(row.sequence, (row.occurred_at, row.occurred_on))
            if right
            else (
                row.occurred_at,
                row.occurred_on,
            )
        )
        fields = json.loads(row.fields) if row.fields != "{}" else {}
        yield Happened(
            row.action,
            row.kind,
            row.from_state,
            row.to_state,
            at,
            on,
            row.actor_role,
            row.team_id,
            fields,
            row.actor_id,
            row.lead_professional_id,
            row.actor_id in managers,
        )


def _count(found: Replayed, replayer: Replayer, run: Run, asked: Asked, teams: Mapping[int, str]) -> None:
    if not run.clock or (run.ended_at is None and (run.due_at > asked.now or run.paused_at is not None)):
        return
    pair = _pair(found, replayer, run.clock, run.team_id, run.due_at, asked, teams)
    if pair is not None:
        if run.ended_at is not None and run.ended_at < run.due_at:
            pair.would.in_time += 1
        else:
            pair.would.breached += 1


def _count_what_happened(
    connection: Connection,
    found: Replayed,
    replayer: Replayer,
    ids: Sequence[int],
    asked: Asked,
    teams: Mapping[int, str],
) -> None:
    started = select(
        ClockRow.name, Event.team_id, ClockRow.due_at, ClockRow.status, func.count().label("times")
    ).join(Event, (Event.case_id == ClockRow.case_id) & (Event.sequence == ClockRow.started_by))
    over = ClockRow.status.in_(("met", "met_late")) | (
        (ClockRow.status == "running") & (ClockRow.due_at <= asked.now)
    )
    grouped = started.where(ClockRow.case_id.in_(ids), over).group_by(
        ClockRow.name, Event.team_id, ClockRow.due_at, ClockRow.status
    )
    for row in connection.execute(grouped):
        pair = _pair(found, replayer, row.name, row.team_id, row.due_at, asked, teams)
        if pair is not None and row.status == "met":
            pair.was.in_time += row.times
        elif pair is not None:
            pair.was.breached += row.times


def _pair(
    found: Replayed,
    replayer: Replayer,
    clock: str,
    team_id: int | None,
    due_at: datetime,
    asked: Asked,
    teams: Mapping[int, str],
) -> Pair | None:
    """The count of that clock, team and month; None where it fell due outside the period."""
    day = replayer.dues.day_due(due_at)
    if not asked.first <= day <= asked.last:
        return None
    place = (clock, teams.get(team_id or 0, "No team yet"), f"{day:%Y-%m}")
    return found.clocks.setdefault(place, Pair())
