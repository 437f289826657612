"""Reading what was recorded with an action: each declared field, by its type, with words for what is wrong."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from earlyhelp.pathway.definition import Action, CodeList, Field, Pathway

FieldValue = Any
Reader = Callable[[Field, Any, CodeList, date], FieldValue]
CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
NO_CODES: CodeList = {}
MAX_ITEMS = 200
LONGEST_LINE = 500


class Unreadable(ValueError):
    """A value that its field cannot take; the words are for the person who typed it."""


def read_fields(
    pathway: Pathway, action: Action, given: Mapping[str, Any], on: date
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """The clean values by name, and words per field for everything that is wrong, all at once.

    `on` is the local day of the event: a code must have been valid then. Absent optional fields stay absent.
    """
    clean: dict[str, Any] = {}
    declared = action.by_name
    errors: dict[str, list[str]] = {
        name: ["This action has no such field"] for name in given if name not in declared
    }
    offered = pathway.offered[action.name]
    left_empty: list[Field] = []
    for field in action.fields:
        value = given.get(field.name)
        if is_empty(value):
            left_empty.append(field)
            continue
        try:
            clean[field.name] = READERS[field.type](field, value, offered.get(field.name, NO_CODES), on)
        except Unreadable as fault:
            errors[field.name] = [str(fault)]
    errors |= {field.name: [missing_words(field)] for field in left_empty if is_required(field, clean)}
    return clean, errors


def is_empty(value: Any) -> bool:
    return not value.strip() if isinstance(value, str) else value is None or value == [] or value == {}


def is_required(field: Field, clean: Mapping[str, Any]) -> bool:
    required = field.required
    return required if isinstance(required, bool) else clean.get(required.when) in required.values


def missing_words(field: Field) -> str:
    title = field.title.rstrip("?").strip()
    verb = (
        "Select" if field.type in {"choice", "choices", "yes_no", "person", "team", "services"} else "Enter"
    )
    return f"{verb} an answer: {title[0].lower()}{title[1:]}"


def read_text(field: Field, value: Any, _codes: CodeList, _on: date) -> str:
    if not isinstance(value, str):
        raise Unreadable("Must be text")
    words = value.strip().replace("\r\n", "\n")
    if CONTROL_CHARACTERS.search(words):
        raise Unreadable("Must not contain control characters")
    limit = min(field.max_length, LONGEST_LINE) if field.type == "text" else field.max_length
    if len(words) > limit:
        raise Unreadable(f"Must be {limit:,} characters or fewer")
    return words


def read_choice(field: Field, value: Any, codes: CodeList, on: date) -> str:
    code = codes.get(value) if isinstance(value, str) else None
    if code is None:
        raise Unreadable(field.otherwise or f"Must be one of: {_offered(codes, on)}")
    if not code.is_valid_on(on):
        raise Unreadable(f"'{code.label}' could not be chosen on {on:%d/%m/%Y}")
    return str(value)


def read_choices(field: Field, value: Any, codes: CodeList, on: date) -> list[str]:
    return [read_choice(field, item, codes, on) for item in _distinct_list(value)]


def read_date(_field: Field, value: Any, _codes: CodeList, _on: date) -> str:
    try:
        if not isinstance(value, str) or len(value) != 10:
            raise ValueError
        day = date.fromisoformat(value)
    except ValueError:
        raise Unreadable("Must be a date written as 2026-03-31") from None
    if not 1900 <= day.year <= 2200:
        raise Unreadable("The year must be between 1900 and 2200")
    return day.isoformat()


def read_moment(_field: Field, value: Any, _codes: CodeList, _on: date) -> str:
    """In UTC, as all moments leave by every interface."""
    try:
        if not isinstance(value, str) or len(value) < 16:
            raise ValueError
        moment = datetime.fromisoformat(value)
        if not 1900 <= moment.year <= 2200:
            raise ValueError
    except ValueError:
        raise Unreadable("Must be a date and time written as 2026-03-31T14:30:00+01:00") from None
    if moment.tzinfo is None:
        raise Unreadable("Must say its offset from UTC, as in 2026-03-31T14:30:00+01:00")
    return moment.astimezone(UTC).isoformat()


def read_yes_no(_field: Field, value: Any, _codes: CodeList, _on: date) -> bool:
    if not isinstance(value, bool):
        raise Unreadable("Must be true or false")
    return value


def read_score(field: Field, value: Any, _codes: CodeList, _on: date) -> int:
    low, high = field.min, field.max
    if not isinstance(value, int) or isinstance(value, bool):
        raise Unreadable("Must be a whole number")
    if (low is not None and value < low) or (high is not None and value > high) or abs(value) > 10**9:
        raise Unreadable(f"Must be {_range_words(low, high)}")
    return value


def read_name_of_record(_field: Field, value: Any, _codes: CodeList, _on: date) -> str:
    """A person or a team: casework has found the record and checked it; here only the shape."""
    if not isinstance(value, str) or len(value) > 254:
        raise Unreadable("Must name one record")
    return value


def read_services(field: Field, value: Any, codes: CodeList, on: date) -> list[str] | dict[str, str]:
    if not codes:
        return [read_name_of_record(field, item, codes, on) for item in _distinct_list(value)]
    if not isinstance(value, dict) or len(value) > MAX_ITEMS:
        raise Unreadable("Must give an answer for each service")
    return {
        read_name_of_record(field, key, codes, on): read_choice(field, answer, codes, on)
        for key, answer in value.items()
    }


def read_children(_field: Field, value: Any, _codes: CodeList, _on: date) -> list[Any]:
    if not isinstance(value, list) or len(value) > MAX_ITEMS:
        raise Unreadable("Must be a list of children")
    return value


def _distinct_list(value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) > MAX_ITEMS:
        raise Unreadable("Must be a list")
    if any(not isinstance(item, str) for item in value):
        raise Unreadable("Must be a list of codes")
    return list(dict.fromkeys(value))


def _offered(codes: CodeList, on: date) -> str:
    return ", ".join(code for code, entry in codes.items() if entry.is_valid_on(on))


def _range_words(low: int | None, high: int | None) -> str:
    if low is not None and high is not None:
        return f"a whole number from {low} to {high}"
    return f"{low} or more" if low is not None else f"{high} or less"


READERS: dict[str, Reader] = {
    "text": read_text,
    "long_text": read_text,
    "choice": read_choice,
    "choices": read_choices,
    "date": read_date,
    "moment": read_moment,
    "yes_no": read_yes_no,
    "score": read_score,
    "person": read_name_of_record,
    "team": read_name_of_record,
    "services": read_services,
    "children": read_children,
}
