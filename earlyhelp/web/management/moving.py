"""One worker's open cases, and moving them to another: shown first, then done, all of them or none."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from flask import abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection, select
from werkzeug.wrappers import Response as BaseResponse
from wtforms import Form

from earlyhelp.casework.reallocating import MOST, Refusal, SomeRefused, ToMove, reallocate
from earlyhelp.insight import worklists
from earlyhelp.insight.case_lists import Chosen, conditions
from earlyhelp.insight.caseload import load_of
from earlyhelp.pathway.fields import CONTROL_CHARACTERS
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.identifiers import parse_reference
from earlyhelp.records.organisation import User
from earlyhelp.web.access import permitted, person
from earlyhelp.web.asking import place_asked
from earlyhelp.web.cases.choices import people
from earlyhelp.web.forms.fields import LongText, Select
from earlyhelp.web.management.views import blueprint
from earlyhelp.web.own_words import own_word
from earlyhelp.web.presenters import words
from earlyhelp.web.presenters.places import written_place
from earlyhelp.web.presenters.worklists import shown_rows
from earlyhelp.web.services import services

LONGEST_REASON = 2000


class MoveForm(Form):
    """To whom the chosen cases go, and why."""

    lead_professional = Select("New lead professional")
    reason = LongText("Why do these cases move?", description="It is kept in the history of each case")


class Move(NamedTuple):
    """A move as somebody asked for it."""

    cases: tuple[ToMove, ...]
    to: str
    reason: str
    faults: tuple[str, ...] = ()


@blueprint.get("/caseload/<int:user_id>")
@permitted("management")
def worker_cases(user_id: int) -> str:
    """One worker's open cases, each to be chosen for a move."""
    return _worker_page(user_id, MoveForm())


@blueprint.post("/caseload/<int:user_id>")
@permitted("management")
def move_cases(user_id: int) -> BaseResponse | str | tuple[str, int]:
    """Show what the move would do; with the button of that page, do it. All of them or none."""
    move = _move_asked()
    if move.faults:
        return _worker_page(user_id, MoveForm(request.form), move), 422
    refusals = _tried(move, confirmed=bool(request.form.get("confirmed")))
    if request.form.get("confirmed") and not refusals:
        flash(f"{words.counted(len(move.cases), 'case')} moved.", "success")
        return redirect(url_for("management.worker_cases", user_id=user_id))
    page = _preview_page(user_id, move, refusals)
    return (page, 422) if refusals else page


def _move_asked() -> Move:
    """What was posted, with every fault in it."""
    form = MoveForm(request.form)
    cases = [_picked(text) for text in request.form.getlist("case")]
    reason = CONTROL_CHARACTERS.sub("", form.reason.value)
    faults = ["Choose the cases to move"] if not cases or None in cases else []
    faults += [f"Choose at most {MOST} cases at once"] if len(cases) > MOST else []
    faults += [] if form.lead_professional.value else [f"Choose the new {own_word('lead_professional')}"]
    if not 0 < len(reason) <= LONGEST_REASON:
        faults.append(f"Say why these cases move, in 1 to {LONGEST_REASON} characters")
    picked = tuple(dict.fromkeys(case for case in cases if case is not None))
    return Move(picked, form.lead_professional.value, reason, tuple(faults))


def _picked(text: str) -> ToMove | None:
    """A case and its version as the box of the list says them."""
    reference, _, version = text.partition(":")
    canonical = parse_reference(reference)
    if canonical is None or not (version.isascii() and version.isdigit() and len(version) < 10):
        return None
    return ToMove(canonical, int(version))


def _tried(move: Move, *, confirmed: bool) -> tuple[Refusal, ...]:
    """Every refusal. Without a confirmation, what was tried is taken back."""
    try:
        with transaction(services().engine) as connection:
            reallocate(
                connection,
                cases=move.cases,
                to=move.to,
                reason=move.reason,
                person=person(),
                now=services().now(),
            )
            if not confirmed:
                raise _OnlyTried
    except SomeRefused as refused:
        return refused.refusals
    except _OnlyTried:
        pass
    return ()


class _OnlyTried(Exception):
    """Takes back what was done for a preview."""


def _worker_page(user_id: int, form: MoveForm, move: Move | None = None) -> str:
    now = services().now()
    where = conditions(Chosen(worker_id=user_id), now)
    with reading(services().engine) as connection:
        found = worklists.listed(connection, person=person(), where=where, after=place_asked(), page=MOST)
        rows = shown_rows(connection, list(found.items), now)
        worker = _worker(connection, user_id)
        load = load_of(connection, person=person(), user_id=user_id)
        leads = people(connection, role="lead_professional")
    if worker is None or not (load or rows):
        abort(404)
    form.lead_professional.choices = {"": "", **{a: name for a, name in leads.items() if a != worker.email}}
    picked = {case.reference for case in move.cases} if move else set()
    if move:
        form.process(data={"lead_professional": move.to, "reason": move.reason})
    following = written_place(found.following)
    return render_template(
        "management/worker.html",
        worker=worker,
        load=load,
        rows=list(zip(rows, found.items, strict=True)),
        form=form,
        faults=move.faults if move else (),
        picked=picked,
        most=MOST,
        next_url=url_for("management.worker_cases", user_id=user_id, after=following) if following else None,
    )


def _preview_page(user_id: int, move: Move, refusals: Sequence[Refusal]) -> str:
    with reading(services().engine) as connection:
        worker, leads = _worker(connection, user_id), people(connection, role="lead_professional")
    if worker is None:
        abort(404)
    words_of = {refusal.reference: refusal.words for refusal in refusals}
    return render_template(
        "management/move.html",
        worker=worker,
        move=move,
        to=leads.get(move.to, move.to),
        rows=[(case, words_of.get(case.reference)) for case in move.cases],
        refused=len(refusals),
    )


def _worker(connection: Connection, user_id: int) -> Any:
    found = select(User.id, User.name, User.email, User.active).where(User.id == user_id)
    return connection.execute(found).one_or_none()
