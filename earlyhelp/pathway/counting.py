"""Counting days in a clock's own kind of time: which day is day 0, which is the last, how many lie between.

A clock of working days knows working days only; one of days, weeks or months knows every calendar day.
"""

from datetime import date, datetime, timedelta

from earlyhelp.pathway.calendar import DAY, Calendar, aware
from earlyhelp.pathway.spans import Counting, Span


def day_zero(start: datetime, span: Span, counting: Counting, calendar: Calendar) -> date:
    """The day that a start belongs to: its own, or the next one when that does not count or it came too late in it."""
    day = calendar.date_of(start)
    if span.kind == "working_days" and not calendar.is_working_day(day):
        return calendar.first_working_day_from(day)
    cut_off = counting.cut_off
    passed = cut_off is not None and aware(start) >= calendar.at(day, cut_off)
    if passed or _after_closing(start, day, span, counting, calendar):
        return days_later(day, 1, span, calendar)
    return day


def _after_closing(start: datetime, day: date, span: Span, counting: Counting, calendar: Calendar) -> bool:
    """Nothing is due before it starts: where the same day's close of business is due, closing is the cut-off."""
    if counting.until == "end_of_day" or span.kind in {"weeks", "months"}:
        return False
    ends_that_day = span.count == 0 or (span.count == 1 and counting.count_from == "same_day")
    return ends_that_day and aware(start) >= calendar.closing(day)


def last_day(zero: date, span: Span, counting: Counting, calendar: Calendar) -> date:
    """The day on which a clock of days ends. Counted from the same day, that is one day earlier."""
    if span.kind == "months":
        last = calendar.months_after(zero, span.count)
    else:
        last = days_later(zero, span.count * (7 if span.kind == "weeks" else 1), span, calendar)
    if counting.count_from == "same_day" and span.count > 0:
        return days_later(last, -1, span, calendar)
    return last


def effective_start(start: datetime, span: Span, counting: Counting, calendar: Calendar) -> datetime:
    """When the counting truly begins: a Saturday start of a working-day clock behaves like the Monday's."""
    if span.kind == "hours":
        return aware(start)
    if span.kind == "working_hours":
        return calendar.next_office_moment(start)
    return max(aware(start), calendar.start_of(day_zero(start, span, counting, calendar)))


def deadline_day(due: datetime, calendar: Calendar) -> date:
    """The last day on which it is still in time: of a due moment at midnight, the day that it ends."""
    return calendar.date_of(due - timedelta(microseconds=1))


def days_later(day: date, count: int, span: Span, calendar: Calendar) -> date:
    """So many days later (or earlier, when negative) in the span's kind of day."""
    if span.kind == "working_days":
        return calendar.working_day_after(day, count)
    return day + count * DAY


def counts(day: date, span: Span, calendar: Calendar) -> bool:
    """Whether it is a day of the span's kind."""
    return days_later(day, 0, span, calendar) == day


def days_between(start: date, end: date, span: Span, calendar: Calendar) -> int:
    """Days after `start` up to and including `end`, in the span's kind of day."""
    if span.kind == "working_days":
        return calendar.working_days_between(start, end)
    return (end - start).days


def paused_days(
    paused_at: datetime, resumed_at: datetime, span: Span, counting: Counting, calendar: Calendar
) -> int:
    """Days that a day-counting clock gains by a pause: each day of its kind that ended while it was paused.

    A day ends at midnight, or at close of business where the clock does. A pause within one day gains nothing; one
    over a midnight gains the day that ended; one over a weekend gains a clock of working days only the Friday.
    However pauses are cut up, no day is gained twice.
    """
    first, after = (first_day_open(moment, counting, calendar) for moment in (paused_at, resumed_at))
    return days_between(first - DAY, after - DAY, span, calendar)


def first_day_open(moment: datetime, counting: Counting, calendar: Calendar) -> date:
    """The first day that has not ended at `moment`, the way this clock's days end."""
    day = calendar.date_of(moment)
    if counting.until == "close_of_business" and aware(moment) >= calendar.closing(day):
        return day + DAY
    return day
