"""Moments as people in England say them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def london(text: str) -> datetime:
    """`2026-03-10 14:30` on the clock on the wall, as the UTC moment it is."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/London")).astimezone(UTC)
