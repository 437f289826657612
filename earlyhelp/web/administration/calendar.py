"""The days that do not count: bank holidays and closures; and moving open time limits when they change."""

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response
from wtforms import Form

from earlyhelp.casework.closures import ClosureRefused, close_day, closure_changes, open_day
from earlyhelp.casework.recalculate import BATCH, Move, apply_batch
from earlyhelp.casework.would_move import would_move
from earlyhelp.insight.alert_choices import clock_titles
from earlyhelp.pathway.calendar import LONDON, england
from earlyhelp.pathway.fields import CONTROL_CHARACTERS
from earlyhelp.records.cases import Closure
from earlyhelp.records.database import reading, snapshot, transaction
from earlyhelp.web.access import permitted, person
from earlyhelp.web.forms.dates import DateParts
from earlyhelp.web.forms.fields import LongText, Text
from earlyhelp.web.presenters import words
from earlyhelp.web.services import services

blueprint = Blueprint("calendar", __name__, url_prefix="/administration/calendar")
HOLIDAYS_AHEAD = timedelta(days=2 * 366)
MOST_SHOWN = 200
"""Moves that the preview lists."""
MOST_COUNTED = 500
"""Moves that it counts unasked."""
LONGEST_REASON = 500


class ClosureForm(Form):
    """A day on which the council is closed."""

    on = DateParts("Day")
    closed_for = Text("Why the council is closed", description="For example, Christmas closure", width="20")


class ReasonForm(Form):
    """Why the time limits move: kept with every case."""

    reason = LongText("Why do they move?", description="It is kept in the history of every case that moves")


@blueprint.get("")
@permitted("administration")
def page() -> str:
    return _page(ClosureForm())


@blueprint.post("/closures")
@permitted("administration")
def close() -> Response | tuple[str, int]:
    """Record a closure. Open time limits move only when an administrator says so."""
    form = ClosureForm(request.form)
    if not form.on.value and not form.on.process_errors:
        form.on.process_errors.append("Day: enter the day on which the council is closed")
    form.on.errors = list(form.on.process_errors)
    if not form.closed_for.value:
        form.closed_for.errors = ["Say why the council is closed"]
    if not any(field.errors for field in form):
        _try_closing(form)
    if any(field.errors for field in form):
        return _page(form), 422
    flash("The closure is recorded. Now see which time limits it would move.", "success")
    return redirect(url_for("calendar.moves"))


@blueprint.post("/closures/<day>/remove")
@permitted("administration")
def reopen(day: str) -> Response:
    """Take a closure back."""
    try:
        on = date.fromisoformat(day)
        with transaction(services().engine) as connection:
            open_day(connection, on=on, by=person(), now=services().now())
    except (ValueError, ClosureRefused):
        abort(404)
    flash("The closure is removed. Now see which time limits that would move.", "success")
    return redirect(url_for("calendar.moves"))


@blueprint.get("/moves")
@permitted("administration")
def moves() -> str:
    """What would move, before anything does."""
    return _moves(ReasonForm())


@blueprint.post("/moves")
@permitted("administration")
def move() -> Response | tuple[str, int]:
    """Move the open time limits, with one event on each case."""
    form = ReasonForm(request.form)
    reason = CONTROL_CHARACTERS.sub("", form.reason.value)
    if not reason or len(reason) > LONGEST_REASON:
        form.reason.errors = [f"Say why the working days changed, in 1 to {LONGEST_REASON} characters"]
        return _moves(form), 422
    moved = _move_all(reason)
    cases = len({one.reference for one in moved})
    flash(f"{words.counted(len(moved), 'time limit')} of {words.counted(cases, 'case')} moved.", "success")
    return redirect(url_for("calendar.page"))


def _try_closing(form: ClosureForm) -> None:
    try:
        with transaction(services().engine) as connection:
            close_day(
                connection,
                on=form.on.parsed,
                name=form.closed_for.value,
                by=person(),
                now=services().now(),
            )
    except ClosureRefused as refused:
        (form.on if refused.field == "on" else form.closed_for).errors = [str(refused)]
    except IntegrityError:
        form.on.errors = ["Somebody else has just recorded this closure"]


def _move_all(reason: str) -> list[Move]:
    """Batch by batch, each in a transaction of its own: nobody's work waits for the whole council's cases."""
    moved: list[Move] = []
    after: int | None = 0
    while after is not None:
        with transaction(services().engine) as connection:
            done = apply_batch(
                connection, person=person(), reason=reason, now=services().now(), after=after, at_most=BATCH
            )
        moved += done.moves
        after = done.after
    return moved


def _page(form: ClosureForm) -> str:
    today = services().now().astimezone(LONDON).date()
    with reading(services().engine) as connection:
        closures = _closures(connection)
        changes = closure_changes(connection)
    holidays = england().bank_holidays
    return render_template(
        "administration/calendar.html",
        form=form,
        failed=any(field.errors for field in form),
        coming=[row for row in closures if row.on >= today],
        past=[row for row in reversed(closures) if row.on < today],
        holidays=[(day, name) for day, name in holidays.items() if today <= day <= today + HOLIDAYS_AHEAD],
        known_until=england().known_until,
        changes=changes,
        words=words,
        now=services().now(),
        today=today,
    )


def _closures(connection: Connection) -> list[Any]:
    return list(connection.execute(select(Closure.on, Closure.name).order_by(Closure.on)))


def _moves(form: ReasonForm) -> str:
    now, counts_all = services().now(), request.args.get("count") == "all"
    with snapshot(services().engine) as connection:
        found = would_move(connection, at_most=None if counts_all else MOST_COUNTED + 1)
        titles = clock_titles(connection)
    shown = [
        (
            one.reference,
            titles.get(one.clock, words.in_words(one.clock)),
            words.by_end_of(one.due_before, now),
            words.by_end_of(one.due_after, now) if one.due_after != one.due_before else None,
        )
        for one in found[:MOST_SHOWN]
    ]
    return render_template(
        "administration/moves.html",
        form=form,
        failed=bool(form.reason.errors),
        rows=shown,
        moves=len(found),
        beyond=MOST_COUNTED if len(found) > MOST_COUNTED and not counts_all else None,
        cases=len({one.reference for one in found}),
        words=words,
    )
