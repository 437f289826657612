"""Recording a new contact, or a step down from social care. One page; every button keeps the draft."""

from typing import Any, NamedTuple

from flask import abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection, select
from werkzeug.wrappers import Response

from earlyhelp.casework.drafts import DraftRefused, discard_draft
from earlyhelp.casework.intake import open_case, opening_engine
from earlyhelp.casework.refusals import KeyReused
from earlyhelp.insight.drafts import agencies_known, referrers_of
from earlyhelp.pathway.definition import Action, Pathway
from earlyhelp.pathway.facts import BadFields, Refused
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.reference import CodeEntry
from earlyhelp.web.access import permitted, person
from earlyhelp.web.cases.choices import choices_for
from earlyhelp.web.forms.from_action import OCCURRED
from earlyhelp.web.front_door.contact_form import OpeningForm, opening_form
from earlyhelp.web.front_door.door import blueprint
from earlyhelp.web.front_door.drafting import drafted, keep_draft, new_key
from earlyhelp.web.front_door.sent_before import SENT_OTHERWISE, remember_sent, saved_before
from earlyhelp.web.own_words import own_word
from earlyhelp.web.people.asking import WhoIsKnown, ask_who_is_known, known_page, with_choices
from earlyhelp.web.services import services

LISTS = ("gender", "ethnicity", "disability", "relationship")


class Opening(NamedTuple):
    """What the page of an opening action needs."""

    pathway: Pathway
    action: Action
    form: OpeningForm
    agencies: list[str]
    known: Any


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
    if request.method == "GET":
        return _page(_begun(action), template)
    button = next((name for name in request.form if name.startswith("do_")), None)
    kept = _kept(action)
    opening = _begun(action)
    if button == "do_leave" and kept:
        flash(f"Kept as unfinished: you find it at the top of the {own_word('front_door')}", "success")
        return redirect(url_for("front_door.queue"))
    if button is not None:
        _help(opening.form, button)
        return _page(opening, template)
    try:
        reference, homeless = _try(opening)
    except WhoIsKnown as asked:
        return known_page(asked, title=opening.action.title)
    if reference:
        flash(f"Saved as {reference}", "success")
        return redirect(url_for("cases.page", reference=reference))
    return _page(opening, template, homeless), 422


def _begun(action: str) -> Opening:
    """The form as it stands: empty, as it was sent, or as the draft of the address has it."""
    with reading(services().engine) as connection:
        engine = opening_engine(connection, person=person(), now=services().now())
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
        asked = request.method == "GET" and "draft" in request.args
        kept = drafted(connection, action) if asked else None
        if asked and kept is None:
            flash("That unfinished contact is not there any more: it was sent, deleted or forgotten.")
        form = form_class(formdata=kept) if kept is not None else form_class()
        agency = form.referrer.form.organisation.data if "referrer" in form else None
        known = (
            referrers_of(connection, agency=agency) if agency and "do_find_referrer" in request.form else []
        )
        agencies = agencies_known(connection)
    form.draft.data = form.draft.data or new_key()
    return Opening(engine.pathway, declared, form, agencies, known)


def _kept(action: str) -> bool:
    """Whether what was typed is kept: whatever happens next, it is not lost."""
    try:
        keep_draft(action)
    except DraftRefused:
        return False
    return True


def _help(form: OpeningForm, button: str) -> None:
    """Do what a button other than the last one asks for."""
    if button == "do_add_child":
        form.children.add_another()
    elif button == "do_add_adult":
        form.adults.add_another()
    elif button == "do_use_referrer" and "referrer" in form:
        with reading(services().engine) as connection:
            people = referrers_of(connection, agency=form.referrer.form.organisation.data or "")
        chosen = next((one for one in people if str(one.id) == request.form[button]), None)
        if chosen is not None:
            form.fill_referrer(chosen)


def _page(opening: Opening, template: str, homeless: list[str] | None = None) -> str:
    return render_template(
        template,
        form=opening.form,
        action=opening.action,
        agencies=opening.agencies,
        known=opening.known,
        searched="do_find_referrer" in request.form,
        homeless=homeless or [],
        form_has_errors=homeless is not None,
        pathway=opening.pathway,
    )


def _try(opening: Opening) -> tuple[str | None, list[str]]:
    """Begin the case with what was typed: its reference, or the words that belong to no field."""
    form, owner, key = opening.form, person().id, opening.form.draft.data or ""
    assert owner is not None
    try:
        with transaction(services().engine) as connection:
            before = saved_before(connection, key)
            if before is not None:
                discard_draft(connection, owner_id=owner, key=key)
                return before, []
            opened = open_case(
                connection,
                person=person(),
                action=opening.action.name,
                children=with_choices(connection, form),
                adults=form.told_adults(),
                fields=form.values(opening.action),
                referrer=form.referrer.form.told() if "referrer" in form else None,
                known_errors=form.all_faults(),
                occurred_at=form[OCCURRED].moment(services().now()),
                now=services().now(),
            )
            ask_who_is_known(connection, case_id=opened.case_id, form=form)
            remember_sent(connection, key, opened.case_id)
            discard_draft(connection, owner_id=owner, key=key)
    except KeyReused:
        return None, [SENT_OTHERWISE]
    except BadFields as refused:
        return None, form.show(refused.errors)
    except Refused as refused:
        return None, [str(refused)]
    return opened.reference, []


def _national(connection: Connection) -> dict[str, dict[str, str]]:
    rows = connection.execute(
        select(CodeEntry.code_list, CodeEntry.code, CodeEntry.label)
        .where(CodeEntry.code_list.in_(LISTS))
        .order_by(CodeEntry.code_list, CodeEntry.position)
    )
    found: dict[str, dict[str, str]] = {name: {} for name in LISTS}
    for row in rows:
        found[row.code_list][row.code] = row.label
    return found
