"""The blueprint of notes, and its forms."""

from typing import Any

from flask import Blueprint, request

from earlyhelp.web.forms.dates import DateParts
from earlyhelp.web.forms.fields import LongText, Radios
from earlyhelp.web.forms.plain import PlainForm
from earlyhelp.web.services import services

blueprint = Blueprint("notes", __name__, url_prefix="/cases/<reference>/notes")
MOST_FILES = 5
MEGABYTE = 1_000_000
FORM_ITSELF = 500_000


class NoteForm(PlainForm):
    kind = Radios("What kind of note is it?")
    occurred_on = DateParts(
        "When did it happen? (optional)",
        description="Empty for today. A past date is welcome: for example, 27 3 2026",
    )
    words = LongText("Note", description="The family may ask to read it: facts, then what you make of them.")
    significant = LongText(
        "Is it significant for this child’s life? (optional)",
        description="If so, say why: it is marked in the chronology.",
    )


class CorrectionForm(NoteForm):
    reason = LongText("What was wrong with the note before?")


class ReasonForm(PlainForm):
    reason = LongText(
        "Why?", description="The note is struck through and stays readable: nothing is deleted."
    )


class FlagForm(PlainForm):
    reason = LongText("Why is it significant for this child’s life?")


@blueprint.url_value_preprocessor
def _let_files_in(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Before the form is read, which the check of its token does: only the page of a new note takes files."""
    if endpoint == "notes.new":
        request.max_content_length = MOST_FILES * services().settings.largest_file_mb * MEGABYTE + FORM_ITSELF
