"""The dashboard, the alerts, and the lists that wait for a manager."""

from datetime import datetime

from flask import Blueprint, redirect, render_template, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from earlyhelp.counting import count_again
from earlyhelp.insight import dashboard, worklists
from earlyhelp.insight.case_lists import council_days
from earlyhelp.insight.dashboard import Board
from earlyhelp.insight.health import health
from earlyhelp.insight.kept_board import Told, kept_board, told_board
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.records.database import reading
from earlyhelp.web.access import address_asked, permitted, person
from earlyhelp.web.alerts.listing import kept_filters, listing
from earlyhelp.web.alerts.promising import Fault, promised
from earlyhelp.web.asking import place_asked
from earlyhelp.web.presenters.places import written_place
from earlyhelp.web.presenters.words import moment_words, time_words
from earlyhelp.web.presenters.worklists import shown_rows
from earlyhelp.web.services import services

blueprint = Blueprint("management", __name__, url_prefix="/management")
WAITING = {
    "authorisations": ("authorisation", "Assessments to authorise"),
    "allocations": ("allocation", "Families to allocate"),
    "step-ups": ("step_up", "Step ups to decide"),
}
"""Lists that wait for a manager: the kind of state and the words for it."""


@blueprint.get("")
@permitted("management")
def dashboard_page() -> str:
    now = services().now()
    with reading(services().engine) as connection:
        kept = kept_board(connection, person=person(), now=now)
        board = told_board(connection, kept, now=now) if kept else _board(connection, now)
        state = health(connection, now=now, interval_seconds=services().settings.sweep_seconds)
    last = moment_words(state.last_sweep_at, now) if state.last_sweep_at else None
    return render_template(
        "management/dashboard.html",
        board=board,
        counted=counted_words(kept),
        health=state,
        last_sweep=last,
        since={kind: moment_words(moment, now) for kind, moment in board.oldest.items()},
        oldest_contact=moment_words(board.front_door.oldest, now) if board.front_door.oldest else None,
    )


@blueprint.post("")
@blueprint.post("/flow")
@permitted("management")
def count_now() -> Response:
    """Count for everybody what these two pages show, and go back to the one that asked."""
    count_again(services().engine, now=services().now())
    return redirect(address_asked(), 303)


def counted_words(kept: Told | None) -> str | None:
    """When that was: always today."""
    return time_words(kept.counted.at.astimezone(LONDON)) if kept else None


def _board(connection: Connection, now: datetime) -> Board:
    return dashboard.board(connection, person=person(), now=now, calendar=council_days(connection))


@blueprint.get("/alerts")
@permitted("management")
def alert_list() -> str:
    """Alerts by urgency, with the filters of the address."""
    return _alerts()


@blueprint.post("/alerts/<int:alert_id>/acknowledge")
@permitted("management")
def acknowledge_alert(alert_id: int) -> Response | tuple[str, int]:
    """Acknowledging needs a promise: what will happen, and by when."""
    fault = promised(alert_id)
    if fault is not None:
        return _alerts(fault), 422
    return redirect(url_for("management.alert_list", **kept_filters()))


@blueprint.get("/<any(authorisations, allocations, 'step-ups'):which>")
@permitted("management")
def waiting(which: str) -> str:
    kind, title = WAITING[which]
    now = services().now()
    after = place_asked()
    with reading(services().engine) as connection:
        found = worklists.waiting_for(connection, person=person(), kind=kind, after=after)
        rows = shown_rows(connection, list(found.items), now)
    following = written_place(found.following)
    return render_template(
        "management/waiting.html",
        rows=rows,
        title=title,
        next_url=url_for("management.waiting", which=which, after=following) if following else None,
    )


def _alerts(fault: Fault | None = None) -> str:
    now = services().now()
    with reading(services().engine) as connection:
        found = listing(connection, person=person(), now=now)
    return render_template("management/alerts.html", found=found, fault=fault)
