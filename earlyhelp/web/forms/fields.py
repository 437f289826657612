"""Fields of our forms. Each names the component that shows it (templates/parts/fields.html) and gives what the
engine reads: ISO dates, moments with an offset, booleans, whole numbers.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import Field, PasswordField, SelectField, SelectMultipleField, StringField

LONDON = ZoneInfo("Europe/London")
MANY = 15
"""Above so many choices radios become a list to search."""


class GovField:
    """What the template needs beside WTForms' own: the component and where an error link puts the cursor."""

    component = "input"

    @property
    def focus_id(self) -> str:
        return str(self.id)  # type: ignore[attr-defined]


class Text(GovField, StringField):
    """One line. `value` is what was typed, without spaces around it."""

    def __init__(self, *args: Any, input_mode: str = "", width: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.input_mode, self.width = input_mode, width

    @property
    def value(self) -> Any:
        return (self.data or "").strip()


class LongText(Text):
    component = "textarea"


class Password(GovField, PasswordField):
    component = "password"


class Number(Text):
    """A whole number; what is none is handed on as typed, for the engine to refuse with its range."""

    @property
    def value(self) -> Any:
        text = (self.data or "").strip()
        return (
            int(text)
            if text.lstrip("-").isascii() and text.lstrip("-").isdigit() and len(text) < 10
            else text
        )


class Radios(GovField, SelectField):
    """One of a few. Anything else that is posted is handed on, for the engine to refuse in its words."""

    component = "radios"

    def __init__(self, *args: Any, hints: Mapping[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, validate_choice=False, coerce=str, **kwargs)
        self.hints = hints or {}

    @property
    def focus_id(self) -> str:
        return f"{self.id}-1"

    @property
    def value(self) -> Any:
        return self.data if self.data not in {None, "None"} else ""

    @property
    def options(self) -> list[tuple[str, str]]:
        return list((self.choices or {}).items())


class Select(Radios):
    component = "select"

    @property
    def focus_id(self) -> str:
        return str(self.id)


class YesNo(Radios):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, choices={"yes": "Yes", "no": "No"}, **kwargs)

    @property
    def value(self) -> Any:
        return {"yes": True, "no": False}.get(super().value, super().value)


class Checkboxes(GovField, SelectMultipleField):
    component = "checkboxes"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, validate_choice=False, coerce=str, **kwargs)

    @property
    def focus_id(self) -> str:
        return f"{self.id}-1"

    @property
    def value(self) -> Any:
        return list(self.data or [])

    @property
    def options(self) -> list[tuple[str, str]]:
        return list((self.choices or {}).items())


class DateParts(GovField, Field):
    """Three boxes. Whatever is posted, it is either a date, nothing, or an error in plain words."""

    component = "date"
    parts: Sequence[str] = ("day", "month", "year")
    widget = staticmethod(lambda field, **_: "")  # shown by the template's own macro

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.typed: dict[str, str] = {}
        self.parsed: Any = None
        super().__init__(*args, **kwargs)

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        self.process_errors: list[str] = []
        self.typed = dict.fromkeys(self.parts, "")
        if formdata:
            self.typed = {part: (formdata.get(f"{self.name}-{part}") or "").strip() for part in self.parts}
        elif isinstance(data, date):
            self.typed = self.split(data)
        self.data = None
        if not self.is_blank:
            try:
                self.parsed = self.join()
                self.data = self.parsed
            except (ValueError, OverflowError):
                self.process_errors.append(self.fault())

    @property
    def is_blank(self) -> bool:
        return not any(self.typed[part] for part in ("day", "month", "year"))

    @property
    def focus_id(self) -> str:
        return f"{self.id}-day"

    @property
    def value(self) -> Any:
        return self.parsed.isoformat() if self.parsed is not None else ""

    def split(self, data: date) -> dict[str, str]:
        return {"day": str(data.day), "month": str(data.month), "year": str(data.year)}

    def join(self) -> Any:
        day, month, year = (_digits(self.typed[part]) for part in ("day", "month", "year"))
        if year < 1900:
            raise ValueError("the year needs four digits")
        return date(year, month, day)

    def fault(self) -> str:
        return "Enter a real date, like 27 3 2026"


class MomentParts(DateParts):
    """A date and a time of day in London. Without a time: now if that day is today, otherwise noon."""

    component = "moment"
    parts = ("day", "month", "year", "time")

    @property
    def value(self) -> Any:
        return self.parsed.astimezone(UTC).isoformat() if self.parsed is not None else ""

    def split(self, data: date) -> dict[str, str]:
        local = data.astimezone(LONDON) if isinstance(data, datetime) else data
        return {**super().split(local), "time": ""}

    def moment(self, now: datetime) -> datetime | None:
        """When it happened; None for now, which is what today without a time means."""
        if self.parsed is None or (
            not self.typed["time"] and self.parsed.date() == now.astimezone(LONDON).date()
        ):
            return None
        return self.parsed  # type: ignore[no-any-return]

    def join(self) -> Any:
        day = super().join()
        return datetime.combine(day, read_time(self.typed["time"]), LONDON)

    def fault(self) -> str:
        return "Enter a real date and a time, like 27 3 2026 and 14:30"


def read_time(text: str) -> time:
    """A time of day as people type it: 14:30, 14.30, 2:30pm, 9am. Empty is noon."""
    if not text:
        return time(12)
    lowered = text.lower().replace(" ", "").replace(".", ":")
    afternoon, morning = lowered.endswith("pm"), lowered.endswith("am")
    digits = lowered.removesuffix("pm").removesuffix("am")
    hour, _, minute = digits.partition(":")
    hours, minutes = _digits(hour), _digits(minute or "0")
    if (afternoon or morning) and not 1 <= hours <= 12:
        raise ValueError("not an hour of a half day")
    if afternoon or morning:
        hours = hours % 12 + (12 if afternoon else 0)
    return time(hours, minutes)


def _digits(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 4:
        raise ValueError("not a number")
    return int(text)
