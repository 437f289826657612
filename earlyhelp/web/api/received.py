"""What a caller sent: a JSON body as one of our models, or the filters of a list. Nothing unknown passes in silence."""

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, TypeVar

from flask import g, request
from pydantic import BaseModel, ValidationError
from sqlalchemy import Connection

from earlyhelp.casework.contacts import words_of
from earlyhelp.casework.references import find_person, find_team
from earlyhelp.insight.cursors import BadCursor, Cursor, read_cursor
from earlyhelp.pathway.facts import BadFields
from earlyhelp.pathway.fields import CONTROL_CHARACTERS
from earlyhelp.web.api.problems import Problem

Body = TypeVar("Body", bound=BaseModel)
LARGEST_BODY = 1_000_000
DEEPEST = 20
UNWRITABLE = "Must not contain control characters or broken letters"
FINDERS = {"team": find_team, "lead_professional": find_person}


def body_as(model: type[Body]) -> Body:
    """The body as this model. Problem 400 when it is no JSON object, 415 when called something else, 422 per field."""
    content = _read_json()
    errors = {place: [UNWRITABLE] for place in _unwritable(content)}
    if errors:
        raise BadFields(errors)
    g.sent = content
    try:
        return model.model_validate(content)
    except ValidationError as fault:
        raise BadFields(words_of(fault)) from None


def body_digest() -> str:
    """A fingerprint of the body that `body_as` read, whatever its spacing and order of keys."""
    return hashlib.sha256(json.dumps(g.sent, sort_keys=True).encode()).hexdigest()


def query(*known: str) -> dict[str, str]:
    """The filters given, empty ones left out. A misspelt filter is refused: it would show more than was asked for."""
    errors: dict[str, list[str]] = {}
    for name, values in request.args.lists():
        if CONTROL_CHARACTERS.search(name) or name not in known:
            errors["query"] = [f"Known here: {', '.join(known)}"]
        elif len(values) > 1:
            errors[name] = ["Give it once"]
        elif CONTROL_CHARACTERS.search(values[0]):
            errors[name] = [UNWRITABLE]
    if errors:
        raise BadFields(errors)
    return {name: value for name, value in request.args.items() if value}


def moment_of(text: str | None, name: str) -> datetime | None:
    """A moment with its offset, or None; BadFields naming `name` when it is none."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadFields({name: ["Must be a date and time written as 2026-03-31T14:30:00+01:00"]}) from None
    if moment.tzinfo is None:
        raise BadFields({name: ["Must say its offset from UTC, as in 2026-03-31T14:30:00+01:00"]})
    if not 1900 <= moment.year <= 2200:
        raise BadFields({name: ["The year must be between 1900 and 2200"]})
    return moment


def moment_asked(filters: dict[str, str], name: str) -> datetime | None:
    """The same from an address, where an unescaped + has become a space."""
    return moment_of(filters.get(name, "").replace(" ", "+"), name)


def whole_asked(filters: dict[str, str], name: str, *, default: int, largest: int) -> int:
    text = filters.get(name, str(default))
    if not text.isascii() or not text.isdigit() or len(text) > 9 or not 1 <= int(text) <= largest:
        raise BadFields({name: [f"Must be a whole number from 1 to {largest}"]})
    return int(text)


def one_of_asked(filters: dict[str, str], name: str, known: frozenset[str]) -> str | None:
    value = filters.get(name)
    if value is not None and value not in known:
        raise BadFields({name: [f"Must be one of: {', '.join(sorted(known))}"]})
    return value


def cursor_asked(filters: dict[str, str], *, of: str) -> Cursor | None:
    try:
        return read_cursor(filters["cursor"], of=of) if "cursor" in filters else None
    except BadCursor:
        raise BadFields({"cursor": ["Must be the next_cursor of this very list's last answer"]}) from None


def records_asked(connection: Connection, filters: dict[str, str]) -> dict[str, int]:
    """Ids of the team and lead professional asked for; what names nobody here is refused by name."""
    rows = {name: find(connection, filters[name]) for name, find in FINDERS.items() if name in filters}
    errors = {name: ["There is none of that name here"] for name, row in rows.items() if row is None}
    if errors:
        raise BadFields(errors)
    return {f"{name}_id": row.id for name, row in rows.items() if row is not None}


def _read_json() -> dict[str, Any]:
    data = request.get_data(cache=True)
    if len(data) > LARGEST_BODY:
        raise Problem(413, "At most 1 MB can be sent")
    try:
        content = json.loads(data.decode("utf-8"), parse_constant=_no_constant, object_pairs_hook=_no_twice)
    except (ValueError, RecursionError) as fault:
        raise Problem(400, f"The body is not JSON: {_short(fault)}") from None
    if not isinstance(content, dict):
        raise Problem(400, "The body must be a JSON object")
    if _depth(content) > DEEPEST:
        raise Problem(400, f"The body is nested more than {DEEPEST} deep")
    if request.mimetype and not (request.is_json or request.mimetype == "application/json"):
        raise Problem(415, "Send the body as Content-Type: application/json")
    return content


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _no_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found


def _depth(value: Any, above: int = 0) -> int:
    if above > DEEPEST or not isinstance(value, dict | list):
        return above
    inner = value.values() if isinstance(value, dict) else value
    return max((_depth(item, above + 1) for item in inner), default=above)


def _short(fault: Exception) -> str:
    return str(fault).split(":")[0][:100]


def _unwritable(value: Any, place: str = "") -> Iterator[str]:
    """Where the body has text that a database or a page could not take, the same on every database."""
    if isinstance(value, str) and CONTROL_CHARACTERS.search(value):
        yield place.removeprefix("fields.") or "body"
    if isinstance(value, dict):
        for key, item in value.items():
            bad = bool(CONTROL_CHARACTERS.search(key))
            yield from [place or "body"] if bad else _unwritable(item, f"{place}.{key}" if place else key)
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _unwritable(item, f"{place}.{number}")
