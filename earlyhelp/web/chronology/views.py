"""One page per child: what happened, on which case, filtered, flagged, printed."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from earlyhelp.insight.chronology import (
    KINDS,
    LONGEST_PRINT,
    PAGE,
    Entry,
    Place,
    Wanted,
    child_of,
    chronology,
    writable,
)
from earlyhelp.insight.cursors import BadCursor, Cursor, read_cursor, write_cursor
from earlyhelp.printing import pdf
from earlyhelp.records.database import reading
from earlyhelp.web.access import log_person_read, permitted, person
from earlyhelp.web.forms.dates import DATE, Misread, read_date
from earlyhelp.web.presenters import words
from earlyhelp.web.presenters.cases import shown_child
from earlyhelp.web.presenters.chronology import EntryShown, shown_entries
from earlyhelp.web.services import services

blueprint = Blueprint("chronology", __name__, url_prefix="/people/<public_id>")
FILTERS = ("kind", "significant", *(f"{name}-{part}" for name in ("since", "until") for part in DATE))
LIST = {"event": "chronology:event", "note": "chronology:note"}


@blueprint.get("/chronology")
@permitted("case.open")
def page(public_id: str) -> str:
    wanted, faults = _wanted()
    with reading(services().engine) as connection:
        child = _child(connection, public_id)
        found = chronology(
            connection, person_id=child.id, person=person(), wanted=wanted, after=_place(), limit=PAGE
        )
        entries = shown_entries(connection, found[:PAGE], services().now())
        case_ids = {entry.told.case_id for entry in found}
        mine = writable(connection, case_ids=case_ids, person=person())
    log_person_read(person_id=child.id, what="chronology")
    asked: dict[str, Any] = {name: request.args[name][:20] for name in FILTERS if request.args.get(name)}
    return render_template(
        "chronology/page.html",
        child=shown_child(child, services().now()),
        entries=entries,
        kinds={key: title for key, (title, _) in KINDS.items()},
        wanted=wanted,
        faults=faults,
        asked=asked,
        next_url=_following(public_id, found, asked),
        here=request.full_path,
        mine=mine,
    )


@blueprint.get("/chronology.pdf")
@permitted("case.open")
def printed(public_id: str) -> Response:
    wanted, _ = _wanted()
    now = services().now()
    with reading(services().engine) as connection:
        child = _child(connection, public_id)
        found = chronology(
            connection, person_id=child.id, person=person(), wanted=wanted, limit=LONGEST_PRINT
        )
        entries = shown_entries(connection, found[:LONGEST_PRINT], now)
    log_person_read(person_id=child.id, what="chronology, printed")
    told = shown_child(child, now)
    made = pdf(
        "chronology",
        {
            "printed": {
                "title": f"Chronology of {told['name']}",
                "reference": told["public_id"],
                "by": person().name,
                "at": words.moment_words(now, now),
            },
            "child": [
                ["Name", told["name"]],
                ["Date of birth", told["born"]],
                ["Shown", _asked_words(wanted)],
            ],
            "cut": len(found) > LONGEST_PRINT,
            "entries": [_printed(entry) for entry in entries],
        },
    )
    headers = {"Content-Disposition": f'attachment; filename="chronology-{told["public_id"]}.pdf"'}
    return Response(made, mimetype="application/pdf", headers=headers)


def _child(connection: Connection, public_id: str) -> Any:
    child = child_of(connection, public_id=public_id[:40], person=person())
    if child is None:
        abort(404)
    return child


def _wanted() -> tuple[Wanted, dict[str, str]]:
    """What is asked for. A date that cannot be read is told, and left out."""
    faults: dict[str, str] = {}
    days: dict[str, date | None] = {}
    for name in ("since", "until"):
        typed = {part: request.args.get(f"{name}-{part}", "").strip() for part in DATE}
        try:
            days[name] = read_date(typed) if any(typed.values()) else None
        except Misread as fault:
            faults[name], days[name] = str(fault), None
    kind = request.args.get("kind", "")
    kind = kind if kind in KINDS else ""
    return Wanted(kind, days["since"], days["until"], request.args.get("significant") == "yes"), faults


def _place() -> Place | None:
    text = request.args.get("after")
    if not text:
        return None
    for source, name in LIST.items():
        with suppress(BadCursor):
            cursor = read_cursor(text, of=name)
            if cursor.at is not None:
                return Place(cursor.at.date(), source, cursor.id)
    return abort(400)


def _following(public_id: str, found: Sequence[Entry], asked: dict[str, Any]) -> str | None:
    if len(found) <= PAGE:
        return None
    last = found[PAGE - 1]
    after = write_cursor(Cursor(last.id, words.start_of_day(last.on)), of=LIST[last.source])
    return url_for("chronology.page", public_id=public_id, after=after, **asked)


def _asked_words(wanted: Wanted) -> str:
    parts = [KINDS[wanted.kind][0] if wanted.kind else "Everything"]
    parts += ["significant only"] if wanted.significant else []
    parts += [f"from {wanted.since:%d/%m/%Y}"] if wanted.since else []
    parts += [f"to {wanted.until:%d/%m/%Y}"] if wanted.until else []
    return ", ".join(parts)


def _printed(entry: EntryShown) -> dict[str, Any]:
    return {
        "day": entry.day,
        "title": entry.title,
        "by": f"{entry.reference}, {entry.by}",
        "text": entry.text,
        "significant": entry.significant or "",
        "struck": entry.struck,
    }
