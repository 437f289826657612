"""Flagging an event or a note as significant for the chronology, and taking the flag away."""

from flask import abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from earlyhelp.casework.notes import SIGNIFICANT, flag_significant, withdraw_flag
from earlyhelp.records.database import reading
from earlyhelp.web.access import permitted, person, safe_next
from earlyhelp.web.cases.form_page import Answer, about_form, asked, form_page
from earlyhelp.web.cases.frame import Frame, writing_frame
from earlyhelp.web.forms.plain import PlainForm, attempt
from earlyhelp.web.notes.entry import FlagForm, blueprint
from earlyhelp.web.services import services


@blueprint.route("/significant/<source>/<int:source_id>", methods=["GET", "POST"])
@permitted("case.open")
def flag(reference: str, source: str, source_id: int) -> Answer:
    frame, form = _frame(reference, source), FlagForm()
    return form_page(
        about_form(frame, form, "Flag as significant", "Flag as significant", back=_back(frame)),
        lambda connection: flag_significant(
            connection, source=source, source_id=source_id, **asked(frame, form)
        ),
        saved="It is flagged as significant",
    )


@blueprint.post("/significant/<source>/<int:source_id>/withdraw")
@permitted("case.open")
def unflag(reference: str, source: str, source_id: int) -> Response:
    frame, form = _frame(reference, source), PlainForm()
    homeless = attempt(
        form,
        lambda connection: withdraw_flag(
            connection,
            reference=frame.reference,
            source=source,
            source_id=source_id,
            person=person(),
            now=services().now(),
        ),
    )
    flash(homeless[0] if homeless else "The flag is taken away", "error" if homeless else "success")
    return redirect(_back(frame))


def _frame(reference: str, source: str) -> Frame:
    if source not in SIGNIFICANT:
        abort(404)
    with reading(services().engine) as connection:
        return writing_frame(connection, reference=reference, person=person())


def _back(frame: Frame) -> str:
    """Where they came from: the chronology of a child, or the notes."""
    return safe_next(request.args.get("next")) or url_for("notes.page", reference=frame.reference)
