"""Showing the working: any due moment opens into its day count, and every day has its holder (rules 12 and 13)."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from earlyhelp.pathway.calendar import DAY, Calendar, aware
from earlyhelp.pathway.clocks import Pause
from earlyhelp.pathway.counting import (
    day_zero,
    days_between,
    deadline_day,
    first_day_open,
)
from earlyhelp.pathway.spans import Counting, Span

OF_HOURS = {"hours": Span(days=1), "working_hours": Span(working_days=1)}
"""In which days a clock of hours is shown and measured."""

MINUTE = timedelta(minutes=1)


class HolderSpell(NamedTuple):
    """From when somebody held the clock: the front door, an agency asked, a lead professional, a manager."""

    since: datetime
    holder: str


class DayLine(NamedTuple):
    """One local day of a clock: whether it counted, as which day, why, and whose day it was."""

    date: date
    counted: bool
    number: int | None
    reason: str
    holder: str | None


class _Run(NamedTuple):
    """One run of a clock up to a moment, in whole days of its kind."""

    start: datetime
    until: datetime
    pauses: tuple[Pause, ...]
    span: Span
    counting: Counting
    calendar: Calendar
    zero: date
    last: date

    @property
    def first_number(self) -> int:
        """What the first day that counts is called: day 0, or day 1 where the same day counts."""
        return int(self.counting.count_from == "same_day" and self.span.count > 0)

    def stretch(self, pause: Pause) -> tuple[datetime, datetime]:
        """A pause as far as it lies in this run; one that lasts at its end has the whole last day."""
        ends = pause.resumed_at
        if ends is None or ends >= self.until:
            ends = self.calendar.end_of(self.last)
        return aware(pause.paused_at), aware(ends)

    def paused_days(self, pause: Pause) -> tuple[date, date]:
        """The first day whose end the pause holds, and the first after it whose end it does not."""
        since, until = self.stretch(pause)
        first = first_day_open(since, self.counting, self.calendar)
        return first, first_day_open(until, self.counting, self.calendar)

    def pause_at_the_end_of(self, day: date) -> Pause | None:
        for pause in self.pauses:
            first, after = self.paused_days(pause)
            if first <= day < after:
                return pause
        return None

    def pauses_within(self, day: date) -> list[Pause]:
        return [p for p in self.pauses if p.resumed_at and self.calendar.date_of(p.resumed_at) == day]


def working(
    start: datetime,
    until: datetime,
    pauses: Sequence[Pause],
    span: Span,
    counting: Counting,
    calendar: Calendar,
    holders: Sequence[HolderSpell],
) -> list[DayLine]:
    """Each local day from `start` up to `until`; of a midnight `until`, the day that it ends is the last.

    A day belongs to whoever held the clock at its end, or at `until` on the last day. Give now as `until` to see
    whose days have passed, the due moment to see how it comes about.
    """
    run = _run(start, until, pauses, span, counting, calendar)
    spells = sorted(holders, key=lambda spell: spell.since)
    describe = _hours_of if span.kind in OF_HOURS else _number_of
    lines: list[DayLine] = []
    number = run.first_number
    for offset in range((run.last - calendar.date_of(start)).days + 1):
        day = calendar.date_of(start) + offset * DAY
        counted, shown, reason = describe(run, day, number)
        number += shown is not None
        lines.append(DayLine(day, counted, shown, reason, _holder_of(run, day, spells)))
    return lines


def whose_days(lines: Sequence[DayLine]) -> dict[str, int]:
    """How many counted days each holder had, in the order in which they came to hold it."""
    return dict(Counter(line.holder for line in lines if line.counted and line.holder is not None))


def gross_days(start: datetime, until: datetime, span: Span, counting: Counting, calendar: Calendar) -> int:
    """How many days had passed at `until`, pauses included: day 0 is none, the day of `until` is one more.

    Working days for a clock of working days or office hours, calendar days for any other.
    """
    return net_days(start, until, (), span, counting, calendar)


def net_days(
    start: datetime,
    until: datetime,
    pauses: Sequence[Pause],
    span: Span,
    counting: Counting,
    calendar: Calendar,
) -> int:
    """The same less the days on which the clock was paused; a pause that still lasts has the day of `until` too."""
    run = _run(start, until, pauses, OF_HOURS.get(span.kind, span), counting, calendar)
    gross = days_between(run.zero - DAY, run.last, run.span, calendar)
    paused = 0
    for pause in run.pauses:
        first, after = run.paused_days(pause)
        paused += max(0, days_between(max(first, run.zero) - DAY, after - DAY, run.span, calendar))
    return max(0, gross - paused - 1 + run.first_number)


def _run(
    start: datetime,
    until: datetime,
    pauses: Sequence[Pause],
    span: Span,
    counting: Counting,
    calendar: Calendar,
) -> _Run:
    until = max(aware(start), aware(until))
    held = tuple(pause for pause in pauses if pause.paused_at < until)
    zero = day_zero(start, span, counting, calendar)
    last = max(calendar.date_of(start), deadline_day(until, calendar))
    return _Run(aware(start), until, held, span, counting, calendar, zero, last)


def _number_of(run: _Run, day: date, number: int) -> tuple[bool, int | None, str]:
    """Whether a day of a clock of days counted, as which number, and why."""
    closed = run.calendar.why_not_working(day) if run.span.kind == "working_days" else None
    if closed is not None:
        return False, None, closed
    if day < run.zero:
        return False, None, _why_later(run, day)
    pause = run.pause_at_the_end_of(day)
    if pause is not None:
        return False, None, f"paused: {pause.reason}"
    part = "".join(f", paused for part of it: {p.reason}" for p in run.pauses_within(day))
    return number > 0, number, f"day {number}{part}"


def _why_later(run: _Run, day: date) -> str:
    cut_off = run.counting.cut_off
    passed = cut_off is not None and run.start >= run.calendar.at(day, cut_off)
    kind = "working day" if run.span.kind == "working_days" else "day"
    return f"after {'the cut-off' if passed else 'close of business'}, counts from the next {kind}"


def _hours_of(run: _Run, day: date, number: int) -> tuple[bool, int | None, str]:
    """How much of a day counted for a clock of hours; its days have no numbers."""
    begins, ends = max(run.start, run.calendar.start_of(day)), min(run.until, run.calendar.end_of(day))
    held = [
        (pause, _time_between(run, max(begins, since), min(ends, until)))
        for pause in run.pauses
        for since, until in [run.stretch(pause)]
    ]
    counted = _time_between(run, begins, ends) - sum((amount for _, amount in held), timedelta(0))
    reasons = [f"paused: {pause.reason}" for pause, amount in held if amount]
    if counted:
        return True, None, "; ".join([f"{_in_words(counted)} counted", *reasons])
    closed = run.calendar.why_not_working(day) if run.span.kind == "working_hours" else None
    return False, None, closed or "; ".join(reasons) or "outside office hours"


def _time_between(run: _Run, start: datetime, end: datetime) -> timedelta:
    if run.span.kind == "working_hours":
        return run.calendar.office_time_between(start, end)
    return max(end - start, timedelta(0))


def _in_words(amount: timedelta) -> str:
    hours, minutes = divmod(amount // MINUTE, 60)
    words = [f"{n} {noun}{'s' * (n != 1)}" for n, noun in ((hours, "hour"), (minutes, "minute")) if n]
    return " ".join(words) or "less than a minute"


def _holder_of(run: _Run, day: date, spells: Sequence[HolderSpell]) -> str | None:
    ends = min(run.until, run.calendar.end_of(day))
    return next((spell.holder for spell in reversed(spells) if spell.since < ends), None)
