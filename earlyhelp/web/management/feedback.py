"""Compliments, complaints and satisfaction: recording, listing, answering."""

from datetime import UTC, datetime, time
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response
from wtforms import Form

from earlyhelp.casework.feedback import (
    KINDS,
    SCORES,
    STAGES,
    FeedbackRefused,
    NoSuchFeedback,
    Told,
    answer_feedback,
    record_feedback,
)
from earlyhelp.insight.code_lists import codes
from earlyhelp.insight.feedback import PAGE, UNANSWERED, feedback_counts, list_feedback, one_feedback
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.records.database import reading, transaction
from earlyhelp.web.access import log_read, permitted, person
from earlyhelp.web.asking import number_asked, place_asked
from earlyhelp.web.cases.choices import teams
from earlyhelp.web.forms.dates import DateParts
from earlyhelp.web.forms.fields import LongText, Radios, Select, Text
from earlyhelp.web.management.views import blueprint
from earlyhelp.web.presenters import words
from earlyhelp.web.presenters.places import written_place
from earlyhelp.web.services import services

KIND_WORDS = {"compliment": "Compliment", "complaint": "Complaint", "satisfaction": "Family's satisfaction"}
STAGE_WORDS = {
    1: "Stage 1: local resolution",
    2: "Stage 2: investigation",
    3: "Stage 3: review panel",
}
SCORE_WORDS = {5: "5, very satisfied", 4: "4", 3: "3, neither", 2: "2", 1: "1, very dissatisfied"}
assert (*KIND_WORDS,) == KINDS
assert (set(STAGE_WORDS), set(SCORE_WORDS)) == (set(STAGES), set(SCORES))


class FeedbackForm(Form):
    """What somebody said."""

    kind = Radios("What is it?", choices=KIND_WORDS)
    stage = Radios(
        "Stage of the complaint",
        description="Only for a complaint",
        choices={str(k): v for k, v in STAGE_WORDS.items()},
    )
    score = Radios(
        "How satisfied is the family?",
        description="Only for satisfaction",
        choices={str(k): v for k, v in SCORE_WORDS.items()},
    )
    received_on = DateParts("When did it come?")
    said_by = Radios("Who said it?")
    said = LongText("What was said?")
    case = Text("Case (optional)", description="Its reference, like EH-2JM-HDCB", width="10")
    team = Select("Team (optional)", description="Without one, that of the case")


class AnswerForm(Form):
    """What was answered."""

    outcome = Radios("How did the complaint end?")
    answer = LongText("What was answered?")
    answered_on = DateParts("When was it answered?")


@blueprint.get("/feedback")
@permitted("management")
def feedback_list() -> str:
    """Newest first; all of it, of one kind or stage, or complaints without an answer."""
    kind, stage = request.args.get("kind") or None, number_asked("stage")
    if kind not in {None, UNANSWERED, *KINDS} or stage not in {None, *STAGES}:
        abort(404)
    place = place_asked()
    after = (place[0].astimezone(UTC).date(), place[1]) if place else None
    with reading(services().engine) as connection:
        found = list_feedback(connection, person=person(), kind=kind, stage=stage, after=after)
        counts = feedback_counts(connection, person=person())
        labels = codes(connection, "complaint_outcome") | codes(connection, "feedback_from")
    last = found[PAGE - 1] if len(found) > PAGE else None
    following = written_place((datetime.combine(last.received_on, time(), UTC), last.id)) if last else None
    return render_template(
        "management/feedback.html",
        rows=found[:PAGE],
        counts=counts,
        kind=kind,
        stage=stage,
        unanswered=UNANSWERED,
        kinds={**KIND_WORDS, UNANSWERED: "Complaints without an answer"},
        kind_words=KIND_WORDS,
        stages=STAGE_WORDS,
        labels=labels,
        words=words,
        today=_today(),
        next_url=url_for("management.feedback_list", kind=kind, stage=stage, after=following)
        if following
        else None,
    )


@blueprint.get("/feedback/new")
@permitted("management")
def new_feedback() -> str:
    """The empty form, for the case of the address if it names one."""
    form = FeedbackForm(data={"received_on": _today(), "case": request.args.get("case", "")[:20]})
    return _form_page(form)


@blueprint.post("/feedback/new")
@permitted("management")
def record() -> Response | tuple[str, int]:
    form = FeedbackForm(request.form)
    told = Told(
        kind=form.kind.value,
        received_on=form.received_on.parsed,
        said_by=form.said_by.value,
        said=form.said.value,
        stage=_number(form.stage.value),
        score=_number(form.score.value),
        case=form.case.value,
        team=form.team.value,
    )
    try:
        with transaction(services().engine) as connection:
            record_feedback(connection, told=told, person=person(), now=services().now())
    except FeedbackRefused as refused:
        _show(form, refused)
        return _form_page(form), 422
    flash("The feedback is recorded.", "success")
    return redirect(url_for("management.feedback_list"))


@blueprint.get("/feedback/<int:feedback_id>")
@permitted("management")
def feedback_page(feedback_id: int) -> str:
    """One, with its answer or the form for it."""
    return _one_page(feedback_id, AnswerForm(data={"answered_on": _today()}))


@blueprint.post("/feedback/<int:feedback_id>")
@permitted("management")
def answer(feedback_id: int) -> Response | tuple[str, int]:
    form = AnswerForm(request.form)
    try:
        with transaction(services().engine) as connection:
            answer_feedback(
                connection,
                feedback_id=feedback_id,
                outcome=form.outcome.value,
                answer=form.answer.value,
                answered_on=form.answered_on.parsed,
                person=person(),
                now=services().now(),
            )
    except NoSuchFeedback:
        abort(404)
    except FeedbackRefused as refused:
        _show(form, refused)
        return _one_page(feedback_id, form), 422
    flash("The answer is recorded.", "success")
    return redirect(url_for("management.feedback_page", feedback_id=feedback_id))


def _form_page(form: FeedbackForm) -> str:
    with reading(services().engine) as connection:
        form.team.choices = {"": "", **teams(connection)}
        form.said_by.choices = codes(connection, "feedback_from")
    return render_template("management/feedback_new.html", form=form)


def _one_page(feedback_id: int, form: AnswerForm) -> str:
    with reading(services().engine) as connection:
        given = _one(connection, feedback_id)
        form.outcome.choices = codes(connection, "complaint_outcome")
        labels = {**form.outcome.choices, **codes(connection, "feedback_from")}
    if given.case_id is not None:
        log_read(case_id=given.case_id, what="feedback")
    return render_template(
        "management/feedback_one.html",
        given=given,
        form=form,
        kinds=KIND_WORDS,
        stages=STAGE_WORDS,
        labels=labels,
        words=words,
        today=_today(),
    )


def _one(connection: Connection, feedback_id: int) -> Any:
    found = one_feedback(connection, feedback_id=feedback_id, person=person())
    if found is None:
        abort(404)
    return found


def _show(form: Form, refused: FeedbackRefused) -> None:
    for name, fault in refused.errors.items():
        form[name].errors = list(getattr(form[name], "process_errors", ())) or [fault]


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 3 else None


def _today() -> Any:
    return services().now().astimezone(LONDON).date()
