"""What addresses ask for: a place in a list, ids, days. What was made up is not found."""

from datetime import date, timedelta
from typing import Any, NamedTuple

from flask import abort, request
from werkzeug.routing import IntegerConverter, Map

from earlyhelp.pathway.fields import CONTROL_CHARACTERS
from earlyhelp.records.base import LARGEST_ID
from earlyhelp.web.presenters.places import Place, read_place

MOST_LETTERS = 100


class Id(IntegerConverter):
    """An `int` in the way to a page. With one that no row can have there is no such page."""

    regex = r"\d{1,10}"

    def __init__(self, map: Map) -> None:
        super().__init__(map, max=LARGEST_ID)


def asked_again() -> dict[str, Any]:
    """What the address asks for beside a place, for a link to the next page. What somebody added that says something
    else to `url_for` is left out."""
    taken = {"after", "endpoint", *(request.view_args or {})}
    return {name: value for name, value in request.args.items() if name not in taken and name[:1] != "_"}


def place_asked() -> Place | None:
    """Where the list goes on."""
    try:
        return read_place(request.args.get("after"))
    except ValueError:
        abort(404)


def number_asked(name: str) -> int | None:
    """An id, or None when it is not asked for."""
    text = request.args.get(name, "")
    return _number(text) if text else None


def name_asked(name: str) -> str:
    """The name of something, empty when it is not asked for. PostgreSQL does not look for what none can be."""
    text = request.args.get(name, "")
    return text if not CONTROL_CHARACTERS.search(text) else abort(404)


def words_asked() -> str:
    """What is looked for in a list, as it was typed."""
    return CONTROL_CHARACTERS.sub("", request.args.get("words", "")).strip()[:MOST_LETTERS]


def numbers_asked(name: str, count: int) -> tuple[int, ...] | None:
    """So many ids with hyphens between them, or None when they are not asked for."""
    text = request.args.get(name)
    if text is None:
        return None
    numbers = tuple(_number(part) for part in text.split("-"))
    return numbers if len(numbers) == count else abort(404)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= LARGEST_ID):
        abort(404)
    return int(text)


def day_asked(name: str) -> date | None:
    """A day as browsers send it, or None when it is not asked for."""
    text = request.args.get(name, "")
    if not text:
        return None
    return _day(text) or abort(404)


class Days(NamedTuple):
    """Days as they were typed, and what is wrong with them by field. `found` has those that can be read."""

    typed: dict[str, str]
    found: dict[str, date]
    faults: dict[str, str]

    def is_day(self, name: str) -> bool:
        """Whether a date input can show what was typed: it would show nothing of what is no day."""
        return not self.typed[name] or name in self.found


def days_typed(**starting: date | None) -> Days:
    """The days that a form of the address gives, those that it starts with where it gives none."""
    typed, found, faults = dict[str, str](), dict[str, date](), dict[str, str]()
    for name, day in starting.items():
        typed[name] = request.args.get(name, "").strip()[:40] or (day.isoformat() if day else "")
        read = _day(typed[name])
        if read is not None:
            found[name] = read
        elif typed[name]:
            faults[name] = "Enter a real date, like 2026-03-31"
    return Days(typed, found, faults)


def period_typed(today: date, back: timedelta) -> tuple[Days, date, date]:
    """First and last day of `from` and `until`. With a fault they are those that the form starts with."""
    last = _day(request.args.get("until", "").strip()) or today
    days = days_typed(**{"from": last - back, "until": last})
    if not days.faults and days.found["until"] < days.found["from"]:
        days.faults["until"] = "The last day must not lie before the first"
    if days.faults:
        return days, today - back, today
    return days, days.found["from"], days.found["until"]


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if len(text) == 10 and 2000 <= day.year <= 2059 else None
