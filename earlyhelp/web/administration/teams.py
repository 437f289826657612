"""Teams, what each is for, who works how much in it, and the ceilings and weights of caseloads."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection, select
from werkzeug.wrappers import Response
from wtforms import Form

from earlyhelp.casework.accounts import TEAM_KINDS
from earlyhelp.casework.workload import WorkloadRefused, set_hours, set_rules, set_team
from earlyhelp.insight.staff_lists import PAGE, listed_teams
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.organisation import Team, User, UserRole
from earlyhelp.records.reference import PublishedPathway
from earlyhelp.records.workload import FULL, LEVELS, UNKNOWN, WORK_KINDS, WorkloadRules, read_workload_rules
from earlyhelp.web.access import permitted, person
from earlyhelp.web.asking import number_asked, words_asked
from earlyhelp.web.forms.fields import Number, Radios, Select, Text, YesNo
from earlyhelp.web.presenters.words import in_words
from earlyhelp.web.services import services

blueprint = Blueprint("teams", __name__, url_prefix="/administration/teams")
KINDS = {kind: in_words(kind) for kind in TEAM_KINDS}
GROUPS = {
    "ceilings": ("Open cases for one full-time worker", TEAM_KINDS),
    "complexity": ("Points of a case by level of need", (*LEVELS, UNKNOWN)),
    "routine": ("Points of a case by the routine work where it stands", WORK_KINDS),
}


class TeamForm(Form):
    """What a team is."""

    name = Text("Name")
    kind = Radios("What is it for?", choices=KINDS)
    locality = Text("Locality (optional)")
    pathway = Select("Pathway of its new cases")
    manager = Select("Manager", description="Somebody chosen here becomes one of this team")
    ceiling = Number(
        "Most open cases for one full-time worker (optional)",
        description="Left empty, the council's rule holds",
        width="3",
        input_mode="numeric",
    )


class HoursForm(Form):
    """How much one person works."""

    fte = Text("Hours as a part of full time", description="1 is full time, 0.5 half", width="4")
    newly_qualified = YesNo("Newly qualified?")
    ceiling = Number(
        "Most open cases (optional)",
        description="Left empty, the rule of the team holds, in proportion to hours",
        width="3",
        input_mode="numeric",
    )


@blueprint.get("")
@permitted("administration")
def page() -> str:
    words = words_asked()
    with reading(services().engine) as connection:
        found = listed_teams(connection, words=words, after=number_asked("after"))
    more = url_for("teams.page", words=words or None, after=found[PAGE - 1].id) if len(found) > PAGE else None
    return render_template(
        "administration/teams.html", teams=found[:PAGE], words=words, next_url=more, kinds=KINDS
    )


@blueprint.get("/<key>")
@permitted("administration")
def team(key: str) -> str:
    return _team_page(key, None)


@blueprint.post("/<key>")
@permitted("administration")
def change_team(key: str) -> Response | tuple[str, int]:
    form = TeamForm(request.form)
    manager = form.manager.value
    try:
        with transaction(services().engine) as connection:
            set_team(
                connection,
                key=key,
                name=form.name.value,
                kind=form.kind.value,
                locality=form.locality.value,
                pathway=form.pathway.value,
                ceiling=_ceiling(form.ceiling.value),
                by=person().email,
                now=services().now(),
                manager_id=int(manager)
                if manager.isascii() and manager.isdigit() and len(manager) < 10
                else None,
            )
    except WorkloadRefused as refused:
        _show(form, refused)
        return _team_page(key, form), 422
    flash("The team is saved.", "success")
    return redirect(url_for("teams.page"))


@blueprint.get("/workers/<int:user_id>")
@permitted("administration")
def worker(user_id: int) -> str:
    return _worker_page(user_id, None)


@blueprint.post("/workers/<int:user_id>")
@permitted("administration")
def change_worker(user_id: int) -> Response | tuple[str, int]:
    form = HoursForm(request.form)
    try:
        if form.newly_qualified.value not in {True, False}:
            raise WorkloadRefused({"newly_qualified": "Say whether they are newly qualified"})
        with transaction(services().engine) as connection:
            set_hours(
                connection,
                user_id=_known(connection, user_id).id,
                fte=_part(form.fte.value),
                newly_qualified=form.newly_qualified.value,
                ceiling=_ceiling(form.ceiling.value),
                by=person().email,
                now=services().now(),
            )
    except WorkloadRefused as refused:
        _show(form, refused)
        return _worker_page(user_id, form), 422
    flash("The hours are saved.", "success")
    return redirect(url_for("teams.page"))


@blueprint.get("/workload")
@permitted("administration")
def rules() -> str:
    with reading(services().engine) as connection:
        return _rules_page(_rules_form(read_workload_rules(connection)))


@blueprint.post("/workload")
@permitted("administration")
def change_rules() -> Response | tuple[str, int]:
    """All ceilings and weights at once."""
    form = _rules_form()
    form.process(request.form)
    given: dict[str, Any] = {
        group: {name: form[f"{group}__{name}"].value for name in names}
        for group, (_, names) in GROUPS.items()
    }
    try:
        with transaction(services().engine) as connection:
            rules = {**given, "newly_qualified": form.newly_qualified.value}
            set_rules(connection, rules=rules, by=person().email, now=services().now())
    except WorkloadRefused as refused:
        _show(form, refused)
        return _rules_page(form), 422
    flash("Ceilings and weights are saved.", "success")
    return redirect(url_for("teams.rules"))


def _team_page(key: str, form: TeamForm | None) -> str:
    with reading(services().engine) as connection:
        found = connection.execute(select(Team).where(Team.key == key)).one_or_none()
        if found is None:
            abort(404)
        pathways = dict(connection.execute(select(PublishedPathway.name, PublishedPathway.title)).all())
        people = _people(connection, found.id)
        managers = connection.execute(
            select(User.id, User.name)
            .join(UserRole, UserRole.user_id == User.id)
            .where(User.active, UserRole.role == "manager")
            .order_by(User.name)
        ).all()
    here = [row.name for row in people if row.manages]
    if form is None:
        held = {name: found._mapping[name] for name in ("name", "kind", "locality", "pathway", "ceiling")}
        form = TeamForm(data={**held, "pathway": found.pathway or "", "ceiling": str(found.ceiling or "")})
    form.pathway.choices = {"": "The council's standard pathway", **pathways}
    form.manager.choices = {"": "As now: " + (", ".join(here) or "nobody")} | {
        str(row.id): row.name for row in managers
    }
    return render_template("administration/team.html", team=found, form=form, people=people)


def _worker_page(user_id: int, form: HoursForm | None) -> str:
    with reading(services().engine) as connection:
        found = _known(connection, user_id)
    if form is None:
        form = HoursForm(
            data={
                "fte": f"{found.fte:g}",
                "newly_qualified": "yes" if found.newly_qualified else "no",
                "ceiling": str(found.ceiling or ""),
            }
        )
    return render_template("administration/hours.html", worker=found, form=form)


def _rules_form(rules: WorkloadRules | None = None) -> Any:
    """A number for each ceiling and weight."""
    fields: dict[str, Any] = {}
    data: dict[str, str] = {}
    for group, (_, names) in GROUPS.items():
        for name in names:
            key = f"{group}__{name}"
            fields[key] = Number(
                "Not known" if name == UNKNOWN else in_words(name), width="3", input_mode="numeric"
            )
            data[key] = str(getattr(rules, group).get(name, 0)) if rules else ""
    fields["newly_qualified"] = Number("Newly qualified, in any team", width="3", input_mode="numeric")
    data["newly_qualified"] = str(rules.newly_qualified) if rules else ""
    return type("RulesForm", (Form,), fields)(data=data)


def _rules_page(form: Any) -> str:
    return render_template("administration/workload.html", form=form, groups=GROUPS, full=FULL)


def _people(connection: Connection, team_id: int) -> Any:
    manages = select(UserRole.role).where(UserRole.user_id == User.id, UserRole.role == "manager").exists()
    return connection.execute(
        select(User, manages.label("manages"))
        .where(User.team_id == team_id, User.active)
        .order_by(User.name, User.id)
    ).all()


def _known(connection: Connection, user_id: int) -> Any:
    found = connection.execute(select(User).where(User.id == user_id)).one_or_none()
    if found is None:
        abort(404)
    return found


def _ceiling(value: Any) -> int | None:
    """The number, None for nothing, or WorkloadRefused for what is none."""
    if value == "":
        return None
    return value if isinstance(value, int) else 0


def _part(text: str) -> float:
    """A part of full time as people type it; 0, which is refused, for what is none."""
    try:
        part = float(text.replace(",", ".")) if len(text) < 6 else 0.0
    except ValueError:
        return 0.0
    return round(part, 2) if part == part else 0.0


def _show(form: Any, refused: WorkloadRefused) -> None:
    for name, fault in refused.errors.items():
        form[name.replace("-", "__")].errors = [fault]
