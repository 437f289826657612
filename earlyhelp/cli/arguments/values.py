"""What is typed for an argument, turned into what it means; one sentence when it means nothing."""

import argparse
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime


def moment(text: str) -> datetime:
    """A moment in ISO 8601. It must say its offset: without one it could be an hour wrong all summer."""
    try:
        at = datetime.fromisoformat(text)
        _within(at)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a moment like 2026-03-31T09:00+01:00") from None
    if at.tzinfo is None:
        raise argparse.ArgumentTypeError(f"'{text}' must say its offset, as in 2026-03-31T09:00+01:00")
    return at.astimezone(UTC)


def day(text: str) -> date:
    """A day in ISO 8601."""
    try:
        return _within(date.fromisoformat(text))
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a day like 2026-03-31") from None


def _within(on: date) -> date:
    """The same, if there are days before and after it: the first and last year there are cannot be reckoned in."""
    if on.year in (MINYEAR, MAXYEAR):
        raise ValueError
    return on


def month(text: str) -> date:
    """The first day of a month in ISO 8601."""
    try:
        if len(text) != 7:
            raise ValueError
        return _within(date.fromisoformat(f"{text}-01"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a month like 2026-03") from None


def port(text: str) -> int:
    """A port number; 0 asks the system for a free one."""
    if not text.isascii() or not text.isdigit() or not 0 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"'{text}' is not a port from 0 to 65535")
    return int(text)


def old_and_new(text: str) -> tuple[str, str]:
    """`OLD=NEW`."""
    old, is_there, new = text.partition("=")
    if not (old and is_there and new):
        raise argparse.ArgumentTypeError(f"'{text}' is not OLD=NEW")
    return old, new


def count(text: str) -> int:
    """A whole number of at least 1."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 10_000_000:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number of at least 1")
    return int(text)
