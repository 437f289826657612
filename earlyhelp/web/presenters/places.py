"""A place in a list as text for a link, and back: what was made up by hand is no place."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime

from earlyhelp.records.base import LARGEST_ID

Place = tuple[datetime, int]


def written_place(place: Place | None) -> str | None:
    """The text of a place; None where the list ends."""
    if place is None:
        return None
    text = f"{place[0].astimezone(UTC).isoformat()}|{place[1]}"
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_place(text: str | None) -> Place | None:
    """The place a text stands for; None at the beginning. ValueError when it is none of ours."""
    if not text:
        return None
    decoded = urlsafe_b64decode(text[:200].encode("ascii", "strict") + b"=" * (-len(text) % 4)).decode(
        "ascii"
    )
    moment, _, number = decoded.partition("|")
    place = datetime.fromisoformat(moment), int(number)
    if place[0].tzinfo is None or not 1900 <= place[0].year <= 2200 or not 0 <= place[1] <= LARGEST_ID:
        raise ValueError("not a place")
    return place
