"""Entries of a chronology in words, each by the pathway its case runs on."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection

from earlyhelp.casework.notes import note_types
from earlyhelp.casework.pathways import compiled
from earlyhelp.insight.cases import names_in
from earlyhelp.insight.chronology import Entry
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.pathway.definition import Pathway
from earlyhelp.web.presenters.cases import recorded_details, words_of
from earlyhelp.web.presenters.words import date_words, in_words

SHOWN_FIRST = (
    "worries",
    "rationale",
    "what_changed",
    "reason",
    "childs_voice",
    "comment",
    "decisions",
    "achieved",
)
"""What says most about an event, in this order; the case's history has the rest."""


class EntryShown(NamedTuple):
    """One entry: its day, what it was, by whom, on which case, what it says."""

    day: str
    title: str
    by: str
    reference: str
    text: str
    significant: str | None
    struck: bool
    source: str
    id: int
    case_id: int


def shown_entries(connection: Connection, entries: Sequence[Entry], now: datetime) -> list[EntryShown]:
    pathways = {
        pathway_id: compiled(connection, pathway_id=pathway_id).pathway
        for pathway_id in sorted({entry.told.pathway_id for entry in entries})
    }
    names = names_in(connection, [entry.told for entry in entries if entry.source == "event"], pathways)
    return [_shown(entry, pathways[entry.told.pathway_id], names, now) for entry in entries]


def _shown(entry: Entry, pathway: Pathway, names: Mapping[str, str], now: datetime) -> EntryShown:
    told = entry.told
    title, text, struck = _note(told, pathway) if entry.source == "note" else _event(told, pathway, names)
    return EntryShown(
        day=date_words(entry.on, now.astimezone(LONDON).date()),
        title=title,
        by=told.actor_name or in_words(told.actor),
        reference=told.reference,
        text=text,
        significant=entry.significant,
        struck=struck,
        source=entry.source,
        id=entry.id,
        case_id=told.case_id,
    )


def _note(told: Any, pathway: Pathway) -> tuple[str, str, bool]:
    kind = note_types(pathway.codes).get(told.kind, told.kind)
    return f"Note: {kind}", told.words, told.struck_at is not None


def _event(told: Any, pathway: Pathway, names: Mapping[str, str]) -> tuple[str, str, bool]:
    action = pathway.actions.get(told.action)
    title = action.title if action else in_words(told.action)
    if told.kind == "contact" and told.contact_source:
        sources = {code: entry.label for code, entry in pathway.codes.get("source", {}).items()}
        title = f"{title}: {words_of(told.contact_source, sources)}"
    said = dict(told.fields)
    if told.kind == "contact" and told.worries:
        said.setdefault("worries", told.worries)
    for name in SHOWN_FIRST:
        if isinstance(said.get(name), str):
            return title, said[name], False
    rest = [f"{name.rstrip('?')}: {value}" for name, value in recorded_details(told, pathway, names)[:2]]
    return title, told.reason or "\n".join(rest), False
