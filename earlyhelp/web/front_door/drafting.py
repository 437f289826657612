"""Drafts of contacts: kept as they are typed, found again after a sign-out, thrown away on request."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import flash, jsonify, redirect, request, url_for
from sqlalchemy import Connection
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from earlyhelp.casework.drafts import KEPT_FOR, DraftRefused, discard_draft, save_draft
from earlyhelp.insight import drafts
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.permissions import Person
from earlyhelp.records.database import transaction
from earlyhelp.web.access import permitted, person
from earlyhelp.web.asking import name_asked
from earlyhelp.web.front_door.door import blueprint
from earlyhelp.web.presenters.words import moment_words, time_words
from earlyhelp.web.services import services

NOT_KEPT = ("csrf_token", "draft")
PAGES = {"receive_contact": "front_door.new_contact", "step_down": "front_door.new_step_down"}


def new_key() -> str:
    """A key that nobody can guess, made with the page: a draft begins to exist when something is typed."""
    return secrets.token_urlsafe(16)


def keep_draft(action: str) -> None:
    """Keep the form that was sent. Raises DraftRefused."""
    owner = person().id
    assert owner is not None
    fields = {name: values for name, values in request.form.lists() if _is_kept(name)}
    with transaction(services().engine) as connection:
        save_draft(
            connection,
            owner_id=owner,
            key=request.form.get("draft", ""),
            action=action,
            fields=fields,
            now=services().now(),
        )


def drafted(connection: Connection, action: str) -> MultiDict[str, str] | None:
    """The fields of the draft that the address names, as a form reads them; None when it is not there any more."""
    owner, key = person().id, name_asked("draft")[:40]
    assert owner is not None
    since = services().now() - KEPT_FOR
    found = drafts.draft_fields(connection, owner_id=owner, key=key, action=action, since=since)
    return None if found is None else MultiDict({**found, "draft": [key]})


def shown_drafts(connection: Connection, person: Person, now: datetime) -> list[dict[str, Any]]:
    """What this person has begun, in words."""
    if person.id is None:
        return []
    rows = drafts.drafts_of(connection, owner_id=person.id, since=now - KEPT_FOR)
    return [
        {
            "key": row.key,
            "words": _about(drafts.fields_in(row.content)),
            "saved": moment_words(row.saved_at, now),
            "deleted": moment_words(row.saved_at + KEPT_FOR, now),
            "link": url_for(PAGES[row.action], draft=row.key),
        }
        for row in rows
        if row.action in PAGES
    ]


@blueprint.post("/drafts/<any(receive_contact, step_down):action>")
@permitted("front_door")
def keep(action: str) -> Response | tuple[Response, int]:
    """The page's script keeps what is typed."""
    try:
        keep_draft(action)
    except DraftRefused as refused:
        return jsonify({"problem": str(refused)}), 422
    return jsonify({"saved": time_words(services().now().astimezone(LONDON))})


@blueprint.post("/drafts/discard")
@permitted("front_door")
def discard() -> Response:
    owner = person().id
    assert owner is not None
    with transaction(services().engine) as connection:
        discard_draft(connection, owner_id=owner, key=request.form.get("draft", "")[:40])
    flash("The unfinished contact is deleted", "success")
    return redirect(url_for("front_door.queue"))


def _is_kept(name: str) -> bool:
    return name not in NOT_KEPT and not name.startswith("do_")


def _about(fields: Mapping[str, list[str]]) -> str:
    """Whom a draft is about, and who told it."""
    names = (
        " ".join(typed for part in ("given_name", "family_name") if (typed := _typed(fields, n, part)))
        for n in range(30)
    )
    children = ", ".join(name for name in names if name) or "No child named yet"
    teller = next(
        (fields[key][0] for key in ("referrer-organisation", "referrer-name") if fields.get(key, [""])[0]), ""
    )
    return f"{children[:200]}, told by {teller[:100]}" if teller else children[:200]


def _typed(fields: Mapping[str, list[str]], n: int, part: str) -> str:
    return fields.get(f"children-{n}-{part}", [""])[0].strip()
