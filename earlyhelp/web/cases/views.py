"""The case page, the page of one action, the working of one clock."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection, select
from werkzeug.wrappers import Response

from earlyhelp.casework.forms import is_published
from earlyhelp.casework.papers import newest_assessment
from earlyhelp.casework.perform import engine_for, perform
from earlyhelp.casework.reading import case_for, running_clocks
from earlyhelp.casework.refusals import StaleVersion
from earlyhelp.casework.submissions import DECISIONS
from earlyhelp.insight.cases import history_versions
from earlyhelp.insight.clocks import workings_of
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.pathway.definition import Action
from earlyhelp.pathway.facts import BadFields, Refused
from earlyhelp.permissions import visible_cases
from earlyhelp.records.cases import Case
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.identifiers import parse_reference
from earlyhelp.web.access import log_read, permitted, person
from earlyhelp.web.cases.asked_before import asked_before
from earlyhelp.web.cases.beside import ask_first, beside, held_by, held_words
from earlyhelp.web.cases.choices import choices_for
from earlyhelp.web.cases.deciding import objections
from earlyhelp.web.cases.reading import possible_actions, read_case_page
from earlyhelp.web.cases.service_choices import is_finding
from earlyhelp.web.cases.versions import engines_of
from earlyhelp.web.forms.from_action import OCCURRED, ActionForm, form_for
from earlyhelp.web.forms.sent import written
from earlyhelp.web.presenters import cases as shown, words
from earlyhelp.web.services import services

blueprint = Blueprint("cases", __name__, url_prefix="/cases")
STALE = "Somebody else changed this case while you were writing. Look at what changed, then send it again."


@blueprint.get("/<reference>")
@permitted("case.open")
def page(reference: str) -> str | Response:
    canonical = _canonical(reference)
    if canonical != reference:
        return redirect(url_for("cases.page", reference=canonical))
    now = services().now()
    with reading(services().engine) as connection:
        found = read_case_page(connection, reference=canonical, person=person(), now=now)
    log_read(case_id=found.case.id, what="case")
    return render_template("cases/page.html", page=found, shown=shown, words=words, now=now)


@blueprint.route("/<reference>/actions/<action>", methods=["GET", "POST"])
@permitted("case.open")
def act(reference: str, action: str) -> str | Response | tuple[str, int]:
    reference, now = _canonical(reference), services().now()
    with reading(services().engine) as connection:
        case = case_for(connection, reference=reference, person=person())
        engine = engine_for(connection, case)
        running = list(running_clocks(connection, case_id=case.id))
        possible = possible_actions(connection, case, engine, running, person(), now)
        declared = next((one for one in possible if one.name == action), None)
        if declared is None:
            refused = objections(connection, case, engine, running, person(), now)
            return _not_possible(reference, action, engine, refused.get(action))
        elsewhere = _page_of_its_own(connection, case, declared) if request.method == "GET" else None
        if elsewhere is not None:
            return redirect(elsewhere)
        form_class = form_for(
            engine.pathway, declared, choices=choices_for(connection, declared, case=case), now=now
        )
        form_class, page = beside(connection, form_class, case, engine, declared, running, now)
        before = asked_before(connection, case=case, action=declared)
    held = held_by(page)
    if held is not None and request.method == "GET":
        return ask_first(held, case, declared)
    form = form_class(version=case.version, **{OCCURRED: now.astimezone(LONDON).date()}, **before)
    homeless: list[str] = []
    finding = is_finding([field.name for field in declared.fields if field.type == "services"])
    if request.method == "POST" and not finding:
        homeless = held_words(held) or _try(form, declared, case) or []
        if not homeless and not any(field.errors for field in form):
            return _done(declared, reference)
    context = {
        "form": form,
        "action": declared,
        "case": case,
        "homeless": homeless,
        "pathway": engine.pathway,
        "page": page,
        "holder": held.name if held else "",
    }
    failed = bool(homeless or any(field.errors for field in form))
    html = render_template(
        "cases/action.html", form_has_errors=failed, **context, shown=shown, words=words, now=now
    )
    return (html, 422) if failed else html


@blueprint.get("/<reference>/clocks/<name>")
@permitted("case.open")
def clock(reference: str, name: str) -> str:
    """Show the working: every day of the clock, and whose it was."""
    now = services().now()
    with reading(services().engine) as connection:
        case = case_for(connection, reference=_canonical(reference), person=person())
        engines = engines_of(connection, case, history_versions(connection, case_id=case.id))
        workings = workings_of(connection, case=case, engine_of=engines.__getitem__, name=name, now=now)
    if not workings:
        abort(404)
    log_read(case_id=case.id, what="clock")
    return render_template(
        "cases/clock.html", case=case, workings=workings, shown=shown, words=words, now=now
    )


def _page_of_its_own(connection: Connection, case: Any, declared: Action) -> str | None:
    """Where an assessment is submitted or decided with the whole of it in sight; None for every other action."""
    if declared.form is None and declared.kind not in DECISIONS:
        return None
    assessment = newest_assessment(connection, case_id=case.id)
    if declared.form is not None:
        published = assessment is not None or is_published(connection, declared.form)
        return url_for("assessments.submit", reference=case.reference) if published else None
    waits = assessment is not None and assessment.state == "submitted"
    return url_for("authorising.decide", reference=case.reference) if waits else None


def _canonical(reference: str) -> str:
    canonical = parse_reference(reference)
    if canonical is None:
        abort(404)
    return canonical


def _try(form: ActionForm, declared: Any, case: Any) -> list[str] | None:
    """Take the action with what was typed. Returns words that belong to no field; other faults go to their fields."""
    seen = form.version.data or ""
    try:
        with transaction(services().engine) as connection:
            perform(
                connection,
                reference=case.reference,
                action=declared.name,
                person=person(),
                fields=form.values(declared),
                now=services().now(),
                occurred_at=form[OCCURRED].moment(services().now(), not_before=case.state_entered_at),
                known_errors=form.faults(),
                seen_version=int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else -1,
            )
    except StaleVersion as stale:
        form.version.data = str(stale.current)
        return [STALE]
    except BadFields as refused:
        return form.show(refused.errors)
    except Refused as refused:
        return [str(refused)]
    return None


def _done(declared: Action, reference: str) -> Response:
    """To the case; or to where their work is, where what they did has taken it out of their sight."""
    with reading(services().engine) as connection:
        theirs = connection.scalar(
            select(Case.id).where(Case.reference == reference, visible_cases(person()))
        )
    if theirs is not None:
        flash(f"{declared.title}: saved", "success")
        return redirect(url_for("cases.page", reference=reference))
    flash(
        f"{declared.title}: saved. {reference} is with others now, and no longer among your cases.", "success"
    )
    if declared.kind in {"step_up_accepted", "step_up_returned"}:
        return redirect(url_for("step_ups.inbox"))
    return redirect(url_for("account.start"))


def _not_possible(
    reference: str, action: str, engine: Any, objection: str | None
) -> Response | tuple[str, int]:
    declared = engine.pathway.actions.get(action)
    if declared is None:
        abort(404)
    why = objection or "the case has moved on, or it is not for your role"
    texts = written(request.form.items(multi=True))
    if texts:
        told = {"title": declared.title, "why": why, "reference": reference, "written": texts}
        return render_template("cases/not_possible.html", **told), 409
    flash(f"{declared.title} is not possible now: {why}.")
    return redirect(url_for("cases.page", reference=reference))
