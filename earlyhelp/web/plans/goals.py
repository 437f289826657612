"""The family's own goals: written down, reached, struck through."""

from flask import flash, redirect, url_for
from werkzeug.wrappers import Response

from earlyhelp.casework.plans import add_goal, reach_goal, strike_goal
from earlyhelp.records.database import reading
from earlyhelp.web.access import permitted, person
from earlyhelp.web.cases.form_page import Answer, about_form, asked, form_page
from earlyhelp.web.cases.frame import Frame, working_frame
from earlyhelp.web.forms.plain import PlainForm, attempt
from earlyhelp.web.plans.entry import GoalForm, ReasonForm, blueprint
from earlyhelp.web.services import services


@blueprint.route("/goals/new", methods=["GET", "POST"])
@permitted("case.open")
def new_goal(reference: str) -> Answer:
    frame, form = _frame(reference), GoalForm()
    return form_page(
        about_form(frame, form, "Add a goal of the family", "Save the goal", back=_plan(frame)),
        lambda connection: add_goal(connection, **asked(frame, form), known_errors=form.faults()),
        saved="The goal is saved",
    )


@blueprint.post("/goals/<int:goal_id>/reached")
@permitted("case.open")
def goal_reached(reference: str, goal_id: int) -> Response:
    frame, form = _frame(reference), PlainForm()
    homeless = attempt(
        form,
        lambda connection: reach_goal(
            connection, reference=frame.reference, goal_id=goal_id, person=person(), now=services().now()
        ),
    )
    flash(homeless[0] if homeless else "The goal is marked as reached", "error" if homeless else "success")
    return redirect(_plan(frame))


@blueprint.route("/goals/<int:goal_id>/strike", methods=["GET", "POST"])
@permitted("case.open")
def goal_struck(reference: str, goal_id: int) -> Answer:
    frame, form = _frame(reference), ReasonForm()
    return form_page(
        about_form(frame, form, "Strike a goal through", "Strike it through", back=_plan(frame)),
        lambda connection: strike_goal(connection, goal_id=goal_id, **asked(frame, form)),
        saved="The goal is struck through",
    )


def _frame(reference: str) -> Frame:
    with reading(services().engine) as connection:
        return working_frame(connection, reference=reference, person=person())


def _plan(frame: Frame) -> str:
    return url_for("plans.page", reference=frame.reference)
