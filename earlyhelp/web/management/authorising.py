"""Assessments that wait for a manager: the queue, and the page on which one is authorised or returned."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from earlyhelp.casework.assessments import decide_assessment
from earlyhelp.casework.papers import newest_assessment
from earlyhelp.casework.pathways import compiled
from earlyhelp.casework.reading import case_for, running_clocks
from earlyhelp.casework.refusals import StaleVersion
from earlyhelp.casework.submissions import DECISIONS, wrote_in_it
from earlyhelp.insight import assessments as insight
from earlyhelp.pathway.calendar import LONDON, Calendar
from earlyhelp.pathway.definition import Action
from earlyhelp.pathway.facts import BadFields, Refused
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.identifiers import parse_reference
from earlyhelp.web.access import log_read, permitted, person
from earlyhelp.web.asking import place_asked
from earlyhelp.web.assessments.desk import Desk, desk_for
from earlyhelp.web.cases.choices import choices_for
from earlyhelp.web.cases.reading import possible_actions
from earlyhelp.web.cases.views import STALE
from earlyhelp.web.forms.from_action import OCCURRED, ActionForm, form_for
from earlyhelp.web.presenters import words
from earlyhelp.web.presenters.assessments import read_sections
from earlyhelp.web.presenters.cases import shown_child
from earlyhelp.web.presenters.places import written_place
from earlyhelp.web.services import services

blueprint = Blueprint("authorising", __name__, url_prefix="/management/authorisations")
COMMENT = "comment_on_"
LONG_WAIT = 2
"""Working days after which the wait is marked."""


class Decision(NamedTuple):
    """One of the things a manager may do with it, with the form that this needs."""

    action: Action
    form: ActionForm
    returns: bool


@blueprint.get("")
@permitted("management")
def queue() -> str:
    """What waits, longest first: since when, who wrote it, and whether it is one's own."""
    now = services().now()
    after = place_asked()
    with reading(services().engine) as connection:
        found = insight.awaiting_authorisation(connection, person=person(), after=after)
        ids = {item.row.pathway_id for item in found.items}
        calendars = {one: compiled(connection, pathway_id=one).calendar for one in ids}
    rows = [_row(item, calendars[item.row.pathway_id]) for item in found.items]
    following = written_place(found.following)
    return render_template(
        "management/authorisations.html",
        rows=rows,
        next_url=url_for("authorising.queue", after=following) if following else None,
        words=words,
        now=now,
    )


@blueprint.route("/<reference>", methods=["GET", "POST"])
@permitted("management")
def decide(reference: str) -> str | Response | tuple[str, int]:
    """The assessment with what changed since it was submitted last, and what the manager does with it."""
    now = services().now()
    with reading(services().engine) as connection:
        case = case_for(connection, reference=parse_reference(reference) or "", person=person())
        if (
            newest_assessment(connection, case_id=case.id) is None
        ):  # this council's pathway has no form for it
            return redirect(url_for("cases.page", reference=case.reference))
        desk = desk_for(connection, reference=case.reference, person=person())
        running = list(running_clocks(connection, case_id=desk.case.id))
        possible = possible_actions(connection, desk.case, desk.engine, running, person(), now)
        theirs = wrote_in_it(connection, case_id=desk.case.id, person=person())
        decisions = [
            _decision(connection, desk, action)
            for action in possible
            if action.kind in DECISIONS and not (theirs and action.kind == "assessment_authorised")
        ]
    if desk.last is None or desk.paper.state != "submitted":
        flash("This assessment does not wait for a manager any more.")
        return redirect(url_for("cases.page", reference=desk.case.reference))
    if request.method == "GET":
        log_read(case_id=desk.case.id, what="assessment")
        return _page(desk, decisions, {}, [])
    chosen = next((one for one in decisions if one.action.name == request.form.get("decision")), None)
    if chosen is None:
        return _page(desk, decisions, {}, ["Choose whether to authorise or to return it"]), 422
    return _decided(desk, decisions, chosen)


def _decided(desk: Desk, decisions: list[Decision], chosen: Decision) -> Response | tuple[str, int]:
    errors, homeless = _taken(desk, chosen)
    if errors or homeless or any(field.errors for field in chosen.form):
        return _page(desk, decisions, errors, homeless), 422
    flash(f"{desk.case.reference}: {chosen.action.title.lower()}, saved", "success")
    return redirect(url_for("authorising.queue"))


def _taken(desk: Desk, chosen: Decision) -> tuple[dict[str, list[str]], list[str]]:
    """Words for comments on sections, and words that belong to no field; other faults go to their fields."""
    now, form = services().now(), chosen.form
    try:
        with transaction(services().engine) as connection:
            decide_assessment(
                connection,
                reference=desk.case.reference,
                action=chosen.action.name,
                person=person(),
                fields=form.values(chosen.action),
                comments=_comments(desk) if chosen.returns else {},
                now=now,
                occurred_at=form[OCCURRED].moment(now, not_before=desk.case.state_entered_at),
                seen_version=_seen(form),
                known_errors={name.removeprefix(_prefix(chosen)): e for name, e in form.faults().items()},
            )
    except StaleVersion:
        return {}, [STALE]
    except BadFields as refused:
        return _placed(chosen, refused.errors)
    except Refused as refused:
        return {}, [str(refused)]
    return {}, []


def _placed(chosen: Decision, errors: Mapping[str, list[str]]) -> tuple[dict[str, list[str]], list[str]]:
    on_sections = {name: said for name, said in errors.items() if name.startswith(COMMENT)}
    rest: list[str] = []
    for name, said in errors.items():
        if name in chosen.form:
            chosen.form[name].errors = tuple(said)
        elif name not in on_sections:
            rest += said
    return on_sections, rest


def _decision(connection: Connection, desk: Desk, action: Action) -> Decision:
    now = services().now()
    form_class = form_for(
        desk.engine.pathway,
        action,
        choices=choices_for(connection, action, case=desk.case),
        now=now,
    )
    form = form_class(
        prefix=f"{action.name}-", version=desk.case.version, **{OCCURRED: now.astimezone(LONDON).date()}
    )
    return Decision(action, form, returns=action.kind == "assessment_returned")


def _page(desk: Desk, decisions: list[Decision], errors: Mapping[str, list[str]], homeless: list[str]) -> str:
    now = services().now()
    before = desk.submissions[-2].answers if len(desk.submissions) > 1 else None
    sections = read_sections(desk.paper.form, desk.last.answers, before=before)
    failed = bool(
        errors or homeless or any(field.errors for one in decisions for field in one.form if field.errors)
    )
    return render_template(
        "management/authorisation.html",
        desk=desk,
        children=[shown_child(child, now) for child in desk.children],
        sections=sections,
        decisions=decisions,
        typed=request.form,
        errors=errors,
        homeless=homeless,
        may_authorise=any(not one.returns for one in decisions),
        form_has_errors=failed,
        before=desk.submissions[-2] if before is not None else None,
        words=words,
        now=now,
    )


def _comments(desk: Desk) -> dict[str, str]:
    return {
        section.name: request.form.get(COMMENT + section.name, "") for section in desk.paper.form.sections
    }


def _row(item: insight.Waiting, calendar: Calendar) -> dict[str, Any]:
    now = services().now()
    since = calendar.date_of(item.row.state_entered_at)
    days = calendar.working_days_between(since, calendar.date_of(now))
    return {
        "row": item.row,
        "children": [shown_child(child, now) for child in item.children],
        "days": days,
        "long": days > LONG_WAIT,
        "own": item.row.assessment_author_id == person().id,
    }


def _seen(form: ActionForm) -> int:
    text = str(form.version.data or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _prefix(chosen: Decision) -> str:
    return f"{chosen.action.name}-"
