"""Dates and moments typed into boxes. Whatever is posted, it is a date, nothing, or words that say what to change."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from wtforms import Field
from wtforms.utils import unset_value

from earlyhelp.pathway.calendar import LONDON
from earlyhelp.web.forms.fields import GovField, noun_of

DATE = ("day", "month", "year")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
FIRST_YEAR, LAST_YEAR = 1900, 2059
"""The calendar knows working days until 2060."""
REAL_DATE = "enter a real date, like 27 3 2026"
REAL_TIME = "enter a real time, like 2:30pm"
NOON = time(12)


class Misread(ValueError):
    """What was typed is no date: the boxes at fault, and what to do about it."""

    def __init__(self, parts: Sequence[str], words: str) -> None:
        super().__init__(words)
        self.parts = tuple(parts)


class DateParts(GovField, Field):
    """Three boxes: day, month, year. An error link puts the cursor into the first box that is wrong."""

    component = "date"
    parts: Sequence[str] = DATE
    read: Callable[[Mapping[str, str]], Any] = staticmethod(lambda typed: read_date(typed))
    widget = staticmethod(lambda field, **_: "")  # shown by the template's own macro

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.typed: dict[str, str] = dict.fromkeys(self.parts, "")
        self.parsed: Any = None
        self.wrong: tuple[str, ...] = ()
        super().__init__(*args, **kwargs)

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        """Read the boxes that were posted; a default only fills them when nothing was."""
        self.process_errors: list[str] = []
        if data is unset_value:
            data = self.default() if callable(self.default) else self.default
        self.object_data = data
        if formdata:
            self.typed = {part: (formdata.get(f"{self.name}-{part}") or "").strip() for part in self.parts}
        elif isinstance(data, date):
            self.typed = self.split(data)
        if any(self.typed.values()):
            self._parse()
        self.data = self.parsed

    def _parse(self) -> None:
        try:
            self.parsed = self.read(self.typed)
        except Misread as fault:
            self.wrong = fault.parts
            self.process_errors.append(f"{noun_of(self.label.text)}: {fault}")

    @property
    def focus_id(self) -> str:
        return f"{self.id}-{self.wrong[0] if self.wrong else self.parts[0]}"

    @property
    def value(self) -> Any:
        return self.parsed.isoformat() if self.parsed is not None else ""

    def split(self, data: date) -> dict[str, str]:
        return {"day": str(data.day), "month": str(data.month), "year": str(data.year)}


class MomentParts(DateParts):
    """A date and a time of day in London; without a time, noon."""

    component = "moment"
    parts = (*DATE, "time")
    read = staticmethod(lambda typed: datetime.combine(read_date(typed), read_time(typed["time"]), LONDON))

    @property
    def value(self) -> Any:
        return self.parsed.astimezone(UTC).isoformat() if self.parsed is not None else ""

    def split(self, data: date) -> dict[str, str]:
        local = data.astimezone(LONDON) if isinstance(data, datetime) else data
        typed = f"{local:%H:%M}" if isinstance(local, datetime) else ""
        return {**super().split(local), "time": typed}

    def moment(self, now: datetime, *, not_before: datetime | None = None) -> datetime | None:
        """When it happened; None for now, which is what empty boxes mean, and today without a time.

        Noon of the day on which the case came where it is may be before it came there: then, without a time, the
        moment it came is meant, and nobody has to know it.
        """
        today = now.astimezone(LONDON).date()
        if self.parsed is None or (not self.typed["time"] and self.parsed.date() == today):
            return None
        given: datetime = self.parsed
        if not_before and not self.typed["time"] and given.date() == not_before.astimezone(LONDON).date():
            return max(given, not_before)
        return given


def read_date(typed: Mapping[str, str]) -> date:
    """The date in three boxes; the month may be a number or a name. Raises Misread."""
    missing = [part for part in DATE if not typed[part]]
    if missing:
        raise Misread(missing, f"enter the {_listed(missing)} too")
    day, month, year = whole(typed["day"]), _month(typed["month"]), whole(typed["year"])
    outside = [
        name for name, given, last in (("day", day, 31), ("month", month, 12)) if not 1 <= given <= last
    ]
    if outside:
        raise Misread(outside, REAL_DATE)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Misread(("year",), f"enter a year in four digits, from {FIRST_YEAR} to {LAST_YEAR}")
    try:
        return date(year, month, day)
    except ValueError:
        raise Misread(("day",), REAL_DATE) from None


def read_time(text: str) -> time:
    """A time of day as people type it: 14:30, 14.30, 2:30pm, 9am, midday. Empty is noon. Raises Misread."""
    lowered = text.lower().replace(" ", "").replace(".", ":")
    named = {"": NOON, "midday": NOON, "noon": NOON, "midnight": time(0)}.get(lowered)
    if named is not None:
        return named
    half = lowered[-2:] if lowered.endswith(("am", "pm")) else ""
    hour, _, minute = lowered.removesuffix(half).partition(":")
    hours, minutes = whole(hour), whole(minute or "0")
    if not (1 <= hours <= 12 if half else 0 <= hours <= 23) or not 0 <= minutes <= 59:
        raise Misread(("time",), REAL_TIME)
    return time(hours % 12 + (12 if half == "pm" else 0), minutes) if half else time(hours, minutes)


def whole(text: str) -> int:
    """A whole number of up to four plain digits; -1 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else -1


def _month(text: str) -> int:
    short = text.lower()[:3]
    return MONTHS.index(short) + 1 if short in MONTHS else whole(text)


def _listed(words: Sequence[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
