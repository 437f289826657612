"""When a clock is due, when it warns, when it escalates, how a pause moves it, and how it is judged.

The rules are domain.md section 4. Every moment is UTC; `due` is the first instant that is too late.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Literal, NamedTuple

from earlyhelp.pathway.calendar import LONDON, Calendar, aware
from earlyhelp.pathway.counting import (
    counts,
    day_zero,
    days_between,
    days_later,
    deadline_day,
    effective_start,
    last_day,
    paused_days,
)
from earlyhelp.pathway.spans import Counting, Span, describe_span

__all__ = [
    "Counting",
    "Judgement",
    "Pause",
    "Schedule",
    "Span",
    "after_moment",
    "before_moment",
    "counts",
    "day_zero",
    "deadline_day",
    "describe_span",
    "due_from",
    "due_moment",
    "effective_start",
    "judge",
    "paused_days",
    "reaches_past_known_holidays",
    "resumed",
    "warning_moment",
    "warning_since",
]

HOUR = timedelta(hours=1)


class Schedule(NamedTuple):
    """Every moment of one run of a clock."""

    started_at: datetime
    due_at: datetime
    warnings: tuple[datetime, ...] = ()
    escalations: tuple[datetime, ...] = ()


@dataclass(frozen=True)
class Pause:
    """A time during which a clock did not run; `resumed_at` is None while it lasts."""

    paused_at: datetime
    resumed_at: datetime | None
    reason: str = ""


class Judgement(NamedTuple):
    """How a stopped clock is judged: on when its stopping event occurred, never on when it was typed (rule 4)."""

    status: Literal["met", "met_late"]
    recorded_late: bool


def due_moment(start: datetime, span: Span, counting: Counting, calendar: Calendar) -> datetime:
    """The first instant that is too late (rules 1 to 3). Always after `start`."""
    if span.kind == "hours":
        return aware(start) + span.count * HOUR
    if span.kind == "working_hours":
        return calendar.add_office_time(start, span.count * HOUR)
    return due_from(day_zero(start, span, counting, calendar), span, counting, calendar)


def due_from(zero: date, span: Span, counting: Counting, calendar: Calendar) -> datetime:
    """The same of a clock of days whose day zero is this day."""
    day = last_day(zero, span, counting, calendar)
    return calendar.end_of(day) if counting.until == "end_of_day" else calendar.closing(day)


def warning_moment(
    start: datetime, due: datetime, share: Fraction, span: Span, counting: Counting, calendar: Calendar
) -> datetime:
    """When `share` (between 0 and 1) of the time to due has passed, in the clock's own kind of time (rule 8).

    After the effective start and before due, always; `due` itself only where no time lies between. It is a share of
    the days up to `due`, so that a due day brought forward brings its warnings along. Whole days end at midnight; a
    part of a working day falls in its office hours, so that somebody can act on it.
    """
    due = aware(due)
    begun = effective_start(start, span, counting, calendar)
    return warning_since(begun if begun < due else aware(start), due, share, span, counting, calendar)


def warning_since(
    begun: datetime, due: datetime, share: Fraction, span: Span, counting: Counting, calendar: Calendar
) -> datetime:
    """The same, of when the counting truly began."""
    if span.kind == "working_hours":
        amount = calendar.office_time_between(begun, due)
        moment = calendar.add_office_time(begun, _part_of(amount, share))
    elif span.kind == "hours" or span.count == 0:
        moment = begun + _part_of(due - begun, share)
    else:
        moment = _share_of_days(begun, due, share, span, counting, calendar)
    if begun < moment < due:
        return moment
    return min(due, begun + _part_of(max(due - begun, timedelta(0)), share))


def before_moment(due: datetime, span: Span, calendar: Calendar) -> datetime:
    """A moment that lies a span before due, in the span's own kind of time: so many days are left to act."""
    due = aware(due)
    if span.kind == "hours":
        return due - span.count * HOUR
    if span.kind == "working_hours":
        return calendar.take_office_time(due, span.count * HOUR)
    last = deadline_day(due, calendar)
    return min(due, calendar.end_of(_ladder_day(last, -1, span, calendar)))


def after_moment(due: datetime, span: Span, calendar: Calendar) -> datetime:
    """A rung of the ladder: a span after due, counted from the day that was the deadline."""
    due = aware(due)
    if span.kind == "hours":
        return due + span.count * HOUR
    if span.kind == "working_hours":
        return calendar.add_office_time(due, span.count * HOUR)
    last = deadline_day(due, calendar)
    return max(due, calendar.end_of(_ladder_day(last, 1, span, calendar)))


def resumed(
    schedule: Schedule,
    paused_at: datetime,
    resumed_at: datetime,
    span: Span,
    calendar: Calendar,
    counting: Counting = Counting(),  # noqa: B008  frozen
) -> Schedule:
    """The schedule after a pause: what had not been reached moves by the paused time, the rest stays (rule 9).

    The paused time is in the clock's own kind of time: elapsed hours, office time, or the days of its kind that ended
    while it was paused (see `paused_days`). Time before the counting began is not paused time. Nothing falls due
    while paused: a part of a day that would have, does so on resuming; the due moment itself always lies later.
    """
    if aware(resumed_at) < aware(paused_at):
        raise ValueError("a clock cannot resume before it was paused")
    begun = effective_start(schedule.started_at, span, counting, calendar)
    since, until = max(aware(paused_at), begun), max(aware(resumed_at), begun)

    def moved(moment: datetime) -> datetime:
        if moment <= paused_at:
            return moment
        return max(aware(resumed_at), _moved(moment, since, until, span, counting, calendar))

    return schedule._replace(
        due_at=moved(schedule.due_at),
        warnings=tuple(moved(moment) for moment in schedule.warnings),
        escalations=tuple(moved(moment) for moment in schedule.escalations),
    )


def judge(due_at: datetime, occurred_at: datetime, recorded_at: datetime) -> Judgement:
    """Met if it occurred before due; recorded late if only the typing came after due."""
    in_time = aware(occurred_at) < aware(due_at)
    late = in_time and aware(due_at) <= aware(recorded_at)
    return Judgement("met" if in_time else "met_late", recorded_late=late)


def reaches_past_known_holidays(due: datetime, calendar: Calendar) -> bool:
    """Whether the due moment lies in a year whose bank holidays are not announced yet."""
    return deadline_day(due, calendar) > calendar.known_until


def _ladder_day(last: date, direction: Literal[-1, 1], span: Span, calendar: Calendar) -> date:
    if span.count == 0:
        return last
    if span.kind == "months":
        return calendar.months_after(last, direction * span.count)
    days = span.count * (7 if span.kind == "weeks" else 1)
    return days_later(last, direction * days, span, calendar)


def _share_of_days(
    begun: datetime, due: datetime, share: Fraction, span: Span, counting: Counting, calendar: Calendar
) -> datetime:
    zero = calendar.date_of(begun)
    base = days_later(zero, -1, span, calendar) if counting.count_from == "same_day" else zero
    total = days_between(base, deadline_day(due, calendar), span, calendar)
    if total <= 0:
        return begun
    # In whole numbers: to multiply fractions costs more than all the rest here.
    whole, rest = divmod(share.numerator * total, share.denominator)
    if not rest:
        return calendar.end_of(days_later(base, whole, span, calendar))
    opens, closes = _usable(days_later(base, whole + 1, span, calendar), begun, due, span, calendar)
    return opens + (closes - opens) * rest / share.denominator


def _usable(
    day: date, begun: datetime, due: datetime, span: Span, calendar: Calendar
) -> tuple[datetime, datetime]:
    """The stretch of a day in which a warning may fall: office hours of a working day if any are left, or all of it."""
    if span.kind == "working_days":
        opens, closes = max(calendar.opening(day), begun), min(calendar.closing(day), due)
        if opens < closes:
            return opens, closes
    return max(calendar.start_of(day), begun), min(calendar.end_of(day), due)


def _moved(
    moment: datetime,
    paused_at: datetime,
    resumed_at: datetime,
    span: Span,
    counting: Counting,
    calendar: Calendar,
) -> datetime:
    if span.kind == "hours":
        return moment + (resumed_at - paused_at)
    if span.kind == "working_hours":
        amount = calendar.office_time_between(paused_at, resumed_at)
        return calendar.add_office_time(moment, amount) if amount else moment
    days = paused_days(paused_at, resumed_at, span, counting, calendar)
    if days <= 0:
        return moment
    day = deadline_day(moment, calendar)
    counts = days_later(day, 0, span, calendar)
    later = days_later(counts, days, span, calendar)
    if counts == day:
        return _same_time_of_day(moment, day, later, calendar)
    return _same_time_after(moment, counts, later, span, calendar)


def _same_time_of_day(moment: datetime, day: date, later: date, calendar: Calendar) -> datetime:
    """The same time on another day's clock on the wall; a midnight that ended the day ends the other."""
    if moment == calendar.end_of(day):
        return calendar.end_of(later)
    return calendar.at(later, aware(moment).astimezone(LONDON).time())


def _same_time_after(moment: datetime, day: date, later: date, span: Span, calendar: Calendar) -> datetime:
    """A moment on a weekend or holiday stays as long after the working day before it, but never passes the next one."""
    since = moment - calendar.end_of(day)
    following = calendar.start_of(days_later(later, 1, span, calendar))
    return min(calendar.end_of(later) + since, following)


def _part_of(amount: timedelta, share: Fraction) -> timedelta:
    return amount * share.numerator / share.denominator
