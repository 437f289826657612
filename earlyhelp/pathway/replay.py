"""A case's events walked under another file: what would have been in time, and what would not have been allowed.

What a file decides is asked again: states, roles, answers, time limits, and guards as far as events tell what they
look at (`past_actions`). Where the file refuses what happened, the walk goes on from where the case went.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from earlyhelp.pathway import clocks as reckoning
from earlyhelp.pathway.clocks import Schedule, Span, deadline_day
from earlyhelp.pathway.consequences import abouts
from earlyhelp.pathway.definition import Action, Clock
from earlyhelp.pathway.facts import clock_key
from earlyhelp.pathway.machine import CompiledPathway
from earlyhelp.pathway.past_actions import DECIDING, Doorkeeper, Happened, Past
from earlyhelp.pathway.vocabulary import BACK, SAME

NOT_WALKED = frozenset({"correction", "moved", "pathway_moved"})
"""Kinds of event that no file decides. A correction counts through the moment it gives another event."""
REPEATS = "manager_confirms_repeat"


@dataclass(slots=True)
class Run:
    """One run of a clock under the other file. `ended_at` is None while it runs."""

    clock: str
    started_at: datetime
    due_at: datetime
    team_id: int | None
    span: Span
    paused_at: datetime | None = None
    ended_at: datetime | None = None
    pauses: list[tuple[datetime, datetime]] = field(default_factory=list)
    """Those that are over: a due moment that is reckoned again needs them all."""


@dataclass(frozen=True, slots=True)
class NotAllowed:
    """What the other file would have refused, and why."""

    action: str
    why: str


@dataclass
class Walked:
    """One case under the other file."""

    runs: list[Run] = field(default_factory=list)
    refused: list[NotAllowed] = field(default_factory=list)


class DueMoments:
    """When runs are due under one file. Kept by clock, span and day: most starts share them."""

    def __init__(self, engine: CompiledPathway) -> None:
        self.engine, self.pathway = engine, engine.pathway
        self._due: dict[tuple[str, Span, date], datetime] = {}
        self._deadlines: dict[datetime, date] = {}

    def day_due(self, due_at: datetime) -> date:
        """The local day that was the deadline."""
        found = self._deadlines.get(due_at)
        if found is None:
            found = self._deadlines[due_at] = deadline_day(due_at, self.engine.calendar)
        return found

    def first(self, clock: Clock, span: Span, event: Happened) -> datetime:
        calendar = self.engine.calendar
        if not _day_decides(clock, span):
            due = reckoning.due_moment(event.at, span, clock.counting, calendar)
        else:
            key = (clock.name, span, event.on)
            found = self._due.get(key)
            if found is None:
                found = self._due[key] = reckoning.due_moment(event.at, span, clock.counting, calendar)
            due = found
        sooner = event.fields.get(clock.or_sooner) if clock.or_sooner else None
        if sooner:
            due = min(due, max(calendar.end_of(date.fromisoformat(sooner)), event.at))
        return due

    def resume(self, run: Run, at: datetime) -> None:
        if run.paused_at is None:
            return
        run.pauses.append((run.paused_at, max(at, run.paused_at)))
        run.paused_at = None
        self._move(run, *run.pauses[-1])

    def _move(self, run: Run, since: datetime, until: datetime) -> None:
        counting, schedule = self.pathway.clocks[run.clock].counting, Schedule(run.started_at, run.due_at)
        run.due_at = reckoning.resumed(
            schedule, since, until, run.span, self.engine.calendar, counting
        ).due_at

    def again(
        self,
        before: Mapping[str, str | None],
        facts: Mapping[str, str | None],
        running: Mapping[str, Run],
    ) -> None:
        for run in running.values():
            clock = self.pathway.clocks[run.clock]
            if clock.due_by is None or before[clock.due_by] == facts[clock.due_by]:
                continue
            span = clock.dues.get(facts[clock.due_by] or "")
            if span is not None:
                run.span = span
                run.due_at = reckoning.due_moment(run.started_at, span, clock.counting, self.engine.calendar)
                for since, until in run.pauses:
                    self._move(run, since, until)


def _day_decides(clock: Clock, span: Span) -> bool:
    """Whether all that starts on one day is due at one moment: not with hours, nor where a time of day ends the day."""
    if span.kind in {"hours", "working_hours"}:
        return False
    return clock.cut_off is None and clock.until == "end_of_day"


class Replayer:
    """Walks cases under one compiled file."""

    def __init__(self, engine: CompiledPathway) -> None:
        self.engine, self.pathway = engine, engine.pathway
        self.dues = DueMoments(engine)
        clocks = self.pathway.clocks.values()
        self._starting = {name: [c for c in clocks if name in c.starts] for name in self.pathway.actions}
        self._stopping = {name: {c.name for c in clocks if name in c.stops} for name in self.pathway.actions}
        self._ending = {name: {c.name for c in clocks if name in c.ends} for name in self.pathway.actions}
        self._door = Doorkeeper(self.pathway, engine.calendar)
        self._sets = {
            action.name: [(f.name, str(f.sets)) for f in action.fields if f.sets in DECIDING]
            for action in self.pathway.actions.values()
        }
        self._by_fact = [c for c in clocks if c.due_by is not None]

    @property
    def asks_of_other_cases(self) -> bool:
        """Whether a guard of the file looks at what became of earlier contacts."""
        guards = (guard.name for action in self.pathway.actions.values() for guard in action.guards)
        return REPEATS in guards

    def walk(self, events: Iterable[Happened], below_threshold: tuple[datetime, ...] = ()) -> Walked:
        """One case from its first event. `below_threshold`: when other contacts of its children were closed so."""
        walked, past = Walked(), Past(below_threshold=below_threshold)
        open_runs: dict[str, Run] = {}
        for event in events:
            action = self.pathway.actions.get(event.action)
            if event.kind in NOT_WALKED:
                past.lead = event.lead_after
                if event.kind == "pathway_moved" and event.to_state in self.pathway.states:
                    past.state = event.to_state
            elif action is None:
                walked.refused.append(NotAllowed(event.action, "there is no such action"))
                self._go_on(event, past, open_runs)
            else:
                self._take(action, event, past, open_runs, walked)
        return walked

    def _go_on(self, event: Happened, past: Past, running: dict[str, Run]) -> None:
        """The file has no such action: the case is where it went all the same."""
        past.lead = event.lead_after
        if event.to_state not in self.pathway.states:
            return
        if self.pathway.states[event.to_state].final and event.to_state != past.state:
            past.closed_at = event.at
        past.state = event.to_state
        self._void(event.to_state, running)

    def _take(
        self, action: Action, event: Happened, past: Past, running: dict[str, Run], walked: Walked
    ) -> None:
        why = self._door.why_not(action, past, event)
        if why is not None:
            walked.refused.append(NotAllowed(event.action, why))
        facts = past.deciding
        before = dict(facts) if self._by_fact else facts
        for name, fact in self._sets[event.action]:
            if name in event.fields:
                facts[fact] = event.fields[name]
        self._end(action, event, running)
        target = self._target(action, past.state, past.came_from, event, running, as_it_was=why is not None)
        declared = self.pathway.states[target]
        left = past.state
        past.follow(action, event, target, final=declared.final)
        if declared.kind == "step_up" and left != target:
            past.came_from = left
        if self._by_fact and before != facts:
            self.dues.again(before, facts, running)
        self._start(action, target, event, facts, running, walked)
        self._void(target, running)
        self._pause(event, running)

    def _target(
        self,
        action: Action,
        state: str | None,
        came_from: str | None,
        event: Happened,
        running: Mapping[str, Run],
        *,
        as_it_was: bool,
    ) -> str:
        """Where the file sends the case; where it went, if the file would have refused."""
        if as_it_was and event.to_state in self.pathway.states:
            return event.to_state
        to = action.to
        for way in action.ways:
            named = way.when is not None and event.fields.get(way.when) in way.values
            if named or (way.still and any(run.clock == way.still for run in running.values())):
                to = way.to
                break
        if to == SAME:
            to = state or event.to_state
        if to == BACK:
            to = came_from or event.to_state
        return to if to in self.pathway.states else next(iter(self.pathway.states))

    def _end(self, action: Action, event: Happened, running: dict[str, Run]) -> None:
        if not running:
            return
        stops, ends = self._stopping[action.name], self._ending[action.name]
        for key, run in list(running.items()):
            if run.clock in stops:
                each = self.pathway.clocks[run.clock].each
                if (
                    each
                    and event.fields.get(each)
                    and key
                    not in {
                        clock_key(run.clock, about)
                        for about in abouts(self.pathway.clocks[run.clock], event.fields)
                    }
                ):
                    continue
                self.dues.resume(run, event.at)
                run.ended_at = max(event.at, run.started_at)
                del running[key]
            elif run.clock in ends:
                run.clock = ""
                del running[key]

    def _start(
        self,
        action: Action,
        target: str,
        event: Happened,
        facts: Mapping[str, str | None],
        running: dict[str, Run],
        walked: Walked,
    ) -> None:
        for clock in self._starting[action.name]:
            if (clock.into and target not in clock.into) or not clock.holds_for(dict(facts)):
                continue
            try:
                span = clock.span_for(action=action.name, facts=dict(facts))
            except KeyError:
                why = f"the {clock.due_by} decides when this is due, and is not told"
                walked.refused.append(NotAllowed(event.action, why))
                continue
            for about in abouts(clock, event.fields):
                key = clock_key(clock.name, about)
                if key not in running:
                    due = self.dues.first(clock, span, event)
                    running[key] = Run(clock.name, event.at, due, event.team_id, span)
                    walked.runs.append(running[key])

    def _void(self, target: str, running: dict[str, Run]) -> None:
        for key in [key for key, run in running.items() if run.clock in self.engine.never_stopped[target]]:
            running.pop(key).clock = ""

    def _pause(self, event: Happened, running: Mapping[str, Run]) -> None:
        run = running.get(str(event.fields.get("clock"))) if event.kind.startswith("clock_") else None
        if run is None:
            return
        if event.kind == "clock_paused" and self.pathway.clocks[run.clock].pausable:
            # What has passed under this file was not paused: that would only hide it.
            run.paused_at = event.at if event.at < run.due_at else None
        elif event.kind == "clock_resumed":
            self.dues.resume(run, event.at)
