"""For administrators: suspected duplicates, making one record of two, and two again."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import Form

from earlyhelp.casework.merging import NoSuchPerson, merge_people, preview_merge, say_different
from earlyhelp.casework.unmerging import preview_unmerge, unmerge_people
from earlyhelp.insight import people
from earlyhelp.insight.cursors import BadCursor, Cursor, read_cursor, write_cursor
from earlyhelp.pathway.facts import BadFields, Refused
from earlyhelp.records.database import reading, transaction
from earlyhelp.web.access import log_person_read, permitted, person
from earlyhelp.web.forms.fields import LongText
from earlyhelp.web.people.entry import blueprint
from earlyhelp.web.people.views import name_of
from earlyhelp.web.presenters import words
from earlyhelp.web.services import services

STRENGTHS = 10
"""A place in the list is its id and strength in one number."""
GONE = "There is no such merge any more: it was undone already"


class ReasonForm(Form):
    """Why: kept with both records."""

    reason = LongText("Why?", description="It is kept with both records and in each case that is touched")


@blueprint.get("/administration/people")
@permitted("people.merge")
def duplicates() -> str:
    """Suspected duplicates to look at, the likeliest first, and the latest merges."""
    with reading(services().engine) as connection:
        found = people.duplicates(connection, person=person(), after=_place())
        merges = people.merges_of(connection, limit=20)
    last = found[people.PAGE - 1] if len(found) > people.PAGE else None
    after = write_cursor(Cursor(last.id * STRENGTHS + last.strength), of="duplicates") if last else None
    return render_template(
        "people/duplicates.html",
        rows=found[: people.PAGE],
        merges=merges,
        name_of=name_of,
        next_url=url_for("people.duplicates", after=after) if after else None,
        words=words,
        now=services().now(),
    )


@blueprint.post("/administration/people/<int:duplicate_id>/different")
@permitted("people.merge")
def different(duplicate_id: int) -> Response:
    """Two suspected duplicates are two people."""
    reason = request.form.get("reason", "").strip() or "Looked at: two people"
    try:
        with transaction(services().engine) as connection:
            say_different(
                connection,
                duplicate_id=duplicate_id,
                person=person(),
                reason=reason,
                now=services().now(),
            )
    except (NoSuchPerson, BadFields):
        abort(404)
    flash("Kept as two people. They are not listed again.", "success")
    return redirect(url_for("people.duplicates"))


@blueprint.route("/administration/people/merge/<kept>/<gone>", methods=["GET", "POST"])
@permitted("people.merge")
def merge(kept: str, gone: str) -> str | Response | tuple[str, int]:
    """What merging would move; and, with a reason, merging."""
    form = ReasonForm(request.form)
    try:
        if request.method == "POST":
            with transaction(services().engine) as connection:
                merge_people(
                    connection,
                    kept=kept,
                    gone=gone,
                    person=person(),
                    reason=form.reason.value,
                    now=services().now(),
                )
            flash(f"{gone} is part of {kept} now. You can undo this from the list of merges.", "success")
            return redirect(url_for("people.page", public_id=kept))
    except BadFields as wrong:
        form.reason.errors = wrong.errors["reason"]
    except (NoSuchPerson, Refused) as refused:
        return _refused(refused)
    return _merge_page(kept, gone, form)


@blueprint.route("/administration/people/merges/<int:merge_id>/undo", methods=["GET", "POST"])
@permitted("people.merge")
def undo(merge_id: int) -> str | Response | tuple[str, int]:
    """What undoing would restore; and, with a reason, undoing."""
    form = ReasonForm(request.form)
    try:
        if request.method == "POST":
            with transaction(services().engine) as connection:
                unmerge_people(
                    connection,
                    merge_id=merge_id,
                    person=person(),
                    reason=form.reason.value,
                    now=services().now(),
                )
            flash("They are two records again, each with what it had.", "success")
            return redirect(url_for("people.duplicates"))
    except BadFields as wrong:
        form.reason.errors = wrong.errors["reason"]
    except NoSuchPerson:
        return _refused(Refused(GONE))
    except Refused as refused:
        return _refused(refused)
    return _undo_page(merge_id, form)


def _place() -> people.Place | None:
    text = request.args.get("after")
    if not text:
        return None
    try:
        row_id, strength = divmod(read_cursor(text, of="duplicates").id, STRENGTHS)
    except BadCursor:
        abort(404)
    return strength, row_id


def _merge_page(kept: str, gone: str, form: ReasonForm) -> str | Response | tuple[str, int]:
    try:
        with reading(services().engine) as connection:
            found = preview_merge(connection, kept=kept, gone=gone, person=person())
    except (NoSuchPerson, Refused) as refused:
        return _refused(refused)
    for row in (found.kept, found.gone):
        log_person_read(person_id=row.id, what="merge")
    html = render_template(
        "people/merge.html",
        merge=found,
        form=form,
        sides=[_side(found.kept), _side(found.gone)],
        form_has_errors=bool(form.reason.errors),
        words=words,
        name_of=name_of,
    )
    return (html, 422) if form.reason.errors else html


def _undo_page(merge_id: int, form: ReasonForm) -> str | Response | tuple[str, int]:
    try:
        with reading(services().engine) as connection:
            found = preview_unmerge(connection, merge_id=merge_id, person=person())
            shown = people.merge_named(connection, merge_id=merge_id)
    except NoSuchPerson:
        return _refused(Refused(GONE))
    except Refused as refused:
        return _refused(refused)
    html = render_template(
        "people/undo.html",
        merge=shown,
        cases=len(found.moved["cases"]),
        families=len(found.moved["families"]),
        details=[words.in_words(name) for name in found.moved["filled"]],
        form=form,
        form_has_errors=bool(form.reason.errors),
        words=words,
        now=services().now(),
    )
    return (html, 422) if form.reason.errors else html


def _side(row: Any) -> list[tuple[str, Any]]:
    today = services().now().date()
    return [
        ("Name", name_of(row)),
        ("Public number", row.public_id),
        ("Date of birth", words.date_words(row.date_of_birth, today) if row.date_of_birth else ""),
        ("NHS number", row.nhs_number),
        ("Unique pupil number", row.upn),
        ("Address", ", ".join(part for part in (row.address, row.postcode) if part)),
        ("Recorded", words.date_words(row.created_at.date(), today)),
    ]


def _refused(refused: Exception) -> Response:
    """Back to the list with the reason; a record that is not there, or not theirs, is not found."""
    if isinstance(refused, NoSuchPerson):
        abort(404)
    flash(str(refused))
    return redirect(url_for("people.duplicates"))
