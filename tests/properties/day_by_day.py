"""The clock rules once more, as slowly and plainly as they are said: walk the days, walk the minutes.

Shares no code with the engine. Bank holidays come from the list GOV.UK publishes, and before and after it from the
rules of the Banking and Financial Dealings Act 1971. Midnights are found by walking hours until London's date changes.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from functools import lru_cache
from zoneinfo import ZoneInfo

from govuk_bank_holidays.bank_holidays import BankHolidays

LONDON = ZoneInfo("Europe/London")
OPENS, CLOSES = time(9), time(17)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
ROYAL_WEDDING = {date(2011, 4, 29)}
CLOSED = {date(2016, 12, 23): "Christmas closure", date(2026, 12, 24): "Christmas closure"}

Counts = Callable[[date], bool]


def every_day(day: date) -> bool:
    return True


def working(day: date) -> bool:
    return day.weekday() < 5 and day not in _holidays() and day not in CLOSED


@lru_cache(maxsize=1)
def _holidays() -> frozenset[date]:
    listed = BankHolidays(use_cached_holidays=True).get_holidays(division=BankHolidays.ENGLAND_AND_WALES)
    published = {holiday["date"] for holiday in listed}
    unpublished = [2010, 2011, *range(2029, 2041)]
    return frozenset(
        published | ROYAL_WEDDING | {day for year in unpublished for day in usual_holidays(year)}
    )


def usual_holidays(year: int) -> set[date]:
    """The bank holidays of a year without anything special."""
    easter = _easter(year)
    found = {easter - 2 * DAY, easter + DAY}
    found |= {
        _monday_from(date(year, 5, 1)),
        _monday_from(date(year, 5, 25)),
        _monday_from(date(year, 8, 25)),
    }
    for fixed in (date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)):
        found.add(fixed)
    for fixed in (date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)):
        if fixed.weekday() >= 5:
            substitute = fixed
            while substitute.weekday() >= 5 or substitute in found:
                substitute += DAY
            found.add(substitute)
    return {day for day in found if day.weekday() < 5}


def _monday_from(day: date) -> date:
    while day.weekday() != 0:
        day += DAY
    return day


def _easter(year: int) -> date:
    """Meeus, Jones and Butcher."""
    a, b, c = year % 19, year // 100, year % 100
    d = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    e = (32 + 2 * (b % 4) + 2 * (c // 4) - d - c % 4) % 7
    f = d + e - 7 * ((a + 11 * d + 22 * e) // 451) + 114
    return date(year, f // 31, f % 31 + 1)


def local(moment: datetime) -> datetime:
    return moment.astimezone(LONDON)


def midnight_before(day: date) -> datetime:
    """Where the day begins, found hour by hour."""
    moment = datetime.combine(day - DAY, time(12), UTC)
    while local(moment).date() < day:
        moment += HOUR
    return moment


def midnight_after(day: date) -> datetime:
    return midnight_before(day + DAY)


def on_the_wall(day: date, of_day: time) -> datetime:
    """That time of that day, found minute by minute."""
    moment = midnight_before(day)
    while local(moment).time() < of_day:
        moment += MINUTE
    return moment


def step(day: date, count: int, counts: Counts) -> date:
    """Walk on from a day until so many that count were met; back when negative."""
    while count:
        day += DAY if count > 0 else -DAY
        if counts(day):
            count -= 1 if count > 0 else -1
    return day


def zero(start: datetime, counts: Counts, cut_off: time | None) -> date:
    day, late = local(start).date(), cut_off is not None and local(start).time() >= cut_off
    if not counts(day) or late:
        day = step(day, 1, counts)
    return day


def months_later(day: date, months: int) -> date:
    year, month = day.year, day.month
    for _ in range(abs(months)):
        month += 1 if months > 0 else -1
        if month in {0, 13}:
            year, month = (year + 1, 1) if month == 13 else (year - 1, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError


def moves(day: date, amount: int, kind: str) -> date:
    if kind == "months":
        return months_later(day, amount)
    return step(day, amount * (7 if kind == "weeks" else 1), counts_for(kind))


def counts_for(kind: str) -> Counts:
    return working if kind == "working_days" else every_day


def last_day(start: datetime, kind: str, amount: int, count_from: str, cut_off: time | None) -> date:
    day = moves(zero(start, counts_for(kind), cut_off), amount, kind)
    return step(day, -1, counts_for(kind)) if count_from == "same_day" and amount else day


def office_open(moment: datetime) -> bool:
    at = local(moment)
    return working(at.date()) and OPENS <= at.time() < CLOSES


def office_minutes(start: datetime, minutes: int) -> datetime:
    """Walk the minutes; only those in which the office is open count."""
    moment = start
    while minutes:
        minutes -= office_open(moment)
        moment += MINUTE
    return moment


def count_office_minutes(start: datetime, end: datetime) -> int:
    return sum(office_open(start + n * MINUTE) for n in range((end - start) // MINUTE))


def share_of_days(
    start: datetime, due: datetime, share: Fraction, kind: str, count_from: str, cut_off: time | None
) -> datetime:
    """Walk the counted days up to the deadline; the share's whole days end at midnight, its part lies in the next."""
    counts, first = counts_for(kind), zero(start, counts_for(kind), cut_off)
    begun = max(start, midnight_before(first))
    days = [] if count_from == "next_day" else [first]
    day = first
    while midnight_before(day + DAY) < due:
        day += DAY
        if counts(day):
            days.append(day)
    passed = share * len(days)
    whole, part = int(passed), passed - int(passed)
    if not part:
        return midnight_after(days[whole - 1])
    day = days[whole]
    opens, closes = midnight_before(day), midnight_after(day)
    if kind == "working_days" and max(on_the_wall(day, OPENS), begun) < on_the_wall(day, CLOSES):
        opens, closes = on_the_wall(day, OPENS), on_the_wall(day, CLOSES)
    opens, closes = max(opens, begun), min(closes, due)
    return opens + (closes - opens) * part.numerator / part.denominator


def ends(day: date, until: str) -> datetime:
    return midnight_after(day) if until == "end_of_day" else on_the_wall(day, CLOSES)


def days_ended(start: datetime, end: datetime, until: str = "end_of_day") -> Iterator[date]:
    """The days that end after `start` and not after `end`."""
    day = local(start).date()
    while ends(day, until) <= end:
        if ends(day, until) > start:
            yield day
        day += DAY


def pushed(deadline: date, pauses: Sequence[tuple[datetime, datetime]], kind: str, until: str) -> date:
    """For each counted day that ended in a pause which began before the deadline, one more day."""
    for paused, resumed in pauses:
        if ends(deadline, until) <= paused:
            continue
        for day in days_ended(paused, resumed, until):
            if counts_for(kind)(day):
                deadline = step(deadline, 1, counts_for(kind))
    return deadline
