"""The queue of contacts to decide, a new contact, a step down from social care."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from sqlalchemy import Connection, select
from werkzeug.wrappers import Response

from earlyhelp.casework.intake import open_case, opening_engine
from earlyhelp.insight import worklists
from earlyhelp.pathway.facts import BadFields, Refused
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.reference import CodeEntry
from earlyhelp.web.access import permitted, person
from earlyhelp.web.cases.choices import choices_for
from earlyhelp.web.forms.from_action import OCCURRED
from earlyhelp.web.front_door.contact_form import OpeningForm, opening_form
from earlyhelp.web.presenters.places import read_place, written_place
from earlyhelp.web.presenters.worklists import shown_rows
from earlyhelp.web.services import services

blueprint = Blueprint("front_door", __name__, url_prefix="/front-door")
SEARCH = "front_door_search"
ADD_CHILD = "add_child"


@blueprint.get("")
@permitted("front_door")
def queue() -> str:
    """Contacts to decide, nearest deadline first."""
    now, search = services().now(), session.get(SEARCH, "")
    try:
        after = read_place(request.args.get("after"))
    except ValueError:
        abort(404)
    with reading(services().engine) as connection:
        found = worklists.front_door_queue(connection, person=person(), after=after, search=search or None)
        counts = worklists.counts_by_kind(connection, person=person())
        rows = shown_rows(connection, list(found.items), now)
    following = written_place(found.following)
    return render_template(
        "front_door/queue.html",
        rows=rows,
        waiting=sum(counts.get(kind, 0) for kind in worklists.FRONT_DOOR_KINDS),
        counts=counts,
        search=search,
        next_url=url_for("front_door.queue", after=following) if following else None,
    )


@blueprint.post("/search")
@permitted("front_door")
def search() -> Response:
    """Narrow the queue. The words stay in the session: a child's name has no place in an address."""
    session[SEARCH] = request.form.get("search", "").strip()[:100]
    return redirect(url_for("front_door.queue"))


@blueprint.route("/contacts/new", methods=["GET", "POST"])
@permitted("contact.record")
def new_contact() -> str | Response | tuple[str, int]:
    """Record what somebody told us about a child."""
    return _opening("receive_contact", "front_door/contact.html")


@blueprint.route("/step-downs/new", methods=["GET", "POST"])
@permitted("step_down.record")
def new_step_down() -> str | Response | tuple[str, int]:
    """Take over a family from social care."""
    return _opening("step_down", "front_door/step_down.html")


def _opening(action: str, template: str) -> str | Response | tuple[str, int]:
    with reading(services().engine) as connection:
        engine = opening_engine(connection, person=person())
        declared = engine.pathway.actions.get(action)
        if declared is None:
            abort(404)
        form_class = opening_form(
            engine.pathway,
            declared,
            choices=choices_for(connection, declared),
            now=services().now(),
            national=_national(connection),
        )
    form = form_class()
    homeless: list[str] = []
    adding = request.method == "POST" and ADD_CHILD in request.form
    if adding:
        form.children.add_another()
    elif request.method == "POST":
        reference, homeless = _try(form, declared)
        if reference:
            flash(f"Saved as {reference}", "success")
            return redirect(url_for("cases.page", reference=reference))
    failed = request.method == "POST" and not adding
    html = render_template(
        template,
        form=form,
        action=declared,
        homeless=homeless,
        form_has_errors=failed,
        pathway=engine.pathway,
    )
    return (html, 422) if failed else html


def _try(form: OpeningForm, declared: Any) -> tuple[str | None, list[str]]:
    """Begin the case with what was typed: its reference, or the words that belong to no field."""
    try:
        with transaction(services().engine) as connection:
            opened = open_case(
                connection,
                person=person(),
                action=declared.name,
                children=form.told_children(),
                fields=form.values(declared),
                referrer=form.referrer.form.told() if "referrer" in form else None,
                known_errors=form.all_faults(),
                occurred_at=form[OCCURRED].moment(services().now()),
                now=services().now(),
            )
    except BadFields as refused:
        return None, form.show(refused.errors)
    except Refused as refused:
        return None, [str(refused)]
    return opened.reference, []


def _national(connection: Connection) -> dict[str, dict[str, str]]:
    rows = connection.execute(
        select(CodeEntry.code_list, CodeEntry.code, CodeEntry.label)
        .where(CodeEntry.code_list.in_(("gender", "ethnicity")))
        .order_by(CodeEntry.code_list, CodeEntry.position)
    )
    found: dict[str, dict[str, str]] = {"gender": {}, "ethnicity": {}}
    for row in rows:
        found[row.code_list][row.code] = row.label
    return found
