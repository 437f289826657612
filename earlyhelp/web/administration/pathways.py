"""Pathways for administrators: every version, the picture, publishing, moving open cases, replaying the past."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response
from wtforms import Form

from earlyhelp.casework.moving import (
    MOST_COUNTED,
    MoveRefused,
    Plan,
    move_cases,
    open_by_version,
    preview_moves,
    waiting_to_move,
)
from earlyhelp.casework.pathways import (
    VersionTaken,
    publish as publish_version,
)
from earlyhelp.pathway.diagram import svg
from earlyhelp.pathway.differences import differences
from earlyhelp.pathway.faults import Fault
from earlyhelp.pathway.fields import CONTROL_CHARACTERS
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.reference import PublishedPathway
from earlyhelp.web.access import permitted, person
from earlyhelp.web.administration.pathway_files import FILE, Sent, running, running_or_404, sent_file, today
from earlyhelp.web.forms.fields import LongText
from earlyhelp.web.presenters import words
from earlyhelp.web.services import services

blueprint = Blueprint("pathways", __name__, url_prefix="/administration/pathways")
LONGEST_REASON = 500
LONGEST_BY = 254
"""Letters for who published a version, and why."""
MOST_MOVED = 200
"""Cases of one page and one transaction."""


class ReasonForm(Form):
    """Why: kept with the version, or with every case."""

    reason = LongText("Why?", description="It is kept in the history of every case that moves")


@blueprint.get("")
@permitted("administration")
def all_pathways() -> str:
    with reading(services().engine) as connection:
        names = connection.scalars(
            select(PublishedPathway.name).distinct().order_by(PublishedPathway.name)
        ).all()
        shown = [(name, running(connection, name)) for name in names]
    return render_template("administration/pathways.html", running=shown, words=words)


@blueprint.get("/<name>/picture.svg")
@permitted("administration")
def picture(name: str) -> Response:
    """The picture of the running version."""
    with reading(services().engine) as connection:
        drawn = svg(running_or_404(connection, name)[1])
    return Response(drawn, mimetype="image/svg+xml")


@blueprint.get("/<name>/versions")
@permitted("administration")
def versions(name: str) -> str:
    """Every published version with its date and its open cases."""
    with reading(services().engine) as connection:
        shown = running_or_404(connection, name)
        rows = connection.execute(
            select(PublishedPathway)
            .where(PublishedPathway.name == name)
            .order_by(PublishedPathway.published_at.desc(), PublishedPathway.id.desc())
        ).all()
        cases = open_by_version(connection, name=name)
    return render_template(
        "administration/pathway_versions.html",
        pathway=shown[1],
        running_id=shown[0],
        rows=[(row, _since(row.content), _told(cases[row.id])) for row in rows],
        waiting=_told(sum(number for key, number in cases.items() if key != shown[0])),
        today=today(),
        words=words,
    )


@blueprint.route("/<name>/publish", methods=["GET", "POST"])
@permitted("administration")
def publish(name: str) -> str | Response | tuple[str, int]:
    """Check a file; show what changes; publish it when that was seen and a reason is given."""
    sent = sent_file(name) if request.method == "POST" else Sent("", [], None)
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
        pathway_id, pathway = running_or_404(connection, name)
        waiting = waiting_to_move(connection, pathway_id=pathway_id)
        plans: list[Plan] = []
        if waiting:  # to find that none does, every case would be read once more
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


def _publish_page(name: str, sent: Sent, form: ReasonForm) -> str | tuple[str, int]:
    with reading(services().engine) as connection:
        running_id, before = running_or_404(connection, name)
        # Said only beside what a file would change: they are all the open cases there are.
        cases = open_by_version(connection, name=name) if sent.pathway else {}
    page = render_template(
        "administration/pathway_publish.html",
        pathway=before,
        sent=sent,
        form=form,
        changes=differences(before, sent.pathway) if sent.pathway else [],
        open_cases=_told(sum(cases.values())),
        on_running=_told(cases.get(running_id, 0)),
        words=words,
    )
    return (page, 422) if sent.faults or form.reason.errors else page


def _move_chosen(name: str, chosen: list[str], reason: str, states: Mapping[str, str]) -> str:
    """Why nothing moved; empty when all did."""
    try:
        with transaction(services().engine) as connection:
            pathway_id = running_or_404(connection, name)[0]
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


def _told(number: int) -> str:
    """How many open cases, as far as they are counted."""
    return f"more than {MOST_COUNTED:,}" if number > MOST_COUNTED else str(number)


def _mapping() -> dict[str, str]:
    return {
        key.removeprefix("state:"): value
        for key, value in request.values.items()
        if key.startswith("state:") and value
    }


def _since(content: Mapping[str, Any]) -> date | None:
    since = content.get("effective_from")
    return date.fromisoformat(since) if since else None
