"""Days that count: England's bank holidays, council closures, office hours, both clock changes.

Everything is Europe/London. A calendar is built once and shared; "N working days later" is one look-up.
"""

import tomllib
from array import array
from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
FIRST_YEAR, LAST_YEAR = 2000, 2060
BANK_HOLIDAYS = Path(__file__).with_name("bank_holidays.toml")
DAY = timedelta(days=1)
KNOWN_UNTIL = date(2028, 12, 31)
"""The last bank holiday year that GOV.UK has announced; later ones follow the usual rules but may gain a special."""

_FIRST = date(FIRST_YEAR, 1, 1).toordinal()
_COVERED = date(LAST_YEAR, 12, 31).toordinal() - _FIRST + 1
_MIDNIGHT = time(0)


def aware(moment: datetime) -> datetime:
    """The moment in UTC. A naive one is refused: it could be an hour wrong, and nobody would see it."""
    if moment.tzinfo is UTC:
        return moment
    if moment.utcoffset() is None:
        raise ValueError("a moment without a time zone cannot be reckoned with")
    return moment.astimezone(UTC)


class LocalDays:
    """Local days and UTC instants, both ways. A local day has 23, 24 or 25 hours."""

    __slots__ = ()

    def date_of(self, moment: datetime) -> date:
        """The local day on which a moment falls."""
        return _date_of(moment)

    def start_of(self, day: date) -> datetime:
        """Local midnight at which the day begins, in UTC."""
        return _start_of(day)

    def end_of(self, day: date) -> datetime:
        """The first instant that is no longer that day."""
        return _start_of(day + DAY)

    def at(self, day: date, of_day: time) -> datetime:
        """That local time of that day, in UTC. A time that the clock change skips is taken an hour later."""
        return _at(day, of_day)

    def months_after(self, day: date, count: int) -> date:
        """Calendar months later; the last day of the month where there is no such day."""
        year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
        return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@dataclass(frozen=True, eq=False)
class WorkingDays(LocalDays):
    """Monday to Friday less bank holidays and the council's closures (domain.md section 4, rule 1)."""

    bank_holidays: Mapping[date, str] = field(repr=False)
    closures: Mapping[date, str]
    known_until: date
    """The last day whose bank holidays are announced."""
    _days: tuple[date, ...] = field(init=False, repr=False)
    _passed: "array[int]" = field(init=False, repr=False)
    """For each day covered, the place in `_days` of the last working day not after it; -1 before the first."""

    def __post_init__(self) -> None:
        for name in ("bank_holidays", "closures"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))
        days: list[date] = []
        passed: array[int] = array("i")
        for ordinal in range(_FIRST, _FIRST + _COVERED):
            if (ordinal + 6) % 7 < 5 and self.is_working_day(day := date.fromordinal(ordinal)):
                days.append(day)
            passed.append(len(days) - 1)
        object.__setattr__(self, "_days", tuple(days))
        object.__setattr__(self, "_passed", passed)

    def is_working_day(self, day: date) -> bool:
        return self.why_not_working(day) is None

    def why_not_working(self, day: date) -> str | None:
        """`weekend`, the name of the bank holiday or of the closure; None for a working day."""
        if day.weekday() >= 5:
            return "weekend"
        return self.bank_holidays.get(day) or self.closures.get(day)

    def first_working_day_from(self, day: date) -> date:
        """The day itself if it is a working day, or the next one."""
        return self.working_day_after(day - DAY, 1)

    def working_day_after(self, day: date, count: int) -> date:
        """The `count`-th working day after `day`; with 0 the last working day not after it, with -1 the one before.

        ValueError beyond the years covered: a guess would be a wrong deadline.
        """
        place = self._place(day) + count
        if not 0 <= place < len(self._days):
            raise ValueError(f"no working days are known beyond {FIRST_YEAR} to {LAST_YEAR}")
        return self._days[place]

    def working_days_between(self, start: date, end: date) -> int:
        """How many working days lie after `start` up to and including `end`; negative when `end` is earlier."""
        return self._place(end) - self._place(start)

    def _place(self, day: date) -> int:
        offset = day.toordinal() - _FIRST
        if not 0 <= offset < _COVERED:
            raise ValueError(f"no working days are known beyond {FIRST_YEAR} to {LAST_YEAR}")
        return self._passed[offset]


@dataclass(frozen=True, eq=False)
class Calendar(WorkingDays):
    """Which days and hours count. Immutable; made by `england`, shared by every thread."""

    opens: time
    closes: time

    def opening(self, day: date) -> datetime:
        return self.at(day, self.opens)

    def closing(self, day: date) -> datetime:
        return self.at(day, self.closes)

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
        day = self.date_of(moment)
        today = self.closing(day) - moment
        if amount <= today:
            return moment + amount
        whole_days, rest = divmod(amount - today, self.office_day)
        if not rest:
            return self.closing(self.working_day_after(day, whole_days))
        return self.opening(self.working_day_after(day, whole_days + 1)) + rest

    def take_office_time(self, moment: datetime, amount: timedelta) -> datetime:
        """The moment that lies so much office time before `moment`: what `add_office_time` does, backwards."""
        day = self.working_day_after(self.date_of(moment), 0)
        if aware(moment) < self.opening(day):
            day = self.working_day_after(day, -1)
        moment = min(aware(moment), self.closing(day))
        today = moment - self.opening(day)
        if amount <= today:
            return moment - amount
        whole_days, rest = divmod(amount - today, self.office_day)
        if not rest:
            return self.opening(self.working_day_after(day, -whole_days))
        return self.closing(self.working_day_after(day, -whole_days - 1)) - rest

    def office_time_between(self, start: datetime, end: datetime) -> timedelta:
        """How much office time lies between two moments; nothing when `end` is not later."""
        start, end = aware(start), aware(end)
        if end <= start:
            return timedelta(0)
        first, last = self.date_of(start), self.date_of(end)
        days = self.working_days_between(first - DAY, last)
        before = self._open_part(first, self.start_of(first), start)
        after = self._open_part(last, end, self.end_of(last))
        return days * self.office_day - before - after

    @property
    def office_day(self) -> timedelta:
        """How long the office is open. Clocks change on Sundays, so every working day is the same."""
        return timedelta(
            hours=self.closes.hour - self.opens.hour,
            minutes=self.closes.minute - self.opens.minute,
            seconds=self.closes.second - self.opens.second,
        )

    def _open_part(self, day: date, start: datetime, end: datetime) -> timedelta:
        if not self.is_working_day(day):
            return timedelta(0)
        return max(timedelta(0), min(end, self.closing(day)) - max(start, self.opening(day)))


def england(
    closures: Iterable[tuple[date, str]] | Mapping[date, str] = (),
    *,
    opens: time = time(9),
    closes: time = time(17),
    known_until: date = KNOWN_UNTIL,
) -> Calendar:
    """England's calendar less these closures. The same arguments give the same calendar, built once."""
    pairs = closures.items() if isinstance(closures, Mapping) else closures
    return _england(tuple(sorted(pairs)), opens, closes, known_until)


@lru_cache(maxsize=64)
def _england(
    closures: tuple[tuple[date, str], ...], opens: time, closes: time, known_until: date
) -> Calendar:
    if not opens < closes:
        raise ValueError("the office must open before it closes")
    return Calendar(_bank_holidays(), dict(closures), known_until, opens, closes)


@lru_cache(maxsize=1)
def _bank_holidays() -> Mapping[date, str]:
    listed = tomllib.loads(BANK_HOLIDAYS.read_text(encoding="utf-8"))
    return {date.fromisoformat(day): name for day, name in listed.items()}


@lru_cache(maxsize=4096)
def _date_of(moment: datetime) -> date:
    return aware(moment).astimezone(LONDON).date()


@lru_cache(maxsize=4096)
def _at(day: date, of_day: time) -> datetime:
    return datetime.combine(day, of_day, LONDON).astimezone(UTC)


@lru_cache(maxsize=4096)
def _start_of(day: date) -> datetime:
    return datetime.combine(day, _MIDNIGHT, LONDON).astimezone(UTC)
