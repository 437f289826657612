"""From what somebody asks (days, as known on) to the scene in which measures are taken."""

from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from earlyhelp.insight.measures.kinds import read_kinds
from earlyhelp.insight.measures.known import Known
from earlyhelp.insight.measures.merges import known_as
from earlyhelp.insight.measures.scene import Scene, Span
from earlyhelp.insight.measures.settings import read_numbers
from earlyhelp.pathway.calendar import england

FIRST_DAY, LAST_DAY = date(2010, 1, 1), date(2040, 12, 31)
"""Between which days are counted: those that the table of days holds."""
MONTHS = 13


def scene_of(connection: Connection, *spans: Span, now: datetime, as_known_on: date | None = None) -> Scene:
    """The scene for these spans: now, or as of the end of an earlier day in London and what was recorded by then."""
    kinds, numbers = read_kinds(connection), read_numbers(connection)
    if as_known_on is None:
        return Scene(spans, now, kinds, numbers)
    at = min(england().end_of(as_known_on), now)
    return Scene(spans, at, kinds, numbers, Known(at), known_as(connection, at))


def month_of(day: date) -> Span:
    first = day.replace(day=1)
    return Span(first, england().months_after(first, 1) - timedelta(days=1))


def last_full_month(today: date) -> Span:
    """The month that ended last before a day: what is asked for unless somebody says otherwise."""
    return month_of(today.replace(day=1) - timedelta(days=1))


def months_to(last: date, count: int = MONTHS) -> tuple[Span, ...]:
    """So many months up to the one of a day, earliest first."""
    first = last.replace(day=1)
    return tuple(month_of(england().months_after(first, -back)) for back in reversed(range(count)))


def previous(span: Span) -> Span:
    """The same length just before: as many months for whole months, as many days otherwise."""
    calendar = england()
    before = span.first - timedelta(days=1)
    if _is_whole_months(span):
        count = (span.last.year - span.first.year) * 12 + span.last.month - span.first.month + 1
        return Span(calendar.months_after(span.first, -count), before)
    return Span(before - (span.last - span.first), before)


def year_before(span: Span) -> Span:
    """The same days a year before; a month's end stays a month's end."""
    calendar = england()
    last = calendar.months_after(span.last, -12)
    if span.last == month_of(span.last).last:
        last = month_of(last).last
    return Span(calendar.months_after(span.first, -12), last)


def _is_whole_months(span: Span) -> bool:
    return span.first.day == 1 and span.last == month_of(span.last).last
