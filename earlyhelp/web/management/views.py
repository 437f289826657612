"""The dashboard, the alerts, and the lists that wait for a manager."""

from datetime import date, datetime, time, timedelta
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from earlyhelp.casework.alerts import AlertRefused, acknowledge
from earlyhelp.casework.refusals import NoSuchCase
from earlyhelp.insight import alerts, dashboard, worklists
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.records.database import reading, transaction
from earlyhelp.web.access import permitted, person
from earlyhelp.web.presenters.alerts import shown_alerts
from earlyhelp.web.presenters.places import read_place, written_place
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
        board = dashboard.board(connection, person=person(), now=now)
    return render_template("management/dashboard.html", board=board, now=now)


@blueprint.get("/alerts")
@permitted("management")
def alert_list() -> str:
    now, status = services().now(), request.args.get("status", "open")
    if status not in alerts.STATUSES:
        abort(404)
    try:
        after = read_place(request.args.get("after"))
    except ValueError:
        abort(404)
    clock, stage = request.args.get("clock") or None, request.args.get("stage") or None
    with reading(services().engine) as connection:
        found = alerts.list_alerts(
            connection, person=person(), statuses=(status,), clock=clock, stage=stage, after=after
        )
        rows = shown_alerts(connection, found[: alerts.PAGE], now)
        counts = alerts.count_by_team_and_worker(connection, person=person())
    last = found[alerts.PAGE - 1] if len(found) > alerts.PAGE else None
    following = written_place((last.fell_due_at, last.id)) if last is not None else None
    chosen: dict[str, Any] = {"status": status, "clock": clock, "stage": stage}
    return render_template(
        "management/alerts.html",
        rows=rows,
        counts=counts,
        chosen=chosen,
        statuses=alerts.STATUSES,
        next_url=url_for("management.alert_list", after=following, **chosen) if following else None,
    )


@blueprint.post("/alerts/<int:alert_id>/acknowledge")
@permitted("management")
def acknowledge_alert(alert_id: int) -> Response:
    """Acknowledging needs a promise: what will happen, and by when."""
    try:
        with transaction(services().engine) as connection:
            acknowledge(
                connection,
                alert_id=alert_id,
                person=person(),
                note=request.form.get("note", ""),
                promise_by=_end_of(request.form.get("by", "")),
                now=services().now(),
            )
        flash("The promise is recorded. You will hear of it again if the day passes.", "success")
    except NoSuchCase:
        abort(404)
    except AlertRefused as refused:
        flash(str(refused))
    return redirect(url_for("management.alert_list"))


@blueprint.get("/<any(authorisations, allocations, 'step-ups'):which>")
@permitted("management")
def waiting(which: str) -> str:
    kind, title = WAITING[which]
    now = services().now()
    try:
        after = read_place(request.args.get("after"))
    except ValueError:
        abort(404)
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


def _end_of(text: str) -> datetime | None:
    """The first instant after the day that a browser's date box gives; None when it gives none."""
    try:
        return datetime.combine(date.fromisoformat(text) + timedelta(days=1), time(0), LONDON)
    except (ValueError, OverflowError):
        return None
