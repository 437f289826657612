"""Where a page of a list ended, as text that only we can read back: lists go on from a row, never from a number."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from typing import NamedTuple

from earlyhelp.records.base import LARGEST_ID

LONGEST = 200


class BadCursor(ValueError):
    """The text is no place of this list."""


class Cursor(NamedTuple):
    """The last row that was shown. `at` is what the list is ordered by before the id, if anything is."""

    id: int
    at: datetime | None = None


def write_cursor(cursor: Cursor, *, of: str) -> str:
    """The text for a place in the list called `of`."""
    at = cursor.at.astimezone(UTC).isoformat() if cursor.at else None
    text = json.dumps([of, cursor.id, at], separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(text: str, *, of: str) -> Cursor:
    """The place a text stands for. BadCursor when it was made up, or belongs to another list."""
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        name, row_id, at = (
            json.loads(urlsafe_b64decode(padded)) if len(text) <= LONGEST else (None, None, None)
        )
        moment = datetime.fromisoformat(at) if at is not None else None
    except (ValueError, TypeError, RecursionError):
        raise BadCursor from None
    if name != of or type(row_id) is not int or not 0 <= row_id <= LARGEST_ID:
        raise BadCursor
    if moment is not None and (moment.tzinfo is None or not 1900 <= moment.year <= 2200):
        raise BadCursor
    return Cursor(row_id, moment)
