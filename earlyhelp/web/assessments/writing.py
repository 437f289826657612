"""Writing one section: saved at once, by hand or by the page's script, and put together when two people write."""

import json
from typing import Any

from flask import abort, flash, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response

from earlyhelp.casework.assessments import SectionMoved, save_section
from earlyhelp.casework.papers import Saved, section_version
from earlyhelp.casework.refusals import NotAllowed
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.pathway.facts import BadFields
from earlyhelp.questionnaires.answers import read_answers
from earlyhelp.questionnaires.definition import Section
from earlyhelp.records.database import reading, transaction
from earlyhelp.web.access import AUTOSAVE, log_read, permitted, person
from earlyhelp.web.assessments.desk import Desk
from earlyhelp.web.assessments.entry import Page, blueprint, moved_on, open_desk, shown_page, whole
from earlyhelp.web.assessments.sections import (
    conflicts_shown,
    decided,
    filled_form,
    merged,
    read_mine,
    shown_questions,
)
from earlyhelp.web.forms.from_questions import SectionForm
from earlyhelp.web.services import services


@blueprint.route("/sections/<name>", methods=["GET", "POST"])
@permitted("case.open")
def section(reference: str, name: str) -> Page:
    """One section, saved as often as anybody likes."""
    now = services().now()
    desk = open_desk(reference)
    declared = _declared(desk, name)
    if not desk.may_draft:
        return moved_on(desk)
    form = filled_form(desk.paper, declared, desk.engine.pathway, now=now)
    if request.method == "GET":
        log_read(case_id=desk.case.id, what="assessment section")
        return _section_page(desk, declared, form)
    if AUTOSAVE in request.headers:
        return _autosaved(desk, declared, form)
    return _saved(desk, declared, form)


@blueprint.post("/sections/<name>/compare")
@permitted("case.open")
def compare(reference: str, name: str) -> Page:
    """What two people wrote at once, after somebody decided answer by answer."""
    now = services().now()
    desk = open_desk(reference)
    declared = _declared(desk, name)
    moved = _moved_again(desk, declared)
    if not desk.may_draft or moved is None:
        return moved_on(desk)
    shown = conflicts_shown(desk.paper, declared, desk.engine.pathway, moved, now=now, posted=request.form)
    if any(conflict.error for conflict in shown):
        return _compare_page(desk, declared, moved, shown), 422
    given = decided(desk.paper, declared, moved, shown)
    try:
        _keep(desk, declared, given, moved.theirs.version)
    except SectionMoved as again:
        return _put_together(desk, declared, again)
    except BadFields as refused:
        for conflict in shown:
            conflict.field.errors = tuple(refused.errors.get(conflict.name, ()))
        return _compare_page(desk, declared, moved, shown), 422
    flash(f"{declared.title}: saved with what both of you wrote", "success")
    return redirect(url_for("assessments.section_list", reference=desk.case.reference))


def _declared(desk: Desk, name: str) -> Section:
    declared = desk.paper.form.section(name)
    if declared is None:
        abort(404)
    return declared


def _section_page(desk: Desk, declared: Section, form: SectionForm) -> str:
    failed = any(field.errors for field in form)
    saved = desk.paper.sections.get(declared.name)
    return shown_page(
        "section",
        desk,
        section=declared,
        form=form,
        questions=shown_questions(desk.paper, declared, form),
        comment=desk.comments.get(declared.name, "") if desk.paper.state == "returned" else "",
        form_has_errors=failed,
        saved=saved,
    )


def _autosaved(desk: Desk, declared: Section, form: SectionForm) -> tuple[Response, int]:
    """The answer to the page's script: the version that stands now, or why nothing was saved."""
    try:
        version = _keep(desk, declared, form.typed(), _seen(form), form)
    except (SectionMoved, BadFields, NotAllowed) as fault:
        return jsonify({"words": _why_not(fault)}), 409 if isinstance(fault, SectionMoved) else 422
    return jsonify({"version": version}), 200


def _why_not(fault: Exception) -> str:
    if isinstance(fault, SectionMoved):
        return f"{fault.theirs.saved_by} saved this section meanwhile. Save it, and you can compare both."
    return "Not saved yet: something here cannot be read. Save it to see what."


def _saved(desk: Desk, declared: Section, form: SectionForm) -> Page:
    try:
        _keep(desk, declared, form.typed(), _seen(form), form)
    except SectionMoved as moved:
        return _put_together(desk, declared, moved)
    except BadFields as refused:
        form.show(refused.errors)
        return _section_page(desk, declared, form), 422
    except NotAllowed:
        return moved_on(desk)
    return _onwards(desk, declared)


def _onwards(desk: Desk, declared: Section) -> Response:
    """To the next section, or to the list when that was asked for."""
    names = [one.name for one in desk.paper.form.sections]
    following = names[names.index(declared.name) + 1 :]
    reference = desk.case.reference
    if request.form.get("go") == "list" or not following:
        flash(f"{declared.title}: saved", "success")
        return redirect(url_for("assessments.section_list", reference=reference))
    return redirect(url_for("assessments.section", reference=reference, name=following[0]))


def _put_together(desk: Desk, declared: Section, moved: SectionMoved) -> Page:
    """Both at once where nobody has to decide; otherwise side by side."""
    now = services().now()
    fresh = open_desk(desk.case.reference)
    put = merged(fresh.paper, declared, moved)
    if not put.conflicts:
        try:
            _keep(fresh, declared, put.agreed, moved.theirs.version)
        except SectionMoved as again:
            return _put_together(fresh, declared, again)
        flash(
            f"{declared.title}: saved, together with what {moved.theirs.saved_by} wrote meanwhile", "success"
        )
        return redirect(url_for("assessments.section_list", reference=desk.case.reference))
    shown = conflicts_shown(fresh.paper, declared, fresh.engine.pathway, moved, now=now, posted={})
    return _compare_page(fresh, declared, moved, shown), 409


def _compare_page(desk: Desk, declared: Section, moved: SectionMoved, shown: list[Any]) -> str:
    return shown_page(
        "compare",
        desk,
        section=declared,
        conflicts=shown,
        moved=moved,
        mine=json.dumps(dict(moved.mine)),
        form_has_errors=any(conflict.error or conflict.field.errors for conflict in shown),
    )


def _moved_again(desk: Desk, declared: Section) -> SectionMoved | None:
    """The two versions that the page of comparing showed, read anew; None when it names none."""
    theirs = _version(desk, declared, request.form.get("version", ""))
    if theirs is None:
        return None
    base = _version(desk, declared, request.form.get("base", ""))
    return SectionMoved(theirs=theirs, base=base, mine=_mine(desk, declared))


def _mine(desk: Desk, declared: Section) -> dict[str, Any]:
    """One's own answers as the page carried them, read anew: what was tampered with is no answer."""
    given = read_mine(request.form.get("mine", ""))
    on = services().now().astimezone(LONDON).date()
    return read_answers(desk.paper.form, declared.questions, given, on)[0]


def _version(desk: Desk, declared: Section, number: str) -> Saved | None:
    if desk.paper.id is None:
        return None
    with reading(services().engine) as connection:
        return section_version(
            connection, assessment_id=desk.paper.id, section=declared.name, version=whole(number)
        )


def _keep(desk: Desk, declared: Section, given: Any, seen: int, form: SectionForm | None = None) -> int:
    with transaction(services().engine) as connection:
        return save_section(
            connection,
            reference=desk.case.reference,
            section=declared.name,
            given=given,
            seen_version=seen,
            person=person(),
            now=services().now(),
            known_errors=form.faults() if form is not None else None,
        ).version


def _seen(form: SectionForm) -> int:
    return whole(form.version.data or "")
