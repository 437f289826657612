"""When a clock is due, when it warns, when it escalates, how a pause moves it, and how it is judged.

The rules are domain.md section 4. Every moment is UTC; `due` is the first instant that is too late.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from earlyhelp.pathway.calendar import DAY, Calendar, aware

KINDS = ("working_days", "working_hours", "hours", "days", "weeks", "months")


class Span(BaseModel):
    """A length of time in exactly one kind of time. A day is a day and never 24 office hours."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    working_days: int | None = Field(default=None, ge=0, le=1000)
    working_hours: int | None = Field(default=None, ge=1, le=5000)
    hours: int | None = Field(default=None, ge=1, le=20000)
    days: int | None = Field(default=None, ge=0, le=4000)
    weeks: int | None = Field(default=None, ge=1, le=500)
    months: int | None = Field(default=None, ge=1, le=240)

    @model_validator(mode="after")
    def has_exactly_one_kind(self) -> Self:
        given = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of {', '.join(KINDS)}")
        return self

    @property
    def kind(self) -> str:
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    @property
    def count(self) -> int:
        return int(getattr(self, self.kind))

    def __str__(self) -> str:
        noun = self.kind.replace("_", " ")
        if self.kind == "working_days" and self.count == 0:
            return "the same working day"
        return f"{self.count} {noun.removesuffix('s') if self.count == 1 else noun}"


class Counting(BaseModel):
    """How days are counted: which is day 0, after what time today is over, when the last day ends."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    count_from: Literal["next_day", "same_day"] = "next_day"
    cut_off: time | None = None
    until: Literal["end_of_day", "close_of_business"] = "end_of_day"


@dataclass(frozen=True)
class Schedule:
    """Every moment of one run of a clock."""

    started_at: datetime
    due_at: datetime
    warnings: tuple[datetime, ...] = ()
    escalations: tuple[datetime, ...] = ()

    def moments(self) -> list[datetime]:
        return sorted({*self.warnings, self.due_at, *self.escalations})


@dataclass(frozen=True)
class Pause:
    """A time during which a clock did not run; `resumed_at` is None while it lasts."""

    paused_at: datetime
    resumed_at: datetime | None
    reason: str = ""


@dataclass(frozen=True)
class Judgement:
    """How a stopped clock is judged: on when its stopping event occurred, never on when it was typed (rule 4)."""

    status: Literal["met", "met_late"]
    recorded_late: bool


def due_moment(start: datetime, span: Span, counting: Counting, calendar: Calendar) -> datetime:
    """The first instant that is too late (rules 1 to 3)."""
    if span.kind == "hours":
        return aware(start) + timedelta(hours=span.count)
    if span.kind == "working_hours":
        return calendar.add_office_time(aware(start), timedelta(hours=span.count))
    if span.kind == "working_days":
        day = calendar.working_day_after(*_counted_from(start, span, counting, calendar))
    else:
        day = _calendar_day(calendar.date_of(start), span, calendar)
    return _end(day, counting, calendar)


def effective_start(start: datetime, span: Span, counting: Counting, calendar: Calendar) -> datetime:
    """When the counting truly begins: a Saturday start of a working-day clock behaves like the Monday's."""
    if span.kind == "working_hours":
        return calendar.next_office_moment(start)
    if span.kind != "working_days":
        return aware(start)
    day = day_zero(start, counting, calendar)
    return max(aware(start), calendar.start_of(day))


def day_zero(start: datetime, counting: Counting, calendar: Calendar) -> date:
    """The working day that a start belongs to: its own, or the next if that is none or the cut-off has passed."""
    day = calendar.date_of(start)
    if not calendar.is_working_day(day):
        return calendar.first_working_day_from(day)
    if counting.cut_off is not None and aware(start) >= calendar.at(day, counting.cut_off):
        return calendar.working_day_after(day, 1)
    return day


def warning_moment(
    start: datetime, due: datetime, share: Fraction, span: Span, counting: Counting, calendar: Calendar
) -> datetime:
    """When `share` of the clock's own kind of time has passed (rule 8).

    Whole days end at midnight; a part of a working day falls in its office hours, so that it can be acted on.
    """
    begun = effective_start(start, span, counting, calendar)
    if span.kind == "working_hours":
        moment = calendar.add_office_time(begun, timedelta(hours=span.count) * float(share))
    elif span.kind == "working_days" and span.count > 0:
        moment = _working_day_share(begun, share, span, counting, calendar)
    elif span.kind in {"days", "weeks", "months"}:
        moment = _calendar_share(begun, due, share, calendar)
    else:
        moment = begun + (due - begun) * float(share)
    return max(begun, min(moment, due - timedelta(seconds=1)))


def before_moment(due: datetime, span: Span, calendar: Calendar) -> datetime:
    """A moment that lies a span before due, in the span's own kind of time."""
    if span.kind == "hours":
        return due - timedelta(hours=span.count)
    if span.kind == "working_hours":
        return _office_time_before(due, timedelta(hours=span.count), calendar)
    last = deadline_day(due, calendar)
    if span.kind == "working_days":
        day = calendar.working_day_after(calendar.working_day_after(last, 0), -span.count)
    else:
        day = _calendar_day(last, span, calendar, backwards=True)
    return calendar.end_of(day)


def after_moment(due: datetime, span: Span, calendar: Calendar) -> datetime:
    """A rung of the ladder: a span after due, counted from the day that was the deadline."""
    if span.kind == "hours":
        return due + timedelta(hours=span.count)
    if span.kind == "working_hours":
        return calendar.add_office_time(due, timedelta(hours=span.count))
    last = deadline_day(due, calendar)
    if span.kind == "working_days":
        day = calendar.working_day_after(last, span.count) if span.count else last
    else:
        day = _calendar_day(last, span, calendar)
    return max(due, calendar.end_of(day))


def deadline_day(due: datetime, calendar: Calendar) -> date:
    """The last day on which it is still in time: of a due moment at midnight, the day that it ends."""
    return calendar.date_of(due - timedelta(microseconds=1))


def resumed(
    schedule: Schedule, paused_at: datetime, resumed_at: datetime, span: Span, calendar: Calendar
) -> Schedule:
    """The schedule after a pause: what had not been reached moves by the paused time, the rest stays (rule 9)."""

    def moved(moment: datetime) -> datetime:
        return moment if moment <= paused_at else _moved(moment, paused_at, resumed_at, span, calendar)

    return replace(
        schedule,
        due_at=moved(schedule.due_at),
        warnings=tuple(moved(moment) for moment in schedule.warnings),
        escalations=tuple(moved(moment) for moment in schedule.escalations),
    )


def paused_days(paused_at: datetime, resumed_at: datetime, span: Span, calendar: Calendar) -> int:
    """Days a day-counting clock gains: each counted day that ended while it was paused."""
    first, last = calendar.date_of(paused_at), calendar.date_of(resumed_at)
    if span.kind == "working_days":
        return calendar.working_days_between(first - DAY, last - DAY)
    return (last - first).days


def judge(due_at: datetime, occurred_at: datetime, recorded_at: datetime) -> Judgement:
    """Met if it occurred before due; recorded late if only the typing came after due."""
    in_time = occurred_at < due_at
    return Judgement("met" if in_time else "met_late", recorded_late=in_time and due_at <= recorded_at)


def is_breached(due_at: datetime, now: datetime) -> bool:
    """A clock is breached from its due moment on."""
    return now >= due_at


def reaches_past_known_holidays(due: datetime, calendar: Calendar) -> bool:
    """Whether the due moment lies in a year whose bank holidays are not announced yet."""
    return deadline_day(due, calendar) > calendar.known_until


def next_moment(schedule: Schedule, after: datetime) -> datetime | None:
    """The nearest stage moment later than `after`, or None."""
    return next((moment for moment in schedule.moments() if moment > after), None)


def describe_span(span: Span, counting: Counting) -> str:
    """The rule in plain English."""
    if span.kind == "hours":
        return f"{span}, counted round the clock"
    if span.kind == "working_hours":
        return f"{span} in office hours"
    ends = "by close of business" if counting.until == "close_of_business" else "by the end of the day"
    if span.kind != "working_days":
        return f"{span} after the day it starts, {ends}"
    begins = (
        "counting the day it starts as day 1"
        if counting.count_from == "same_day"
        else "after the day it starts"
    )
    words = f"the same working day, {ends}" if span.count == 0 else f"{span} {begins}, {ends}"
    cut_off = f"; what starts at or after {counting.cut_off:%H:%M} counts from the next working day"
    return words + (cut_off if counting.cut_off else "")


def _counted_from(start: datetime, span: Span, counting: Counting, calendar: Calendar) -> tuple[date, int]:
    count = span.count
    if counting.count_from == "same_day" and count > 0:
        count -= 1
    return day_zero(start, counting, calendar), count


def _calendar_day(day: date, span: Span, calendar: Calendar, backwards: bool = False) -> date:
    count = -span.count if backwards else span.count
    if span.kind == "months":
        return calendar.months_after(day, count)
    return day + timedelta(days=count * (7 if span.kind == "weeks" else 1))


def _end(day: date, counting: Counting, calendar: Calendar) -> datetime:
    return calendar.closing(day) if counting.until == "close_of_business" else calendar.end_of(day)


def _working_day_share(
    begun: datetime, share: Fraction, span: Span, counting: Counting, calendar: Calendar
) -> datetime:
    first, _count = _counted_from(begun, span, Counting(count_from=counting.count_from), calendar)
    base = first if counting.count_from == "next_day" else calendar.working_day_after(first, -1)
    passed = share * span.count
    whole, part = divmod(passed, 1)
    day = calendar.working_day_after(base, int(whole))
    if part == 0:
        return calendar.end_of(day)
    following = calendar.working_day_after(day, 1)
    opens, closes = calendar.opening(following), calendar.closing(following)
    return opens + (closes - opens) * float(part)


def _calendar_share(begun: datetime, due: datetime, share: Fraction, calendar: Calendar) -> datetime:
    first = calendar.date_of(begun)
    whole, part = divmod(share * (deadline_day(due, calendar) - first).days, 1)
    day = first + timedelta(days=int(whole))
    if part == 0:
        return calendar.end_of(day)
    following = day + DAY
    begins = calendar.start_of(following)
    return begins + (calendar.end_of(following) - begins) * float(part)


def _office_time_before(due: datetime, amount: timedelta, calendar: Calendar) -> datetime:
    day = calendar.working_day_after(deadline_day(due, calendar), 0)
    moment = min(due, calendar.closing(day))
    while amount > moment - calendar.opening(day):
        amount -= max(timedelta(0), moment - calendar.opening(day))
        day = calendar.working_day_after(day, -1)
        moment = calendar.closing(day)
    return moment - amount


def _moved(
    moment: datetime, paused_at: datetime, resumed_at: datetime, span: Span, calendar: Calendar
) -> datetime:
    if span.kind == "hours":
        return moment + (resumed_at - paused_at)
    if span.kind == "working_hours":
        return calendar.add_office_time(moment, calendar.office_time_between(paused_at, resumed_at))
    days = paused_days(paused_at, resumed_at, span, calendar)
    if days == 0:
        return moment
    last = deadline_day(moment, calendar)
    of_day = moment - calendar.start_of(last)
    if span.kind == "working_days":
        day = calendar.working_day_after(calendar.working_day_after(last, 0), days)
    else:
        day = last + timedelta(days=days)
    if moment == calendar.end_of(last):
        return calendar.end_of(day)
    return calendar.start_of(day) + of_day
