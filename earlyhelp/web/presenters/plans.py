"""Changes of a plan in words."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from earlyhelp.pathway.definition import Pathway
from earlyhelp.web.presenters.words import date_words, in_words, moment_words

TITLES = {
    "action_added": "Added to the plan",
    "action_changed": "Changed",
    "action_done": "Done",
    "progress": "Progress",
    "struck_through": "Struck through",
}
FIELDS = {
    "what": "What",
    "who": "Who",
    "agency": "From",
    "need": "Need",
    "due_on": "By when",
    "reason": "Reason",
    "words": "What was written",
    "occurred_on": "On",
}


class ChangeShown(NamedTuple):
    """One change: its name, who made it and when, and what it said now and before."""

    title: str
    by: str
    at: str
    rows: list[tuple[str, str, str]]


def shown_changes(entries: Iterable[Any], pathway: Pathway, now: datetime) -> list[ChangeShown]:
    """Changes of one action, latest first."""
    return [
        ChangeShown(
            TITLES.get(entry.what, in_words(entry.what)),
            entry.by or entry.actor,
            moment_words(entry.recorded_at, now),
            _rows(entry.content, pathway, now),
        )
        for entry in entries
    ]


def _rows(content: Mapping[str, Any], pathway: Pathway, now: datetime) -> list[tuple[str, str, str]]:
    current = content.get("now", content)
    before = content.get("before", {})
    return [
        (
            FIELDS.get(name, in_words(name)),
            _words(name, value, pathway, now),
            _words(name, before.get(name), pathway, now),
        )
        for name, value in current.items()
    ]


def _words(name: str, value: Any, pathway: Pathway, now: datetime) -> str:
    if not value:
        return ""
    if name in {"due_on", "occurred_on"}:
        return date_words(date.fromisoformat(value), now.date())
    entry = pathway.codes.get({"agency": "agency", "need": "headline_outcome"}.get(name, ""), {}).get(value)
    return entry.label if entry else str(value)
