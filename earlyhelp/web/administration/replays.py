"""Another file tried on the past: asked for here, done by the worker, watched and read here."""

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from sqlalchemy import Connection, select
from werkzeug.wrappers import Response

from earlyhelp.casework.replays import Wish, ask_for_replay
from earlyhelp.insight.replaying import from_data
from earlyhelp.pathway.definition import Pathway
from earlyhelp.pathway.loading import load_content
from earlyhelp.pathway.past_actions import not_told
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.replays import PathwayReplay
from earlyhelp.web.access import permitted, person
from earlyhelp.web.administration.pathway_files import Sent, running_or_404, sent_file, today
from earlyhelp.web.asking import number_asked
from earlyhelp.web.presenters import words
from earlyhelp.web.services import services

blueprint = Blueprint("replays", __name__, url_prefix="/administration/pathways")
YEAR = timedelta(days=365)
LOOK_AGAIN = 5
"""Seconds after which a browser asks how far it is."""
SHOWN = 20
"""Earlier replays on the page, newest first."""


@blueprint.route("/<name>/replay", methods=["GET", "POST"])
@permitted("administration")
def ask(name: str) -> str | Response | tuple[str, int]:
    """Which file, and which days; a sound one is put in the worker's queue."""
    with reading(services().engine) as connection:
        pathway = running_or_404(connection, name)[1]
        earlier = _earlier(connection, name)
        again = _one(connection, name, number_asked("again"))
    sent = sent_file(None) if request.method == "POST" else Sent(again.text if again else "", [], None)
    first, last, fault = _period(again)
    if sent.pathway is not None and not fault:
        wish = Wish(name, sent.pathway, sent.text, first, last)
        with transaction(services().engine) as connection:
            number = ask_for_replay(connection, wish, person=person(), now=services().now())
        return redirect(url_for("replays.one", name=name, number=number))
    page = render_template(
        "administration/pathway_replay.html",
        pathway=pathway,
        sent=sent,
        first=first,
        last=last,
        fault=fault,
        earlier=earlier,
        words=words,
        now=services().now(),
    )
    return (page, 422) if sent.faults or fault else page


@blueprint.get("/<name>/replay/<int:number>")
@permitted("administration")
def one(name: str, number: int) -> Response:
    """How far it is, and asks again by itself; in the end, what came out."""
    with reading(services().engine) as connection:
        pathway = running_or_404(connection, name)[1]
        row = _one(connection, name, number)
    if row is None:
        abort(404)
    other = load_content(row.content)
    page = render_template(
        "administration/pathway_replayed.html",
        pathway=pathway,
        row=row,
        other=other,
        found=from_data(row.result) if row.result else None,
        titles=_titles(pathway, other),
        not_told=not_told(other),
        words=words,
    )
    answer = make_response(page)
    if row.status in {"waiting", "running"}:
        answer.headers["Refresh"] = str(LOOK_AGAIN)
    return answer


def _one(connection: Connection, name: str, number: int | None) -> Any:
    if number is None:
        return None
    return connection.execute(
        select(PathwayReplay).where(PathwayReplay.id == number, PathwayReplay.pathway == name)
    ).one_or_none()


def _earlier(connection: Connection, name: str) -> list[Any]:
    columns = (PathwayReplay.id, PathwayReplay.asked_at, PathwayReplay.first_on, PathwayReplay.last_on)
    return list(
        connection.execute(
            select(*columns, PathwayReplay.status)
            .where(PathwayReplay.pathway == name)
            .order_by(PathwayReplay.asked_at.desc(), PathwayReplay.id.desc())
            .limit(SHOWN)
        )
    )


def _period(again: Any) -> tuple[date, date, str]:
    """The days that were asked for, or those of the replay to be tried again, or the last year."""
    last = again.last_on if again else today()
    first = again.first_on if again else last - YEAR
    try:
        first = date.fromisoformat(request.form.get("from") or first.isoformat())
        last = date.fromisoformat(request.form.get("to") or last.isoformat())
    except ValueError:
        return first, last, "Write the days as 2026-03-31"
    return first, last, "The period must not end before it begins" if last < first else ""


def _titles(*pathways: Pathway) -> dict[str, str]:
    actions = {name: action.title for pathway in pathways for name, action in pathway.actions.items()}
    return actions | {name: clock.title for pathway in pathways for name, clock in pathway.clocks.items()}
