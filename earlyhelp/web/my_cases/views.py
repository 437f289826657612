"""My families: what is due next for each, and what has fallen due."""

from flask import Blueprint, abort, render_template, request, url_for

from earlyhelp.insight import alerts, worklists
from earlyhelp.records.database import reading
from earlyhelp.web.access import permitted, person
from earlyhelp.web.presenters.alerts import shown_alerts
from earlyhelp.web.presenters.places import read_place, written_place
from earlyhelp.web.presenters.worklists import shown_rows
from earlyhelp.web.services import services

blueprint = Blueprint("my_cases", __name__, url_prefix="/my-cases")


@blueprint.get("")
@permitted("my_cases")
def mine() -> str:
    now, who = services().now(), person()
    try:
        after = read_place(request.args.get("after"))
    except ValueError:
        abort(404)
    with reading(services().engine) as connection:
        found = worklists.my_cases(connection, person=who, after=after)
        rows = shown_rows(connection, list(found.items), now)
        raised = alerts.list_alerts(connection, person=who, lead_professional_id=who.id, limit=20)
        shown = shown_alerts(connection, raised[:20], now)
    following = written_place(found.following)
    return render_template(
        "my_cases/mine.html",
        rows=rows,
        alerts=shown,
        next_url=url_for("my_cases.mine", after=following) if following else None,
    )
