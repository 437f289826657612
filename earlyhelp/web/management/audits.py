"""Case audits: drawing a sample, grading its cases, what was found."""

import secrets
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response as BaseResponse
from wtforms import Form

from earlyhelp.casework.audit_themes import THEMES, Period
from earlyhelp.casework.audits import (
    GRADES,
    LARGEST_SEED,
    AuditRefused,
    NoSuchAudit,
    Wanted,
    audited_case_for,
    draw_sample,
    grade_case,
)
from earlyhelp.exporting import FORMATS, Sheet, Table, exported
from earlyhelp.insight import audits
from earlyhelp.insight.audits import PAGE
from earlyhelp.insight.code_lists import codes
from earlyhelp.pathway.calendar import LONDON, england
from earlyhelp.records.cases import Case
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.organisation import Team
from earlyhelp.web.access import log_read, permitted, person
from earlyhelp.web.asking import number_asked
from earlyhelp.web.files import sent
from earlyhelp.web.management.audit_forms import THEME_WORDS, GradeForm, SampleForm, sample_form
from earlyhelp.web.presenters import words
from earlyhelp.web.services import services

blueprint = Blueprint("audits", __name__, url_prefix="/management/audits")
MONTHS_BACK = -3


@blueprint.get("")
@permitted("case_audit")
def page() -> str:
    """What is mine to grade, samples newest first, and what was found."""
    with reading(services().engine) as connection:
        mine = audits.to_grade(connection, person=person())
        samples = audits.list_samples(connection, person=person(), before=number_asked("before"))
        grades = codes(connection, GRADES)
        by_theme = audits.grades_by(connection, person=person(), what="theme")
        by_team = audits.grades_by(connection, person=person(), what="team")
    following = samples[PAGE - 1].id if len(samples) > PAGE else None
    return render_template(
        "audits/index.html",
        mine=mine,
        samples=samples[:PAGE],
        themes=THEME_WORDS,
        grades=grades,
        by_theme=_crossed(by_theme, THEME_WORDS),
        by_team=_crossed(by_team, {None: "No team"}),
        formats=FORMATS,
        words=words,
        now=services().now(),
        next_url=url_for("audits.page", before=following) if following else None,
    )


@blueprint.get("/graded")
@permitted("case_audit")
def graded() -> str:
    """The cases behind one number of what was found: of a grade, by theme or by team; every graded case without."""
    grade, theme = request.args.get("grade") or None, request.args.get("theme") or None
    team_id = number_asked("team")
    with reading(services().engine) as connection:
        grades = codes(connection, GRADES)
        if grade not in {None, *grades} or theme not in {None, *THEME_WORDS}:
            abort(404)
        found = audits.graded_alike(
            connection,
            person=person(),
            grade=grade,
            theme=theme,
            team_id=team_id,
            before=number_asked("before"),
        )
        team = connection.scalar(select(Team.name).where(Team.id == team_id)) if team_id else None
    following = found[PAGE - 1].id if len(found) > PAGE else None
    of_whom = [THEME_WORDS[theme]] if theme else []
    of_whom += ["No team" if team_id == 0 else team or abort(404)] if team_id is not None else []
    return render_template(
        "audits/graded.html",
        cases=found[:PAGE],
        grade=grades[grade].lower() if grade else "",
        of_whom=", ".join(of_whom),
        next_url=url_for("audits.graded", grade=grade, theme=theme, team=team_id, before=following)
        if following
        else None,
    )


@blueprint.get("/new")
@permitted("case_audit")
def new() -> str:
    today = _today()
    first = england().months_after(today, MONTHS_BACK)
    with reading(services().engine) as connection:
        form = sample_form(connection, first_on=first, last_on=today, size="10", theme="random")
    return _form_page(form)


@blueprint.post("/new")
@permitted("case_audit")
def draw() -> BaseResponse | tuple[str, int]:
    with reading(services().engine) as connection:
        form = sample_form(connection, request.form)
    try:
        wanted, seed = _wanted(form), _seed(form)
        with transaction(services().engine) as connection:
            sample_id = draw_sample(
                connection, wanted=wanted, seed=seed, person=person(), now=services().now()
            )
    except AuditRefused as refused:
        _show(form, refused)
        return _form_page(form), 422
    flash("The sample is drawn.", "success")
    return redirect(url_for("audits.sample", sample_id=sample_id))


@blueprint.get("/<int:sample_id>")
@permitted("case_audit")
def sample(sample_id: int) -> str:
    """How it was drawn, and its cases."""
    with reading(services().engine) as connection:
        found = audits.one_sample(connection, sample_id=sample_id)
        cases = audits.sampled_cases(connection, sample_id=sample_id, person=person())
        grades = codes(connection, GRADES)
    if found is None or not cases:
        abort(404)
    return render_template(
        "audits/sample.html",
        sample=found,
        theme=THEMES.get(found.theme),
        cases=cases,
        grades=grades,
        me=person().id,
        words=words,
        now=services().now(),
        today=_today(),
    )


@blueprint.get("/cases/<int:audited_id>")
@permitted("case_audit")
def grade_page(audited_id: int) -> str:
    """One case of a sample, for its auditor."""
    return _grade_page(audited_id, GradeForm())


@blueprint.post("/cases/<int:audited_id>")
@permitted("case_audit")
def grade(audited_id: int) -> BaseResponse | tuple[str, int]:
    form = GradeForm(request.form)
    try:
        with transaction(services().engine) as connection:
            grade_case(
                connection,
                audited_id=audited_id,
                grade=form.grade.value,
                strengths=form.strengths.value,
                learning=form.learning.value,
                person=person(),
                now=services().now(),
            )
    except NoSuchAudit:
        abort(404)
    except AuditRefused as refused:
        _show(form, refused)
        return _grade_page(audited_id, form), 422
    flash("The grade is recorded.", "success")
    return redirect(url_for("audits.page"))


@blueprint.get("/report.<any(csv, json, ods, xlsx, pdf, html):file_format>")
@permitted("case_audit")
def report(file_format: str) -> Response:
    """Every graded case with its learning, as a file."""
    with reading(services().engine) as connection:
        rows = audits.graded_cases(connection, person=person())
        grades = codes(connection, GRADES)
    columns = ("Case", "Audit", "Theme", "Team", "Auditor", "Graded on", "Grade", "Strengths", "Learning")
    cells = [
        (
            row.reference,
            row.title,
            THEME_WORDS.get(row.theme, row.theme),
            row.team,
            row.auditor,
            row.graded_at.astimezone(LONDON).date(),
            grades.get(row.grade, row.grade),
            row.strengths,
            row.learning,
        )
        for row in rows
    ]
    table = Table(
        f"case-audits-{_today().isoformat()}",
        "Case audits",
        [Sheet("Graded cases", columns, cells)],
        [("Made", f"{_today():%d/%m/%Y}")],
    )
    return sent(exported(table, file_format))


def _wanted(form: SampleForm) -> Wanted:
    """The form as casework reads it. AuditRefused with the dates that are missing or unreadable."""
    faults = {
        name: f"Enter the {words_for} day of the period"
        for name, words_for in (("first_on", "first"), ("last_on", "last"))
        if form[name].parsed is None
    }
    if faults:
        raise AuditRefused(faults)
    size = form.size.value
    return Wanted(
        title=form.title.value,
        theme=form.theme.value,
        period=Period(form.first_on.parsed, form.last_on.parsed),
        size=size if isinstance(size, int) else 0,
        auditors=form.auditors.value,
        team=form.team.value,
    )


def _seed(form: SampleForm) -> int:
    seed = form.seed.value
    if seed == "":
        return secrets.randbelow(LARGEST_SEED)
    if not isinstance(seed, int) or not 0 <= seed < LARGEST_SEED:
        raise AuditRefused({"seed": "The number to draw by is a whole number, or empty"})
    return seed


def _form_page(form: SampleForm) -> str:
    return render_template("audits/new.html", form=form)


def _grade_page(audited_id: int, form: GradeForm) -> str:
    with reading(services().engine) as connection:
        try:
            audited = audited_case_for(connection, audited_id=audited_id, person=person())
        except NoSuchAudit:
            abort(404)
        found = audits.one_sample(connection, sample_id=audited.sample_id)
        reference = connection.scalar(select(Case.reference).where(Case.id == audited.case_id))
        grades = codes(connection, GRADES)
    form.grade.choices = grades
    log_read(case_id=audited.case_id, what="audit")
    return render_template(
        "audits/grade.html", audited=audited, sample=found, reference=reference, form=form, grades=grades
    )


def _crossed(rows: Any, titles: Any) -> dict[Any, tuple[str, dict[str, int]]]:
    """Names and cases by grade, by theme or id of the team; 0 is none."""
    crossed: dict[Any, tuple[str, dict[str, int]]] = {}
    for row in rows:
        name = titles.get(row.name, row.name)
        crossed.setdefault(row.key or 0, (name, {}))[1][row.grade] = row.cases
    return crossed


def _show(form: Form, refused: AuditRefused) -> None:
    for name, fault in refused.errors.items():
        form[name].errors = list(getattr(form[name], "process_errors", ())) or [fault]


def _today() -> Any:
    return services().now().astimezone(LONDON).date()
