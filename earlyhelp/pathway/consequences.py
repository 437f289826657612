"""What a step does to the clocks: which start, stop, pause, resume, move, or come to nothing."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from earlyhelp.pathway import clocks as reckoning
from earlyhelp.pathway.calendar import Calendar, aware
from earlyhelp.pathway.clocks import Pause, Schedule, Span
from earlyhelp.pathway.definition import Action, Clock, Pathway
from earlyhelp.pathway.facts import (
    BadFields,
    ClockPause,
    ClockResume,
    ClockStart,
    Facts,
    OpenClock,
    clock_key,
)
from earlyhelp.pathway.guards import Situation
from earlyhelp.pathway.spans import HOURS, Ladder

LONGEST_NAME = 200


class ClockEffects(NamedTuple):
    """The clock part of a step."""

    starts: tuple[ClockStart, ...] = ()
    stops: tuple[str, ...] = ()
    voids: tuple[str, ...] = ()
    moves: tuple[ClockStart, ...] = ()
    pauses: tuple[ClockPause, ...] = ()
    resumes: tuple[ClockResume, ...] = ()


def schedule_of(
    clock: Clock, *, start: datetime, span: Span, calendar: Calendar, no_later_than: date | None = None
) -> Schedule:
    """Every moment of one run of a clock. `no_later_than` brings the due day forward, never back."""
    ladder = clock.ladder
    if span.kind not in HOURS:
        zero = reckoning.day_zero(start, span, ladder.counting, calendar)
        found = _whenever_on(zero, ladder, span, calendar, no_later_than)
        if found is not None:
            return Schedule(start, found.due_at, found.warnings, found.escalations)
    due = reckoning.due_moment(start, span, ladder.counting, calendar)
    if no_later_than is not None:
        due = min(due, max(calendar.end_of(no_later_than), start))
    begun = reckoning.effective_start(start, span, ladder.counting, calendar)
    return _reckoned(ladder, start, begun if begun < due else aware(start), due, span, calendar)


@lru_cache(maxsize=2_000)
def _whenever_on(
    zero: date, ladder: Ladder, span: Span, calendar: Calendar, no_later_than: date | None
) -> Schedule | None:
    """The schedule that every start has whose day zero is this day; None where a warning falls on that day itself.

    What falls on a later day does not hang on the time of day, if the last day is one that counts. At most 1 MiB is
    remembered.
    """
    begun = calendar.start_of(zero)
    due = reckoning.due_from(zero, span, ladder.counting, calendar)
    if no_later_than is not None:
        if no_later_than <= zero or not reckoning.counts(no_later_than, span, calendar):
            return None
        due = min(due, calendar.end_of(no_later_than))
    schedule = _reckoned(ladder, begun, begun, due, span, calendar)
    return schedule if all(moment >= calendar.end_of(zero) for moment in schedule.warnings) else None


def _reckoned(
    ladder: Ladder, start: datetime, begun: datetime, due: datetime, span: Span, calendar: Calendar
) -> Schedule:
    warnings = (
        reckoning.before_moment(due, warning, calendar)
        if isinstance(warning, Span)
        else reckoning.warning_since(begun, due, warning, span, ladder.counting, calendar)
        for warning in ladder.warnings
    )
    return Schedule(
        started_at=start,
        due_at=due,
        warnings=tuple(max(start, moment) for moment in warnings),
        escalations=tuple(reckoning.after_moment(due, rung, calendar) for rung in ladder.rungs),
    )


def effects_on_clocks(
    pathway: Pathway,
    action: Action,
    situation: Situation,
    *,
    sets: Mapping[str, Any],
    to_state: str,
    never_stopped: frozenset[str],
) -> ClockEffects:
    """What `action`, which sets these facts, does to the clocks of a case.

    `never_stopped` are those the new state leaves no way to stop.
    """
    facts, fields = situation.facts, situation.fields
    occurred_at, calendar = situation.occurred_at, situation.calendar
    stops = stopped_by(pathway, action, facts, fields)
    still = {clock.key: clock for clock in facts.clocks}
    stopped = [still.pop(key) for key in stops]
    if any(occurred_at < clock.started_at for clock in stopped):
        words = "It cannot have happened before the time limit that it meets had begun"
        raise BadFields({"occurred_at": [words]})
    before = facts.deciding()
    deciding = before | {fact: value for fact, value in sets.items() if fact in before}
    starts = tuple(
        _start(clock, about, action, deciding, situation)
        for clock in pathway.clocks_started_by(action.name, to_state)
        if clock.name not in never_stopped and clock.holds_for(deciding)
        for about in abouts(clock, fields)
        if clock_key(clock.name, about) not in still
    )
    voids = tuple(
        key
        for key, clock in still.items()
        if clock.name in never_stopped or action.name in pathway.clocks[clock.name].ends
    )
    pauses, resumes = _pause_or_resume(pathway, action, still, fields, occurred_at, calendar)
    ended = _resumed_to_stop(pathway, stopped, occurred_at, calendar)
    return ClockEffects(
        starts=starts,
        stops=stops,
        voids=voids,
        moves=_moves(pathway, still, before, deciding, calendar),
        pauses=pauses,
        resumes=resumes + ended,
    )


def _resumed_to_stop(
    pathway: Pathway, stopped: Iterable[OpenClock], occurred_at: datetime, calendar: Calendar
) -> tuple[ClockResume, ...]:
    """A clock stopped while paused is judged by its due moment as the pause moved it, up to when it stopped."""
    return tuple(
        ClockResume(clock.key, _after_pause(pathway, clock, occurred_at, calendar))
        for clock in stopped
        if clock.paused and clock.pauses[-1].paused_at <= occurred_at
    )


def _after_pause(pathway: Pathway, clock: OpenClock, resumed_at: datetime, calendar: Calendar) -> Schedule:
    since, counting = clock.pauses[-1].paused_at, pathway.clocks[clock.name].counting
    return reckoning.resumed(clock.schedule, since, resumed_at, clock.span, calendar, counting)


def rescheduled(
    clock: Clock,
    *,
    start: datetime,
    span: Span,
    pauses: Sequence[Pause],
    calendar: Calendar,
    no_later_than: date | None = None,
) -> Schedule:
    """The clock reckoned again from `start`, with every pause it has had: never from a stale due moment."""
    schedule = schedule_of(clock, start=start, span=span, calendar=calendar, no_later_than=no_later_than)
    for pause in pauses:
        if pause.resumed_at is not None:
            schedule = reckoning.resumed(
                schedule, pause.paused_at, pause.resumed_at, span, calendar, clock.counting
            )
    return schedule


def abouts(clock: Clock, fields: Mapping[str, Any]) -> list[str]:
    """For whom the clock starts: everybody named in its field, each once, or nobody in particular."""
    named = str(fields.get(clock.each) or "") if clock.each else ""
    if not named:
        return [""]
    names: dict[str, str] = {}
    for part in named.split(";"):
        name = " ".join(part.split())[:LONGEST_NAME]
        names.setdefault(name.casefold(), name)
    return [name for name in names.values() if name] or [""]


def stopped_by(pathway: Pathway, action: Action, facts: Facts, fields: Mapping[str, Any]) -> tuple[str, ...]:
    """Keys of the running clocks that this action stops. BadFields when it names somebody nobody waits for."""
    stopped: list[str] = []
    for name in dict.fromkeys(clock.name for clock in facts.clocks):
        declared = pathway.clocks[name]
        if action.name not in declared.stops:
            continue
        keys = [clock.key for clock in facts.clocks if clock.name == name]
        if declared.each is None or not fields.get(declared.each):
            stopped += keys
            continue
        named = [clock_key(name, about) for about in abouts(declared, fields)]
        if unknown := set(named) - set(keys):
            raise BadFields({declared.each: [_not_waited_for(facts, name, len(unknown))]})
        stopped += named
    return tuple(stopped)


def _not_waited_for(facts: Facts, name: str, unknown: int) -> str:
    waiting = "; ".join(clock.about for clock in facts.clocks if clock.name == name and clock.about)
    return f"Nobody waits for {'that one' if unknown == 1 else 'those'}. Still to answer: {waiting or 'one'}"


def _start(
    clock: Clock, about: str, action: Action, deciding: dict[str, str | None], situation: Situation
) -> ClockStart:
    try:
        span = clock.span_for(action=action.name, facts=deciding)
    except KeyError:
        raise BadFields(
            {str(clock.due_by): [f"Say the {clock.due_by}: it decides when this is due"]}
        ) from None
    occurred_at, calendar = situation.occurred_at, situation.calendar
    sooner = situation.fields.get(clock.or_sooner) if clock.or_sooner else None
    limit = date.fromisoformat(sooner) if sooner else None
    if limit is not None and limit < calendar.date_of(occurred_at):
        raise BadFields({str(clock.or_sooner): ["Must not lie before what is recorded here happened"]})
    schedule = schedule_of(clock, start=occurred_at, span=span, calendar=calendar, no_later_than=limit)
    return ClockStart(clock, schedule, span, about=about)


def _moves(
    pathway: Pathway,
    still: Mapping[str, OpenClock],
    before: Mapping[str, str | None],
    after: Mapping[str, str | None],
    calendar: Calendar,
) -> tuple[ClockStart, ...]:
    """Running clocks whose deciding fact has changed, reckoned again from their original start (rule 9)."""
    if before == after:
        return ()
    moved = []
    for running in still.values():
        clock = pathway.clocks[running.name]
        fact = clock.due_by
        if fact is None or before.get(fact) == after.get(fact):
            continue
        span = clock.dues.get(after.get(fact) or "")
        if span is not None:
            start, pauses = running.started_at, running.pauses
            schedule = rescheduled(clock, start=start, span=span, pauses=pauses, calendar=calendar)
            gross = schedule_of(clock, start=start, span=span, calendar=calendar).due_at
            moved.append(ClockStart(clock, schedule, span, gross, running.about))
    return tuple(moved)


def _pause_or_resume(
    pathway: Pathway,
    action: Action,
    still: Mapping[str, OpenClock],
    fields: Mapping[str, Any],
    occurred_at: datetime,
    calendar: Calendar,
) -> tuple[tuple[ClockPause, ...], tuple[ClockResume, ...]]:
    if action.kind not in {"clock_paused", "clock_resumed"}:
        return (), ()
    name = str(fields.get("clock"))
    running = still.get(name)
    if running is None or not pathway.clocks[name].pausable:
        raise BadFields({"clock": ["This clock is not running on this case"]})
    if action.kind == "clock_paused":
        if running.paused:
            raise BadFields({"clock": ["This clock is paused already"]})
        if running.schedule.due_at <= occurred_at:
            raise BadFields({"clock": ["This time limit has passed: a pause would only hide it"]})
        if occurred_at < _last_began(running):
            raise BadFields(
                {"clock": ["A clock cannot be paused before it began, or before it last resumed"]}
            )
        return (ClockPause(name),), ()
    if not running.paused:
        raise BadFields({"clock": ["This clock is not paused"]})
    since = running.pauses[-1].paused_at
    if occurred_at < since:
        raise BadFields({"clock": ["A clock cannot resume before it was paused"]})
    counting = pathway.clocks[name].counting
    moved = reckoning.resumed(running.schedule, since, occurred_at, running.span, calendar, counting)
    return (), (ClockResume(name, moved),)


def _last_began(running: OpenClock) -> datetime:
    """Since when the clock has run without a pause: days lost in two pauses at once would count twice."""
    return max([running.started_at, *(pause.resumed_at for pause in running.pauses if pause.resumed_at)])
