"""Meetings of one case: the list, planning one, recording that it was held, cancelling it."""

from datetime import date
from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from sqlalchemy import Connection

from earlyhelp.casework.meetings import ANSWERS, cancel_meeting, hold_meeting, plan_meeting, review_action
from earlyhelp.casework.perform import actor_on
from earlyhelp.insight.meetings import MeetingShown, meetings_of, reviews_apart
from earlyhelp.insight.plans import plan_of
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.pathway.definition import Action
from earlyhelp.records.database import reading
from earlyhelp.web.access import log_read, permitted, person
from earlyhelp.web.cases.choices import choices_for
from earlyhelp.web.cases.form_page import Answer, about_form, asked, form_page
from earlyhelp.web.cases.frame import Frame, frame_of, working_frame
from earlyhelp.web.forms.dates import DateParts
from earlyhelp.web.forms.fields import LongText, Text
from earlyhelp.web.forms.from_action import form_for
from earlyhelp.web.forms.plain import PlainForm, answered, attempt, shown_again
from earlyhelp.web.meetings.people import ADD, likely_people, people_of, typed_people, with_empty_rows
from earlyhelp.web.presenters import words
from earlyhelp.web.presenters.cases import recorded_details, term_words
from earlyhelp.web.services import services

blueprint = Blueprint("meetings", __name__, url_prefix="/cases/<reference>/meetings")
DERIVED = ("attended",)
"""Follows from the people ticked, so it is not asked twice."""


class PlanForm(PlainForm):
    planned_on = DateParts("Date of the meeting")
    place = Text("Place (optional)", description="For example: the school, or by video.", width="20")


class CancelForm(PlainForm):
    reason = LongText("Why is it cancelled?")


@blueprint.get("")
@permitted("case.open")
def page(reference: str) -> str:
    now = services().now()
    with reading(services().engine) as connection:
        frame = frame_of(connection, reference=reference, person=person())
        meetings = meetings_of(connection, case_id=frame.case.id)
        apart = reviews_apart(connection, case_id=frame.case.id, meetings=meetings)
    log_read(case_id=frame.case.id, what="meetings")
    recorded = {one.row.id: recorded_details(one.review, frame.pathway, {}) for one in meetings if one.review}
    return render_template(
        "meetings/page.html",
        frame=frame,
        meetings=meetings,
        recorded=recorded,
        apart=[(event, recorded_details(event, frame.pathway, {})) for event in apart],
        can_review=_review(frame) is not None,
        term=term_words(frame.pathway, "meeting"),
        answers=ANSWERS,
        today=now.astimezone(LONDON).date(),
        words=words,
    )


@blueprint.route("/new", methods=["GET", "POST"])
@permitted("case.open")
def plan(reference: str) -> Answer:
    with reading(services().engine) as connection:
        frame = working_frame(connection, reference=reference, person=person())
        likely = likely_people(
            meetings_of(connection, case_id=frame.case.id), plan_of(connection, case_id=frame.case.id)
        )
    form, homeless = PlanForm(), list[str]()
    people = typed_people() if form.is_submitted() else likely
    about = _about(frame, form, f"Plan a {frame.pathway.term('meeting')}", "Save the meeting")
    if not form.is_submitted() or ADD in request.form:
        return _people_page("meetings/plan.html", people, homeless, about)
    homeless = attempt(
        form,
        lambda connection: plan_meeting(
            connection,
            reference=frame.reference,
            person=person(),
            given={**form.values(), "people": people},
            now=services().now(),
            known_errors=form.faults(),
        ),
    )
    done = answered(form, homeless, saved="The meeting is planned", go_to=_list(frame))
    return done or _refused_page("meetings/plan.html", people, homeless, about)


@blueprint.route("/<int:meeting_id>/record", methods=["GET", "POST"])
@permitted("case.open")
def hold(reference: str, meeting_id: int) -> Answer:
    """The review of the plan, with who came: one page, one recording."""
    now = services().now()
    with reading(services().engine) as connection:
        frame, meeting = _found(connection, reference, meeting_id)
        action = _review(frame)
        if action is None or not meeting.is_due:
            abort(404)
        plan = plan_of(connection, case_id=frame.case.id)
        form = _review_form(connection, frame, action, meeting.row.planned_on)
    people = typed_people() if form.is_submitted() else people_of(meeting)
    about = _about(frame, form, f"Record a {frame.pathway.term('meeting')}", action.title)
    about |= {"plan": plan, "today": now.astimezone(LONDON).date(), "words": words}
    if not form.is_submitted() or ADD in request.form:
        return _people_page("meetings/hold.html", people, [], about)
    homeless = attempt(
        form,
        lambda connection: hold_meeting(
            connection,
            reference=frame.reference,
            meeting_id=meeting_id,
            person=person(),
            given={"people": people},
            review=form.values(action),
            now=now,
            seen_version=_seen(form),
            known_errors=form.faults(),
        ),
    )
    done = answered(form, homeless, saved=f"{action.title}: saved", go_to=_list(frame))
    return done or _refused_page("meetings/hold.html", people, homeless, about)


@blueprint.route("/<int:meeting_id>/cancel", methods=["GET", "POST"])
@permitted("case.open")
def cancel(reference: str, meeting_id: int) -> Answer:
    with reading(services().engine) as connection:
        working_frame(connection, reference=reference, person=person())
        frame, meeting = _found(connection, reference, meeting_id)
    form = CancelForm()
    return form_page(
        _about(frame, form, "Cancel a meeting", "Cancel the meeting"),
        lambda connection: cancel_meeting(connection, meeting_id=meeting_id, **asked(frame, form)),
        saved="The meeting is cancelled",
        quoted=f"Planned for {meeting.row.planned_on:%d/%m/%Y}",
    )


def _review(frame: Frame) -> Action | None:
    """The review that this reader may record now."""
    action = review_action(frame.pathway, frame.case.state)
    return action if action and actor_on(person(), frame.case).roles & set(action.roles) else None


def _review_form(connection: Connection, frame: Frame, action: Action, day: date) -> Any:
    """The form of the pathway's review; the date of the meeting stands in it already, once it has come."""
    made = form_for(
        frame.pathway,
        action,
        choices=choices_for(connection, action, case=frame.case),
        now=services().now(),
        leave_out=DERIVED,
    )
    delattr(made, "occurred_at")  # a review happened on the date of the meeting, and says so
    known: dict[str, Any] = {"version": frame.case.version}
    if action.field("taf_date") and day <= services().now().astimezone(LONDON).date():
        known["taf_date"] = day
    return made(data=known)


def _found(connection: Connection, reference: str, meeting_id: int) -> tuple[Frame, MeetingShown]:
    frame = frame_of(connection, reference=reference, person=person())
    meetings = meetings_of(connection, case_id=frame.case.id)
    found = next((one for one in meetings if one.row.id == meeting_id), None)
    if found is None:
        abort(404)
    return frame, found


def _people_page(template: str, people: Any, homeless: list[str], about: dict[str, Any]) -> str:
    rows = with_empty_rows(people)
    return render_template(template, people=rows, homeless=homeless, answers=ANSWERS, **about)


def _refused_page(template: str, people: Any, homeless: list[str], about: dict[str, Any]) -> tuple[str, int]:
    rows = with_empty_rows([row for row in people if row["name"] or row["agency"]])
    return shown_again(template, people=rows, homeless=homeless, answers=ANSWERS, **about)


def _about(frame: Frame, form: Any, heading: str, save: str) -> dict[str, Any]:
    return about_form(frame, form, heading, save, back=_list(frame))


def _list(frame: Frame) -> str:
    return url_for("meetings.page", reference=frame.reference)


def _seen(form: Any) -> int:
    seen = form.version.data or ""
    return int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else -1
