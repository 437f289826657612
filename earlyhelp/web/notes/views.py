"""The notes of a case: the list, a new one, correcting one, striking one through."""

from typing import Any

from flask import abort, render_template, request, url_for

from earlyhelp.casework.notes import correct_note, note_types, strike_note, write_note
from earlyhelp.insight.cursors import BadCursor, Cursor, read_cursor, write_cursor
from earlyhelp.insight.notes import PAGE, NoteShown, note_of, notes_of
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.records.database import reading
from earlyhelp.web.access import log_read, permitted, person
from earlyhelp.web.cases.form_page import TEMPLATE, Answer, about_form, asked, form_page
from earlyhelp.web.cases.frame import Frame, frame_of, writing_frame
from earlyhelp.web.forms.plain import PlainForm, answered, attempt, shown_again
from earlyhelp.web.notes.entry import CorrectionForm, NoteForm, ReasonForm, blueprint
from earlyhelp.web.notes.files import FilesRefused, files_of_request, hint
from earlyhelp.web.presenters import words
from earlyhelp.web.services import services


@blueprint.get("")
@permitted("case.open")
def page(reference: str) -> str:
    now = services().now()
    with reading(services().engine) as connection:
        frame = frame_of(connection, reference=reference, person=person())
        types = note_types(frame.pathway.codes)
        kind = request.args.get("kind", "")
        kind = kind if kind in types else ""
        found = notes_of(connection, case_id=frame.case.id, kind=kind, after=_place())
    log_read(case_id=frame.case.id, what="notes")
    return render_template(
        "notes/page.html",
        frame=frame,
        notes=found[:PAGE],
        next_url=_following(frame, found, kind),
        types=types,
        kind=kind,
        words=words,
        now=now,
        today=now.astimezone(LONDON).date(),
        me=person().id,
    )


@blueprint.route("/new", methods=["GET", "POST"])
@permitted("case.open")
def new(reference: str) -> Answer:
    with reading(services().engine) as connection:
        frame = writing_frame(connection, reference=reference, person=person())
    form = _note_form(frame, NoteForm)
    about = {**_about(frame, form, "Write a note", "Save the note"), "files": hint()}
    if not form.is_submitted():
        return render_template(TEMPLATE, homeless=[], **about)
    try:
        homeless = _write(frame, form)
    except FilesRefused as refused:
        homeless = [str(refused)]
    done = answered(form, homeless, saved="The note is saved", go_to=_list(frame))
    return done or shown_again(TEMPLATE, homeless=homeless, **about)


@blueprint.route("/<int:note_id>/correct", methods=["GET", "POST"])
@permitted("case.open")
def correct(reference: str, note_id: int) -> Answer:
    frame, note = _found(reference, note_id)
    form = _note_form(frame, CorrectionForm, note)
    return form_page(
        _about(frame, form, "Correct a note", "Save the correction"),
        lambda connection: correct_note(
            connection, note_id=note_id, **asked(frame, form), known_errors=form.faults()
        ),
        saved="The correction is saved",
        lead="The note before is struck through and stays readable; this one takes its place.",
    )


@blueprint.route("/<int:note_id>/strike", methods=["GET", "POST"])
@permitted("case.open")
def strike(reference: str, note_id: int) -> Answer:
    frame, note = _found(reference, note_id)
    form = ReasonForm()
    return form_page(
        _about(frame, form, "Strike a note through", "Strike it through"),
        lambda connection: strike_note(connection, note_id=note_id, **asked(frame, form)),
        saved="The note is struck through",
        quoted=note.words,
    )


def _write(frame: Frame, form: PlainForm) -> list[str]:
    """Files first, for a note must never name one that is not there; what is wrong in words is told with them."""
    files = files_of_request()
    return attempt(
        form,
        lambda connection: write_note(
            connection, **asked(frame, form), files=files, known_errors=form.faults()
        ),
    )


def _found(reference: str, note_id: int) -> tuple[Frame, Any]:
    with reading(services().engine) as connection:
        frame = writing_frame(connection, reference=reference, person=person())
        note = note_of(connection, case_id=frame.case.id, note_id=note_id)
    if note is None:
        abort(404)
    return frame, note


def _note_form(frame: Frame, form_class: type[PlainForm], note: Any = None) -> PlainForm:
    known = {name: getattr(note, name) for name in ("kind", "occurred_on", "words")} if note else {}
    form = form_class(data=known)
    form["kind"].choices = note_types(frame.pathway.codes)
    return form


def _about(frame: Frame, form: PlainForm, heading: str, save: str) -> dict[str, Any]:
    return about_form(frame, form, heading, save, back=_list(frame))


def _list(frame: Frame) -> str:
    return url_for("notes.page", reference=frame.reference)


def _place() -> Any:
    text = request.args.get("after")
    if not text:
        return None
    try:
        cursor = read_cursor(text, of="notes")
    except BadCursor:
        abort(400)
    if cursor.at is None:
        abort(400)
    return cursor.at.date(), cursor.id


def _following(frame: Frame, found: list[NoteShown], kind: str) -> str | None:
    if len(found) <= PAGE:
        return None
    last = found[PAGE - 1].row
    return url_for(
        "notes.page",
        reference=frame.reference,
        kind=kind or None,
        after=write_cursor(Cursor(last.id, words.start_of_day(last.occurred_on)), of="notes"),
    )
