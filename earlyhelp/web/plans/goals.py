"""The family's own goals: written down, reached, struck through."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from earlyhelp.casework.plans import add_goal, reach_goal, strike_goal
from earlyhelp.records.database import reading
from earlyhelp.web.access import permitted, person
from earlyhelp.web.cases.frame import Frame, working_frame
from earlyhelp.web.forms.plain import PlainForm, answered, attempt, shown_again
from earlyhelp.web.plans.entry import GoalForm, ReasonForm, blueprint
from earlyhelp.web.services import services

Answer = str | Response | tuple[str, int]


@blueprint.route("/goals/new", methods=["GET", "POST"])
@permitted("case.open")
def new_goal(reference: str) -> Answer:
    frame, form = _frame(reference), GoalForm()
    about = _about(frame, form, "Add a goal of the family", "Save the goal")
    if not form.is_submitted():
        return render_template("cases/form.html", homeless=[], **about)
    homeless = attempt(
        form,
        lambda connection: add_goal(
            connection,
            reference=frame.reference,
            person=person(),
            given=form.values(),
            now=services().now(),
            known_errors=form.faults(),
        ),
    )
    done = answered(form, homeless, saved="The goal is saved", go_to=_plan(frame))
    return done or shown_again("cases/form.html", homeless=homeless, **about)


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
    about = _about(frame, form, "Strike a goal through", "Strike it through")
    if not form.is_submitted():
        return render_template("cases/form.html", homeless=[], **about)
    homeless = attempt(
        form,
        lambda connection: strike_goal(
            connection,
            reference=frame.reference,
            goal_id=goal_id,
            person=person(),
            given=form.values(),
            now=services().now(),
        ),
    )
    done = answered(form, homeless, saved="The goal is struck through", go_to=_plan(frame))
    return done or shown_again("cases/form.html", homeless=homeless, **about)


def _frame(reference: str) -> Frame:
    with reading(services().engine) as connection:
        return working_frame(connection, reference=reference, person=person())


def _about(frame: Frame, form: PlainForm, heading: str, save: str) -> dict[str, object]:
    return {"frame": frame, "form": form, "heading": heading, "save": save, "back": _plan(frame)}


def _plan(frame: Frame) -> str:
    return url_for("plans.page", reference=frame.reference)
