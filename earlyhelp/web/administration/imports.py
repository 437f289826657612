"""Importing a council's own list of contacts: an upload, how its columns are read, its faults, and then the import."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from earlyhelp.casework import import_waiting
from earlyhelp.casework.import_candidates import Source
from earlyhelp.casework.import_mapping import all_columns, known_fields
from earlyhelp.casework.import_outcome import FaultsFound
from earlyhelp.insight.imports import IMPORTS, last_contact_imports
from earlyhelp.records.database import reading, transaction
from earlyhelp.spreadsheets import SpreadsheetRefused
from earlyhelp.spreadsheets.cells import text_of
from earlyhelp.web.access import permitted, person
from earlyhelp.web.administration.uploads import page_of, takes_uploads
from earlyhelp.web.asking import number_asked
from earlyhelp.web.presenters import words
from earlyhelp.web.services import services

blueprint = Blueprint("imports", __name__, url_prefix="/administration/imports")
takes_uploads(blueprint, largest=6_000_000)
FIRST_ROWS = 3
MOST_FAULTS = 100
DEFAULTED = ("source", "agreement", "strengths", "worries")
"""What lists most often have no column for."""


class _OnlyTried(Exception):
    """Takes back what was tried to see what would happen."""


@blueprint.get("")
@permitted("administration")
def page() -> str:
    return _page()


@blueprint.post("")
@permitted("administration")
def upload() -> Response | tuple[str, int]:
    """Read a file, keep it, and show how its columns would be read."""
    given = request.files.get("file")
    if given is None or not given.filename:
        return _page("Choose a file"), 422
    try:
        with transaction(services().engine) as connection:
            import_id = import_waiting.keep_for_a_yes(
                connection,
                given.read(),
                file_name=_plain(given.filename),
                historical="historical" in request.form,
                person=person(),
                now=services().now(),
            )
    except SpreadsheetRefused as refused:
        return _page(f"Nothing was imported: {refused}"), 422
    return redirect(url_for("imports.preview", import_id=import_id))


@blueprint.get("/<int:import_id>")
@permitted("administration")
def preview(import_id: int) -> str:
    """How the columns are read, the first rows, and every fault."""
    return _preview(import_id, _waiting(import_id))


@blueprint.post("/<int:import_id>")
@permitted("administration")
def decide(import_id: int) -> Response | tuple[str, int]:
    """Forget the list, read its columns otherwise, or import it."""
    source = _waiting(import_id)
    if "forget" in request.form:
        with transaction(services().engine) as connection:
            import_waiting.drop_waiting(connection, import_id=import_id)
        return redirect(url_for("imports.page"))
    columns = all_columns(source.sheets)
    held = {name: request.form.get(f"column-{place}", "") for place, name in enumerate(columns)}
    defaults = {name: request.form.get(f"default-{name}", "").strip()[:200] for name in DEFAULTED}
    with transaction(services().engine) as connection:
        source = import_waiting.tell_columns(
            connection, source, import_id=import_id, held=held, defaults=defaults
        )
    if "look" in request.form:
        return redirect(url_for("imports.preview", import_id=import_id))
    try:
        with transaction(services().engine) as connection:
            outcome = import_waiting.import_waiting(
                connection, source, import_id=import_id, person=person(), now=services().now()
            )
    except FaultsFound:
        return _preview(import_id, source), 422
    flash(f"{words.counted(outcome.contacts, 'contact')} imported", "success")
    return redirect(url_for("imports.page"))


def _waiting(import_id: int) -> Source:
    with reading(services().engine) as connection:
        source = import_waiting.waiting_list(connection, import_id=import_id)
    if source is None:
        abort(404)
    return source


def _preview(import_id: int, source: Source) -> str:
    outcome = None
    try:
        with transaction(services().engine) as connection:
            outcome = import_waiting.what_would_happen(
                connection, source, person=person(), now=services().now()
            )
            raise _OnlyTried
    except _OnlyTried:
        pass
    return render_template(
        "administration/import_contacts_preview.html",
        source=source,
        outcome=outcome,
        import_id=import_id,
        columns=_columns(source),
        fields=known_fields(),
        defaulted=DEFAULTED,
        most=MOST_FAULTS,
        words=words,
    )


def _columns(source: Source) -> list[dict[str, Any]]:
    """Each column with what it holds and what stands in its first rows."""
    shown = []
    for place, name in enumerate(all_columns(source.sheets)):
        sheet = next(sheet for sheet in source.sheets if name in sheet.columns)
        at = sheet.columns.index(name)
        cells = [text_of(row.cells[at])[:60] for row in sheet.rows[:FIRST_ROWS] if at < len(row.cells)]
        field = source.mapping.field_of(name)
        shown.append(
            {"place": place, "name": name, "holds": field, "cells": [cell for cell in cells if cell]}
        )
    return shown


def _page(fault: str = "") -> str:
    with reading(services().engine) as connection:
        imports = last_contact_imports(connection, after=number_asked("after"))
    return render_template(
        "administration/import_contacts.html",
        **page_of(imports, IMPORTS, "imports.page"),
        fault=fault,
        words=words,
        now=services().now(),
    )


def _plain(name: str) -> str:
    """The name of a file without folders and control characters."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in last if letter.isprintable())[:200] or "list"
