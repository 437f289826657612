"""A case made ready to be shown: its clocks, its history, its children."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from earlyhelp.pathway.calendar import LONDON
from earlyhelp.pathway.clocks import reaches_past_known_holidays
from earlyhelp.pathway.definition import Field, Pathway
from earlyhelp.pathway.machine import CompiledPathway
from earlyhelp.web.presenters.words import (
    age_words,
    by_end_of,
    date_words,
    in_words,
    moment_words,
    time_left,
    time_words,
)

TITLES = {"pathway_moved": "Moved to another version of the pathway"}
"""Events that no pathway file declares."""


class ClockShown(NamedTuple):
    """One clock: words first, colour beside."""

    title: str
    tag: str
    colour: str
    words: str
    link: str | None = None


class EventShown(NamedTuple):
    """One event of the history."""

    sequence: int
    title: str
    by: str
    occurred: str
    occurred_iso: str
    recorded: str | None
    moved: str | None
    details: list[tuple[str, str]]


def shown_clock(clock: Any, engine: CompiledPathway, now: datetime, link: str | None = None) -> ClockShown:
    """A clock row in words, whatever its status."""
    declared = engine.pathway.clocks.get(clock.name)
    title = declared.title if declared else in_words(clock.name)
    title = f"{title}: {clock.about}" if clock.about else title
    due = by_end_of(clock.due_at, now)
    if clock.status == "running":
        left = time_left(clock.due_at, now, engine.calendar)
        unsure = reaches_past_known_holidays(clock.due_at, engine.calendar)
        note = ". Bank holidays of that year are not announced yet" if unsure else ""
        return ClockShown(title, left.words, left.colour, f"Due {due}{note}", link)
    if clock.status == "paused":
        reason = clock.pauses[-1]["reason"] if clock.pauses else ""
        return ClockShown(title, "paused", "grey", f"Was due {due}. Paused: {reason}", link)
    return ClockShown(title, *_stopped(clock, due, now), link)


def _stopped(clock: Any, due: str, now: datetime) -> tuple[str, str, str]:
    ended = moment_words(clock.stopped_at, now)
    if clock.status == "met" and clock.recorded_late:
        recorded = moment_words(clock.stop_recorded_at, now)
        return (
            "met, recorded late",
            "yellow",
            f"Done {ended}, in time, but recorded {recorded}. Was due {due}",
        )
    if clock.status == "met":
        return "met", "green", f"Done {ended}. Was due {due}"
    if clock.status == "met_late":
        return "done late", "red", f"Done {ended}. Was due {due}"
    return "no longer applies", "grey", f"Ended {ended}"


def shown_history(
    events: Iterable[Any], pathways: Mapping[int, Pathway], now: datetime, names: Mapping[str, str]
) -> list[EventShown]:
    """The history, latest first, each event in the words of the version that it happened on."""
    return [_shown_event(event, pathways[event.pathway_id], now, names) for event in events][::-1]


def _shown_event(event: Any, pathway: Pathway, now: datetime, names: Mapping[str, str]) -> EventShown:
    action = pathway.actions.get(event.action)
    late = abs((event.recorded_at - event.occurred_at).total_seconds()) > 60
    moved = None
    if event.from_state != event.to_state:
        state = pathway.states.get(event.to_state)
        moved = f"Came to: {state.title if state else in_words(event.to_state)}"
    who = event.actor_name or in_words(event.actor)
    return EventShown(
        sequence=event.sequence,
        title=action.title if action else TITLES.get(event.kind) or in_words(event.action),
        by=f"{who} ({pathway.term(event.actor_role)})",
        occurred=moment_words(event.occurred_at, now),
        occurred_iso=event.occurred_at.isoformat(),
        recorded=moment_words(event.recorded_at, now) if late else None,
        moved=moved,
        details=recorded_details(event, pathway, names),
    )


def recorded_details(event: Any, pathway: Pathway, names: Mapping[str, str]) -> list[tuple[str, str]]:
    """What was recorded with an event, by the titles of its fields and the labels of its codes."""
    if event.kind == "pathway_moved":
        return _move_details(event, pathway)
    action = pathway.actions.get(event.action)
    rows: list[tuple[str, str]] = []
    for name, value in event.fields.items():
        field = action.field(name) if action else None
        if field is not None and field.type == "children":
            continue
        rows.append((field.title if field else in_words(name), _recorded_words(field, value, pathway, names)))
    if event.reason and "reason" not in event.fields:
        rows.append(("Reason", event.reason))
    return rows


def _move_details(event: Any, pathway: Pathway) -> list[tuple[str, str]]:
    """Both versions, and each time limit before and after."""
    rows = [("Version", f"{event.fields['from_version']} before, {event.fields['to_version']} since")]
    for moved in event.fields["clocks"]:
        declared = pathway.clocks.get(moved["clock"])
        title = declared.title if declared else in_words(moved["clock"])
        rows.append((title, _moved_words(moved, event.occurred_at)))
    return [*rows, ("Reason", event.reason)]


def _moved_words(moved: Mapping[str, Any], at: datetime) -> str:
    before = by_end_of(datetime.fromisoformat(moved["due_before"]), at)
    if moved["due_after"] is None:
        return f"was due {before}; this version has no such time limit, so it ended"
    if moved["due_after"] == moved["due_before"]:
        return f"due {before}, as before"
    return f"was due {before}, since then due {by_end_of(datetime.fromisoformat(moved['due_after']), at)}"


def _recorded_words(field: Field | None, value: Any, pathway: Pathway, names: Mapping[str, str]) -> str:
    """In the words of this version of the pathway. A field may have been of another type when it was recorded."""
    if field is None:
        return words_of(value, names)
    if field.type in DAYS_AND_MOMENTS:
        try:
            return DAYS_AND_MOMENTS[field.type](value)
        except (TypeError, ValueError):
            return words_of(value, names)
    return words_of(value, {**names, **{code: e.label for code, e in pathway.choices(field).items()}})


def _day_recorded(value: str) -> str:
    """With its year, for a history is read for years."""
    return date_words(date.fromisoformat(value), date.min)


def _moment_recorded(value: str) -> str:
    """As London's clocks showed it."""
    local = datetime.fromisoformat(value).astimezone(LONDON)
    return f"{date_words(local.date(), date.min)} at {time_words(local)}"


DAYS_AND_MOMENTS: Mapping[str, Callable[[str], str]] = {"date": _day_recorded, "moment": _moment_recorded}


def words_of(value: Any, labels: Mapping[str, str]) -> str:
    """A recorded value as people read it."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list):
        return ", ".join(words_of(item, labels) for item in value)
    if isinstance(value, dict):
        return "; ".join(f"{words_of(key, labels)}: {words_of(item, labels)}" for key, item in value.items())
    return labels.get(str(value), str(value))


def shown_child(child: Any, now: datetime) -> dict[str, str]:
    """Name and age of a child."""
    name = f"{child.given_name} {child.family_name}".strip() or "Name not known"
    born = f"{child.date_of_birth:%d/%m/%Y}" if child.date_of_birth else ""
    return {
        "name": name,
        "age": age_words(child.date_of_birth, child.expected_birth_on, now.astimezone(LONDON).date()),
        "born": born,
        "public_id": child.public_id,
    }


def state_title(pathway: Pathway, state: str) -> str:
    declared = pathway.states.get(state)
    return declared.title if declared else in_words(state)


def term_words(pathway: Pathway, name: str) -> str:
    """What this council calls a role, to begin a line: the rest keeps its letters, for it may hold a name."""
    words = pathway.term(name)
    return words[:1].upper() + words[1:]


def level_words(pathway: Pathway, key: str | None) -> str:
    """The local number and name of a level of need."""
    for level in pathway.levels:
        if key in {level.code, level.key} and key is not None:
            return f"Level {level.number}: {level.name}"
    return "Not decided yet"


def outcome_words(pathway: Pathway, outcome: str | None) -> str | None:
    """The outcome by its label if a code list has it."""
    if outcome is None:
        return None
    for codes in pathway.codes.values():
        if outcome in codes:
            return codes[outcome].label
    return in_words(outcome)
