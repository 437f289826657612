"""One action of the plan: added, changed, how it goes, struck through."""

from typing import Any

from flask import abort, render_template, url_for

from earlyhelp.casework.plans import add_action, change_action, record_progress, strike_action
from earlyhelp.insight.plans import ActionStanding, action_of, journal_of
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.records.database import reading
from earlyhelp.records.plans import PlanAction
from earlyhelp.web.access import log_read, permitted, person
from earlyhelp.web.cases.form_page import TEMPLATE, Answer, about_form, asked, form_page
from earlyhelp.web.cases.frame import Frame, frame_of, working_frame
from earlyhelp.web.forms.plain import PlainForm, answered, attempt, shown_again
from earlyhelp.web.plans.entry import ProgressForm, ReasonForm, action_form, blueprint
from earlyhelp.web.presenters import words
from earlyhelp.web.presenters.plans import shown_changes
from earlyhelp.web.services import services


@blueprint.route("/actions/new", methods=["GET", "POST"])
@permitted("case.open")
def new_action(reference: str) -> Answer:
    with reading(services().engine) as connection:
        frame = working_frame(connection, reference=reference, person=person())
    form = action_form(frame.pathway)()
    return form_page(
        _about(frame, form, "Add an action to the plan", "Save the action"),
        lambda connection: add_action(connection, **asked(frame, form), known_errors=form.faults()),
        saved="The action is saved",
    )


@blueprint.route("/actions/<int:action_id>", methods=["GET", "POST"])
@permitted("case.open")
def action(reference: str, action_id: int) -> Answer:
    """The action with everything that was written of it; how it goes is written here."""
    frame, standing = _found(reference, action_id)
    form = ProgressForm()
    with reading(services().engine) as connection:
        changes = journal_of(
            connection, case_id=frame.case.id, subject=PlanAction.__tablename__, subject_id=action_id
        )
    about: dict[str, Any] = {
        "frame": frame,
        "form": form,
        "standing": standing,
        "changes": shown_changes(changes, frame.pathway, services().now()),
        "today": services().now().astimezone(LONDON).date(),
        "words": words,
    }
    if not form.is_submitted():
        log_read(case_id=frame.case.id, what="plan action")
        return render_template("plans/action.html", homeless=[], **about)
    homeless = attempt(
        form,
        lambda connection: record_progress(
            connection, action_id=action_id, **asked(frame, form), known_errors=form.faults()
        ),
    )
    done = answered(form, homeless, saved="How the action goes is saved", go_to=_plan(frame))
    return done or shown_again("plans/action.html", homeless=homeless, **about)


@blueprint.route("/actions/<int:action_id>/change", methods=["GET", "POST"])
@permitted("case.open")
def change(reference: str, action_id: int) -> Answer:
    frame, standing = _found(reference, action_id)
    _only_if(frame.works)
    form = action_form(frame.pathway)(data=_as_it_stands(standing.row))
    about = _about(frame, form, "Change an action of the plan", "Save the change")
    about["lead"] = "What it said before stays on record."
    if not form.is_submitted():
        return render_template(TEMPLATE, homeless=[], **about)
    homeless = attempt(
        form,
        lambda connection: change_action(
            connection,
            action_id=action_id,
            seen_version=form.seen_version(),
            **asked(frame, form),
            known_errors=form.faults(),
        ),
    )
    done = answered(form, homeless, saved="The change is saved", go_to=_plan(frame))
    if not done and homeless:
        _, standing = _found(reference, action_id)
        about["quoted"] = (
            f"It now says: {standing.row.what} ({standing.row.who}, by {standing.row.due_on:%d/%m/%Y})"
        )
    return done or shown_again(TEMPLATE, homeless=homeless, **about)


@blueprint.route("/actions/<int:action_id>/strike", methods=["GET", "POST"])
@permitted("case.open")
def strike(reference: str, action_id: int) -> Answer:
    frame, standing = _found(reference, action_id)
    _only_if(frame.works)
    form = ReasonForm()
    return form_page(
        _about(frame, form, "Strike an action through", "Strike it through"),
        lambda connection: strike_action(connection, action_id=action_id, **asked(frame, form)),
        saved="The action is struck through",
        quoted=standing.row.what,
    )


def _found(reference: str, action_id: int) -> tuple[Frame, ActionStanding]:
    with reading(services().engine) as connection:
        frame = frame_of(connection, reference=reference, person=person())
        standing = action_of(connection, case_id=frame.case.id, action_id=action_id)
    if standing is None:
        abort(404)
    return frame, standing


def _only_if(allowed: bool) -> None:
    if not allowed:
        abort(403)


def _as_it_stands(row: Any) -> dict[str, Any]:
    names = ("what", "who", "agency", "need", "due_on", "version")
    return {name: getattr(row, name) for name in names}


def _about(frame: Frame, form: PlainForm, heading: str, save: str) -> dict[str, Any]:
    return about_form(frame, form, heading, save, back=_plan(frame))


def _plan(frame: Frame) -> str:
    return url_for("plans.page", reference=frame.reference)
