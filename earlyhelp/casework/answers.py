"""Reading what was typed beside the pathway: plans, notes, meetings, access. Every fault is told at once."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from earlyhelp.pathway.facts import BadFields
from earlyhelp.pathway.fields import CONTROL_CHARACTERS

LINE = 100
LONG = 10_000


class Answers:
    """What was typed, by field. Each reading gives a clean value or notes a fault; `checked` refuses them together."""

    def __init__(self, given: Mapping[str, Any], faults: Mapping[str, list[str]] | None = None) -> None:
        self.given = given
        self.errors: dict[str, list[str]] = {name: list(words) for name, words in (faults or {}).items()}

    def words(self, name: str, *, missing: str = "", longest: int = LONG) -> str:
        """Text without spaces around it. `missing` says what to enter where it may not be empty."""
        value = self.given.get(name)
        text = value.strip().replace("\r\n", "\n") if isinstance(value, str) else ""
        if CONTROL_CHARACTERS.search(text):
            self.fault(name, "Must not contain control characters")
        elif len(text) > longest:
            self.fault(name, f"Must be {longest:,} characters or fewer")
        elif missing and not text:
            self.fault(name, missing)
        return text

    def code(self, name: str, codes: Collection[str], *, missing: str = "") -> str:
        """One of these codes; empty only where `missing` says nothing."""
        value = self.given.get(name) or ""
        if not value and missing:
            self.fault(name, missing)
        elif value and value not in codes:
            self.fault(name, "Choose one of the answers offered")
        return str(value)

    def yes_no(self, name: str, *, missing: str) -> bool:
        """True or false; anything else is a fault."""
        value = self.given.get(name)
        if not isinstance(value, bool):
            self.fault(name, missing)
        return value is True

    def day(self, name: str, *, missing: str = "", latest: date | None = None) -> date | None:
        """A date, written as 2026-03-31. `latest` is the last day that makes sense."""
        value = self.given.get(name) or ""
        try:
            day = date.fromisoformat(value) if value else None
        except (TypeError, ValueError):
            self.fault(name, "Enter a real date, like 27 3 2026")
            return None
        if day is None and missing:
            self.fault(name, missing)
        elif day is not None and not 1900 <= day.year <= 2059:
            self.fault(name, "Enter a year from 1900 to 2059")
        elif day is not None and latest and day > latest:
            self.fault(name, "The date must not be in the future")
        return day

    def fault(self, name: str, words: str) -> None:
        """Note what is wrong, unless something was wrong with this field already."""
        self.errors.setdefault(name, [words])

    def checked(self) -> None:
        """Raises BadFields if anything was wrong."""
        if self.errors:
            raise BadFields(self.errors)
