"""My families: what is due next for each, and what has fallen due."""

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from earlyhelp.casework.pathways import compiled
from earlyhelp.insight import assessments, worklists
from earlyhelp.insight.urgency import STATUSES, Wanted, urgent_first
from earlyhelp.records.database import reading
from earlyhelp.web.access import permitted, person
from earlyhelp.web.alerts.listing import kept_filters, own_listing
from earlyhelp.web.alerts.promising import Fault, promised
from earlyhelp.web.asking import place_asked
from earlyhelp.web.presenters.alerts import shown_alerts
from earlyhelp.web.presenters.drafts import shown_draft, shown_waiting
from earlyhelp.web.presenters.places import written_place
from earlyhelp.web.presenters.worklists import shown_rows
from earlyhelp.web.services import services

blueprint = Blueprint("my_cases", __name__, url_prefix="/my-cases")
FIRST = 10
"""Alerts, drafts and waits shown above the families; all other alerts are a page of their own."""


@blueprint.get("")
@permitted("my_cases")
def mine() -> str:
    now, who = services().now(), person()
    after = place_asked()
    with reading(services().engine) as connection:
        found = worklists.my_cases(connection, person=who, after=after)
        rows = shown_rows(connection, list(found.items), now)
        raised = urgent_first(connection, person=who, wanted=Wanted(worker=who.id), limit=FIRST)
        shown = shown_alerts(connection, raised[:FIRST], now)
        given = shown_rows(connection, list(worklists.given_cases(connection, person=who).items), now)
        drafts = assessments.drafts_of(connection, person=who, limit=FIRST)
        waiting = assessments.waiting_for_a_manager(connection, person=who, limit=FIRST)
        engines = {
            pathway_id: compiled(connection, pathway_id=pathway_id)
            for pathway_id in {one.row.pathway_id for one in waiting}
        }
    following = written_place(found.following)
    return render_template(
        "my_cases/mine.html",
        rows=rows,
        alerts=shown,
        more_alerts=len(raised) > FIRST,
        given=given,
        drafts=[shown_draft(one, now) for one in drafts[:FIRST]],
        more_drafts=len(drafts) > FIRST,
        waiting=[shown_waiting(one, engines[one.row.pathway_id], now) for one in waiting[:FIRST]],
        more_waiting=len(waiting) > FIRST,
        first_page=after is None,
        next_url=url_for("my_cases.mine", after=following) if following else None,
    )


@blueprint.get("/alerts")
@permitted("my_cases")
def alert_list() -> str:
    """The alerts of the families I lead: open, promised and resolved."""
    return _alerts()


@blueprint.post("/alerts/<int:alert_id>/acknowledge")
@permitted("my_cases")
def acknowledge_alert(alert_id: int) -> Response | tuple[str, int]:
    """Acknowledging needs a promise: what will happen, and by when."""
    fault = promised(alert_id)
    if fault is not None:
        return _alerts(fault), 422
    kept = kept_filters()
    return redirect(url_for("my_cases.alert_list", **kept) if kept else url_for("my_cases.mine"))


def _alerts(fault: Fault | None = None) -> str:
    now = services().now()
    with reading(services().engine) as connection:
        found = own_listing(connection, person=person(), now=now)
    return render_template("my_cases/alerts.html", found=found, statuses=list(STATUSES), fault=fault)
