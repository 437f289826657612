"""Which services a form offers: what somebody searched for, what they have chosen, and what fits the contact."""

from collections.abc import Sequence
from typing import Any

from flask import has_request_context, request, session
from sqlalchemy import Connection, select

from earlyhelp.insight.directory import (
    Wanted,
    count_services,
    find_services,
    labels_of,
    need_labels,
    needs_met,
    services_by_key,
)
from earlyhelp.records.cases import Contact

OFFERED = 20
CHOSEN = "directory_chosen"
"""In the session: keys of the services that this person put on their list in the directory."""
FIND = "find"
LONGEST = 100


def is_finding(field_names: Sequence[str]) -> bool:
    """Whether what was posted asks for other services instead of taking the action."""
    return any(f"{name}:{FIND}" in request.form for name in field_names)


def service_choices(connection: Connection, name: str, case: Any) -> dict[str, dict[str, str]]:
    """What the picker of that field shows: services by key, needs to search by, the words above the list."""
    searched = has_request_context() and request.method == "POST"
    chosen = request.form.getlist(name) if searched else _on_the_list()
    wanted = wanted_in(name) if searched else Wanted(needs=_needs_of(connection, case))
    rows = find_services(connection, wanted=wanted, limit=OFFERED)[:OFFERED]
    found = count_services(connection, wanted=wanted)
    if not searched and len(rows) < OFFERED:
        rows = [*rows, *_others(connection, {row.key for row in rows}, OFFERED - len(rows))]
    named = services_by_key(connection, keys=list(dict.fromkeys(chosen))[:OFFERED])
    shown = {row.key: _line(row) for row in [*(one for one in named if one.withdrawn_at is None), *rows]}
    met = needs_met(connection)
    return {
        name: shown,
        f"{name}:needs": {code: label for code, label in need_labels(connection).items() if code in met},
        f"{name}:told": {"words": _told(found, searched)},
        f"{name}:ticked": {} if searched else {row.key: row.name for row in named},
    }


def wanted_in(name: str) -> Wanted:
    """What was typed into the search boxes of that field."""
    typed = {
        part: request.form.get(f"{name}:{part}", "").strip()[:LONGEST]
        for part in ("need", "age", "place", "words")
    }
    age = typed["age"]
    return Wanted(
        needs=(typed["need"],) if typed["need"] else (),
        age=int(age) if age.isascii() and age.isdigit() and len(age) < 4 else None,
        place=typed["place"],
        words=typed["words"],
    )


def _on_the_list() -> list[str]:
    kept = session.get(CHOSEN, []) if has_request_context() else []
    return [key for key in kept if isinstance(key, str)]


def _needs_of(connection: Connection, case: Any) -> tuple[str, ...]:
    if case is None:
        return ()
    needs = connection.scalar(select(Contact.presenting_needs).where(Contact.case_id == case.id))
    return tuple(needs or ())


def _others(connection: Connection, known: set[str], most: int) -> list[Any]:
    rows = find_services(connection, wanted=Wanted(), limit=OFFERED + most)
    return [row for row in rows if row.key not in known][:most]


def _line(row: Any) -> str:
    told = labels_of(row)
    return " – ".join(part for part in (told["name"], told["ages"], told["places"]) if part)


def _told(found: int, searched: bool) -> str:
    if not searched:
        return "Services that fit what the contact is about come first. Search for others."
    if not found:
        return "No service fits the search. Ask for less."
    shown = min(found, OFFERED)
    return f"{found} found" if shown == found else f"{found} found, the first {shown} are shown: ask for more"
