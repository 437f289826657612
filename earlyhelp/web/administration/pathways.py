"""Pathways for administrators: every version, the picture, publishing, moving open cases, replaying the past."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection, select
from werkzeug.wrappers import Response
from wtforms import Form

from earlyhelp import places
from earlyhelp.casework.forms import faults_of_its_forms
from earlyhelp.casework.moving import (
    MoveRefused,
    move_cases,
    open_by_version,
    preview_moves,
    waiting_to_move,
)
from earlyhelp.casework.pathways import (
    VersionTaken,
    compiled,
    council_calendar,
    publish as publish_version,
    running_pathway_id,
)
from earlyhelp.insight.replaying import Asked, count_cases, replay as walk
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.pathway.definition import Pathway
from earlyhelp.pathway.diagram import svg
from earlyhelp.pathway.differences import differences
from earlyhelp.pathway.faults import Fault
from earlyhelp.pathway.fields import CONTROL_CHARACTERS
from earlyhelp.pathway.layers import Library
from earlyhelp.pathway.lint import check_text
from earlyhelp.pathway.loading import folder_library, read
from earlyhelp.pathway.machine import compile_pathway
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.reference import PublishedPathway
from earlyhelp.web.access import permitted, person
from earlyhelp.web.forms.fields import LongText
from earlyhelp.web.presenters import words
from earlyhelp.web.services import services

blueprint = Blueprint("pathways", __name__, url_prefix="/administration/pathways")
FILE = "your file"
LARGEST_FILE = 500_000
LONGEST_REASON = 500
LONGEST_BY = 254
"""Letters for who published a version, and why."""
MOST_MOVED = 200
"""Cases of one page and one transaction."""
MOST_REPLAYED = 20_000
"""Cases that a page waits for; a terminal has no such limit."""
YEAR = timedelta(days=365)


class ReasonForm(Form):
    """Why: kept with the version, or with every case."""

    reason = LongText("Why?", description="It is kept in the history of every case that moves")


@dataclass(frozen=True)
class Sent:
    """A file that was pasted or uploaded, and what is wrong with it."""

    text: str
    faults: list[Fault]
    pathway: Pathway | None


@blueprint.get("")
@permitted("administration")
def all_pathways() -> str:
    with reading(services().engine) as connection:
        names = connection.scalars(
            select(PublishedPathway.name).distinct().order_by(PublishedPathway.name)
        ).all()
        running = [(name, _running(connection, name)) for name in names]
    return render_template("administration/pathways.html", running=running, words=words)


@blueprint.get("/<name>/picture.svg")
@permitted("administration")
def picture(name: str) -> Response:
    """The picture of the running version."""
    with reading(services().engine) as connection:
        drawn = svg(_running_or_404(connection, name)[1])
    return Response(drawn, mimetype="image/svg+xml")


@blueprint.get("/<name>/versions")
@permitted("administration")
def versions(name: str) -> str:
    """Every published version with its date and its open cases."""
    with reading(services().engine) as connection:
        running = _running_or_404(connection, name)
        rows = connection.execute(
            select(PublishedPathway)
            .where(PublishedPathway.name == name)
            .order_by(PublishedPathway.published_at.desc(), PublishedPathway.id.desc())
        ).all()
        cases = open_by_version(connection, name=name)
    today = _today()
    return render_template(
        "administration/pathway_versions.html",
        pathway=running[1],
        running_id=running[0],
        rows=[(row, _since(row.content), cases.get(row.id, 0)) for row in rows],
        waiting=sum(number for key, number in cases.items() if key != running[0]),
        today=today,
        words=words,
    )


@blueprint.route("/<name>/publish", methods=["GET", "POST"])
@permitted("administration")
def publish(name: str) -> str | Response | tuple[str, int]:
    """Check a file; show what changes; publish it when that was seen and a reason is given."""
    sent = _sent(name) if request.method == "POST" else Sent("", [], None)
    confirmed = request.form.get("step") == "publish"
    form = ReasonForm(request.form if confirmed else None)
    form.reason.description = "It is kept with the version"
    longest = LONGEST_BY - len(person().email) - 2
    reason = CONTROL_CHARACTERS.sub("", form.reason.value)
    if confirmed and not 0 < len(reason) <= longest:
        form.reason.errors = [f"Say why it is published, in 1 to {longest} characters"]
    elif confirmed and sent.pathway is not None:
        try:
            with transaction(services().engine) as connection:
                by = f"{person().email}: {reason}"
                publish_version(connection, sent.pathway, by=by, now=services().now())
        except VersionTaken as taken:
            sent = Sent(sent.text, [Fault(FILE, "version", str(taken), "Give it a new version")], None)
        else:
            flash("The version is published. Open cases keep theirs.", "success")
            return redirect(url_for("pathways.versions", name=name))
    return _publish_page(name, sent, form)


@blueprint.route("/<name>/move", methods=["GET", "POST"])
@permitted("administration")
def move(name: str) -> str | Response | tuple[str, int]:
    """Each clock of open cases before and after; then move those chosen, all in one transaction."""
    form = ReasonForm(request.form if request.form.get("step") == "move" else None)
    states = _mapping()
    refused = ""
    if request.form.get("step") == "move":
        chosen = request.form.getlist("case")
        reason = CONTROL_CHARACTERS.sub("", form.reason.value)
        if not 0 < len(reason) <= LONGEST_REASON:
            form.reason.errors = [f"Say why the cases move, in 1 to {LONGEST_REASON} characters"]
        elif not chosen or len(chosen) > MOST_MOVED:
            refused = "Choose at least one case"
        else:
            refused = _move_chosen(name, chosen, reason, states)
            if not refused:
                flash(f"{words.counted(len(set(chosen)), 'case')} moved.", "success")
                return redirect(url_for("pathways.move", name=name))
    with reading(services().engine) as connection:
        pathway_id, pathway = _running_or_404(connection, name)
        waiting = waiting_to_move(connection, pathway_id=pathway_id)
        plans = preview_moves(
            connection, pathway_id=pathway_id, now=services().now(), states=states, at_most=MOST_MOVED
        )
    missing = {state for plan in plans for state in plan.missing}
    page = render_template(
        "administration/pathway_move.html",
        pathway=pathway,
        plans=plans,
        waiting=waiting,
        missing=sorted(missing | set(states)),
        states=states,
        chosen=request.form.getlist("case"),
        form=form,
        refused=refused,
        words=words,
        now=services().now(),
    )
    return (page, 422) if refused or form.reason.errors else page


@blueprint.route("/<name>/replay", methods=["GET", "POST"])
@permitted("administration")
def replay(name: str) -> str | tuple[str, int]:
    """The past under another file, side by side with what happened."""
    sent = _sent(None) if request.method == "POST" else Sent("", [], None)
    first, last, fault = _period()
    found, cases = None, 0
    with reading(services().engine) as connection:
        pathway = _running_or_404(connection, name)[1]
        if sent.pathway is not None and not fault:
            asked = Asked(name, first, last, services().now())
            cases = count_cases(connection, asked)
            if cases > MOST_REPLAYED:
                fault = (
                    f"{cases:,} cases are too many for a page: choose a shorter period, or use the terminal"
                )
            else:
                other = compile_pathway(sent.pathway, council_calendar(connection, sent.pathway))
                found = walk(connection, engine=other, asked=asked)
    page = render_template(
        "administration/pathway_replay.html",
        pathway=pathway,
        other=sent.pathway,
        sent=sent,
        found=found,
        first=first,
        last=last,
        fault=fault,
        titles=_titles(pathway, sent.pathway),
        words=words,
    )
    return (page, 422) if sent.faults or fault else page


def _publish_page(name: str, sent: Sent, form: ReasonForm) -> str | tuple[str, int]:
    with reading(services().engine) as connection:
        running_id, running = _running_or_404(connection, name)
        cases = open_by_version(connection, name=name)
    page = render_template(
        "administration/pathway_publish.html",
        pathway=running,
        sent=sent,
        form=form,
        changes=differences(running, sent.pathway) if sent.pathway else [],
        open_cases=sum(cases.values()),
        on_running=cases.get(running_id, 0),
        words=words,
    )
    return (page, 422) if sent.faults or form.reason.errors else page


def _sent(name: str | None) -> Sent:
    """What was uploaded, or else pasted, and its faults; a file to publish must be of this pathway."""
    upload = request.files.get("file")
    raw = upload.read(LARGEST_FILE + 1) if upload else b""
    try:
        text = raw.decode("utf-8") if raw else request.form.get("text", "")
    except UnicodeDecodeError:
        return Sent("", [Fault(FILE, "", "is not UTF-8 text", "Save it as UTF-8")], None)
    if not text.strip():
        return Sent("", [Fault(FILE, "", "there is nothing in it", "Choose a file, or paste its text")], None)
    if len(text) > LARGEST_FILE:
        return Sent("", [Fault(FILE, "", "is too large", "A pathway file is well under 500 kB")], None)
    library = _library()
    with reading(services().engine) as connection:
        published = _published(connection, name) if name else []
    text = text.replace("\r\n", "\n")
    faults = check_text(text, published, file=FILE, library=library)
    if faults:
        return Sent(text, faults, None)
    pathway = read(text, file=FILE, library=library)
    faults = faults_of_its_forms(pathway, file=FILE, library=library)
    if not faults and name and pathway.name != name:
        faults = [Fault(FILE, "name", f"this is the pathway {pathway.name}", f"Its name must be {name}")]
    return Sent(text, faults, None if faults else pathway)


def _library() -> Library:
    own = services().settings.workflows_path
    return folder_library(*([own] if own else []), places.workflows())


def _published(connection: Connection, name: str) -> list[Pathway]:
    ids = connection.scalars(select(PublishedPathway.id).where(PublishedPathway.name == name)).all()
    return [compiled(connection, pathway_id=pathway_id).pathway for pathway_id in ids]


def _move_chosen(name: str, chosen: list[str], reason: str, states: Mapping[str, str]) -> str:
    """Why nothing moved; empty when all did."""
    try:
        with transaction(services().engine) as connection:
            pathway_id = _running_or_404(connection, name)[0]
            move_cases(
                connection,
                pathway_id=pathway_id,
                references=chosen,
                person=person(),
                reason=reason,
                now=services().now(),
                states=states,
            )
    except MoveRefused as fault:
        return str(fault)
    return ""


def _mapping() -> dict[str, str]:
    return {
        key.removeprefix("state:"): value
        for key, value in request.values.items()
        if key.startswith("state:") and value
    }


def _period() -> tuple[date, date, str]:
    last = _today()
    first = last - YEAR
    try:
        first = date.fromisoformat(request.form.get("from") or first.isoformat())
        last = date.fromisoformat(request.form.get("to") or last.isoformat())
    except ValueError:
        return first, last, "Write the days as 2026-03-31"
    return first, last, "The period must not end before it begins" if last < first else ""


def _titles(*pathways: Pathway | None) -> dict[str, str]:
    known = [pathway for pathway in pathways if pathway is not None]
    actions = {name: action.title for pathway in known for name, action in pathway.actions.items()}
    return actions | {name: clock.title for pathway in known for name, clock in pathway.clocks.items()}


def _running(connection: Connection, name: str) -> Pathway | None:
    pathway_id = running_pathway_id(connection, name=name, on=_today())
    return compiled(connection, pathway_id=pathway_id).pathway if pathway_id is not None else None


def _running_or_404(connection: Connection, name: str) -> tuple[int, Pathway]:
    found = running_pathway_id(connection, name=name, on=_today()) or running_pathway_id(
        connection, name=name
    )
    if found is None:
        abort(404)
    return found, compiled(connection, pathway_id=found).pathway


def _since(content: Mapping[str, Any]) -> date | None:
    since = content.get("effective_from")
    return date.fromisoformat(since) if since else None


def _today() -> date:
    return services().now().astimezone(LONDON).date()
