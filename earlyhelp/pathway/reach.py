"""Which clocks hang on what the working days are, and how far one reaches: to look only where a changed day matters."""

from collections.abc import Iterator
from datetime import datetime

from earlyhelp.pathway.calendar import Calendar
from earlyhelp.pathway.clocks import before_moment, due_moment
from earlyhelp.pathway.definition import Clock
from earlyhelp.pathway.spans import Span

WORKING = frozenset({"working_days", "working_hours"})


def hangs_on_working_days(clock: Clock) -> bool:
    """Whether any moment of any run of it may be another when a day becomes, or ceases to be, a working day."""
    return any(span.kind in WORKING for span in _spans(clock))


def earliest_due_to_reach(clock: Clock, moment: datetime, calendar: Calendar) -> datetime:
    """What is due before this, and was never paused, has no rung of its ladder after that moment."""
    return min([moment, *(before_moment(moment, rung, calendar) for rung in clock.ladder.rungs)])


def latest_due(clock: Clock, begun: datetime, calendar: Calendar) -> datetime:
    """What began by that moment, and was never paused, is due no later than this."""
    return max(due_moment(begun, span, clock.counting, calendar) for span in _dues(clock))


def _dues(clock: Clock) -> Iterator[Span]:
    if clock.due is not None:
        yield clock.due
    yield from clock.dues.values()
    yield from clock.due_after.values()


def _spans(clock: Clock) -> Iterator[Span]:
    yield from _dues(clock)
    yield from (warning for warning in clock.ladder.warnings if isinstance(warning, Span))
    yield from clock.ladder.rungs
