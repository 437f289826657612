"""Days that count: England's bank holidays, council closures, office hours, both clock changes.

Everything is Europe/London. A calendar is built once and shared; "N working days later" is one look-up.
"""

from bisect import bisect_left, bisect_right
from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

LONDON = ZoneInfo("Europe/London")
FIRST_YEAR, LAST_YEAR = 2000, 2060
DAY = timedelta(days=1)
KNOWN_UNTIL = date(2028, 12, 31)
"""The last bank holiday year that GOV.UK has announced; later ones follow the usual rules but may gain a special."""


def aware(moment: datetime) -> datetime:
    """The moment in UTC. A naive one is refused: it could be an hour wrong, and nobody would see it."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone cannot be reckoned with")
    return moment.astimezone(UTC)


@dataclass(frozen=True)
class Calendar:
    """Which days and hours count. Compare and hash by identity of what it was made from: see `england`."""

    bank_holidays: Mapping[date, str]
    closures: Mapping[date, str]
    opens: time = time(9)
    closes: time = time(17)
    known_until: date = KNOWN_UNTIL
    working_days: Sequence[int] = field(default=(), repr=False)
    """Ordinals of every working day of the years covered, ascending."""

    def is_working_day(self, day: date) -> bool:
        return self.why_not_working(day) is None

    def why_not_working(self, day: date) -> str | None:
        """`weekend`, the name of the bank holiday or of the closure; None for a working day."""
        if day.weekday() >= 5:
            return "weekend"
        return self.bank_holidays.get(day) or self.closures.get(day)

    def first_working_day_from(self, day: date) -> date:
        """The day itself if it is a working day, or the next one."""
        return self._day_at(bisect_left(self.working_days, day.toordinal()))

    def working_day_after(self, day: date, count: int) -> date:
        """The `count`-th working day after `day`; with 0 the last working day not after it. ValueError out of range."""
        return self._day_at(bisect_right(self.working_days, day.toordinal()) - 1 + count)

    def working_days_between(self, start: date, end: date) -> int:
        """How many working days lie after `start` up to and including `end`; negative when `end` is earlier."""
        return bisect_right(self.working_days, end.toordinal()) - bisect_right(
            self.working_days, start.toordinal()
        )

    def _day_at(self, index: int) -> date:
        if not 0 <= index < len(self.working_days):
            raise ValueError(f"no working days are known beyond {FIRST_YEAR} to {LAST_YEAR}")
        return date.fromordinal(self.working_days[index])

    def date_of(self, moment: datetime) -> date:
        """The local day on which a moment falls."""
        return aware(moment).astimezone(LONDON).date()

    def start_of(self, day: date) -> datetime:
        """Local midnight at which the day begins, in UTC."""
        return self.at(day, time(0))

    def end_of(self, day: date) -> datetime:
        """The first instant that is no longer that day."""
        return self.start_of(day + DAY)

    def at(self, day: date, of_day: time) -> datetime:
        return datetime.combine(day, of_day, LONDON).astimezone(UTC)

    def opening(self, day: date) -> datetime:
        return self.at(day, self.opens)

    def closing(self, day: date) -> datetime:
        return self.at(day, self.closes)

    def months_after(self, day: date, count: int) -> date:
        """Calendar months later; the last day of the month where there is no such day."""
        year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
        return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))

    def in_office_hours(self, moment: datetime) -> bool:
        day = self.date_of(moment)
        return self.is_working_day(day) and self.opening(day) <= moment < self.closing(day)

    def next_office_moment(self, moment: datetime) -> datetime:
        """The moment itself if the office is open then, or when it next opens."""
        moment = aware(moment)
        day = self.first_working_day_from(self.date_of(moment))
        if moment >= self.closing(day):
            day = self.working_day_after(day, 1)
        return max(moment, self.opening(day))

    def add_office_time(self, moment: datetime, amount: timedelta) -> datetime:
        """When so much office time has passed after `moment`. An amount that ends at closing ends there."""
        moment = self.next_office_moment(moment)
        while amount > self.closing(self.date_of(moment)) - moment:
            day = self.date_of(moment)
            amount -= self.closing(day) - moment
            moment = self.opening(self.working_day_after(day, 1))
        return moment + amount

    def office_time_between(self, start: datetime, end: datetime) -> timedelta:
        """How much office time lies between two moments; nothing when `end` is not later."""
        start, end = aware(start), aware(end)
        if end <= start:
            return timedelta(0)
        first, last = self.date_of(start), self.date_of(end)
        whole_days = max(0, self.working_days_between(first, last - DAY))
        length = self.closing(last) - self.opening(last)
        if first == last:
            return self._open_part(first, start, end)
        return (
            self._open_part(first, start, self.end_of(first))
            + whole_days * length
            + self._open_part(last, self.start_of(last), end)
        )

    def _open_part(self, day: date, start: datetime, end: datetime) -> timedelta:
        if not self.is_working_day(day):
            return timedelta(0)
        return max(timedelta(0), min(end, self.closing(day)) - max(start, self.opening(day)))


def england(
    closures: Sequence[tuple[date, str]] = (),
    *,
    opens: time = time(9),
    closes: time = time(17),
    known_until: date = KNOWN_UNTIL,
) -> Calendar:
    """England's calendar less these closures. The same arguments give the same calendar."""
    return _england(tuple(closures), opens, closes, known_until)


@lru_cache(maxsize=64)
def _england(
    closures: tuple[tuple[date, str], ...], opens: time, closes: time, known_until: date
) -> Calendar:
    if not opens < closes:
        raise ValueError("the office must open before it closes")
    bank, closed = _bank_holidays(), dict(closures)
    first, last = date(FIRST_YEAR, 1, 1).toordinal(), date(LAST_YEAR, 12, 31).toordinal()
    working = tuple(
        ordinal
        for ordinal in range(first, last + 1)
        if (ordinal + 6) % 7 < 5 and (day := date.fromordinal(ordinal)) not in bank and day not in closed
    )
    return Calendar(bank, closed, opens, closes, known_until, working)


@lru_cache(maxsize=1)
def _bank_holidays() -> dict[date, str]:
    years = range(FIRST_YEAR, LAST_YEAR + 1)
    return dict(sorted(holidays.country_holidays("GB", subdiv="ENG", years=years).items()))
