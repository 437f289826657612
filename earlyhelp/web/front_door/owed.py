"""What the front door still owes: answers to referrers, and asking whether families reached a service."""

import json
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from earlyhelp.casework.pathways import compiled
from earlyhelp.casework.public_drafts import drop_held, held_draft
from earlyhelp.casework.public_requests import let_in
from earlyhelp.insight.cursors import BadCursor, Cursor, read_cursor, write_cursor
from earlyhelp.insight.owed import ANSWERS, CHECKS, PAGE, held_requests, still_owed
from earlyhelp.pathway.definition import Pathway
from earlyhelp.pathway.facts import BadFields
from earlyhelp.records.database import reading, transaction
from earlyhelp.web.access import permitted, person
from earlyhelp.web.front_door.door import blueprint
from earlyhelp.web.presenters import words
from earlyhelp.web.presenters.cases import state_title
from earlyhelp.web.public.answers import Answers, codes_offered, request_of
from earlyhelp.web.public.sending import shown_answers
from earlyhelp.web.services import services

ACTIONS = {ANSWERS: "referrer_answered", CHECKS: "service_reached"}
"""By kind of clock, the kind of action that stops it."""


@blueprint.get("/checks")
@permitted("front_door")
def checks() -> str:
    """Families that were signposted and whom nobody has asked yet, soonest due first."""
    return _list(CHECKS, "front_door/checks.html", "front_door.checks")


@blueprint.get("/answers")
@permitted("front_door")
def answers() -> str:
    """Referrers who have not been told what happened, soonest due first."""
    return _list(ANSWERS, "front_door/answers.html", "front_door.answers")


@blueprint.get("/held")
@permitted("front_door")
def held() -> str:
    """Public requests that a robot seems to have sent: somebody must look before one is lost."""
    after = request.args.get("after", "")
    if after and (not after.isascii() or not after.isdigit() or len(after) > 9):
        abort(404)
    with reading(services().engine) as connection:
        rows = held_requests(connection, after=int(after) if after else None)
        codes = codes_offered(connection)
    shown = [(row, shown_answers(Answers(_content(row), codes))) for row in rows[:PAGE]]
    more = url_for("front_door.held", after=rows[PAGE - 1].id) if len(rows) > PAGE else None
    return render_template(
        "front_door/held_back.html", rows=shown, next_url=more, words=words, now=services().now()
    )


@blueprint.post("/held/<int:draft_id>")
@permitted("contact.record")
def decide_held(draft_id: int) -> Response:
    """Make a held request a contact, or throw it away."""
    with transaction(services().engine) as connection:
        draft = held_draft(connection, draft_id=draft_id)
        if draft is None:
            abort(404)
        if "discard" in request.form:
            drop_held(connection, draft_id=draft_id)
            flash("The request is thrown away", "success")
            return redirect(url_for("front_door.held"))
        told = request_of(Answers(draft.content, codes_offered(connection)))
        try:
            opened = let_in(connection, told, draft_id=draft_id, person=person(), now=services().now())
        except BadFields as refused:
            flash(f"It cannot become a contact: {next(iter(refused.errors.values()))[0]}")
            return redirect(url_for("front_door.held"))
    assert opened is not None
    flash(f"Saved as {opened.reference}", "success")
    return redirect(url_for("cases.page", reference=opened.reference))


def _list(kind: str, template: str, endpoint: str) -> str:
    now = services().now()
    with reading(services().engine) as connection:
        rows, following = still_owed(connection, person=person(), kind=kind, after=_after(kind))
        engines = {one: compiled(connection, pathway_id=one) for one in {row.pathway_id for row in rows}}
    shown = []
    for row in rows:
        engine = engines[row.pathway_id]
        left = words.time_left(row.due_at, now, engine.calendar)
        state = state_title(engine.pathway, row.state)
        due, action = words.by_end_of(row.due_at, now), _action(engine.pathway, kind)
        shown.append({"row": row, "left": left, "due": due, "state": state, "action": action})
    more = url_for(endpoint, after=write_cursor(following, of=kind)) if following else None
    return render_template(template, rows=shown, next_url=more, words=words, now=now)


def _action(pathway: Pathway, kind: str) -> str | None:
    return next((a.name for a in pathway.actions.values() if a.kind == ACTIONS[kind]), None)


def _after(kind: str) -> Cursor | None:
    text = request.args.get("after", "")
    try:
        return read_cursor(text, of=kind) if text else None
    except BadCursor:
        abort(404)


def _content(row: Any) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(row.content)
    return content
