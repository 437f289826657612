"""For administrators: setting right what is recorded wrongly about a person."""

from typing import Any

from flask import abort, render_template, request, url_for
from werkzeug.wrappers import Response

from earlyhelp.casework.merging import NoSuchPerson
from earlyhelp.casework.rectifying import correct_person, correctable, details_version
from earlyhelp.insight import people
from earlyhelp.insight.code_lists import codes
from earlyhelp.records.database import reading
from earlyhelp.web.access import log_person_read, permitted, person
from earlyhelp.web.forms.dates import DateParts
from earlyhelp.web.forms.fields import LongText, Select, Text
from earlyhelp.web.forms.plain import PlainForm, answered, attempt, shown_again
from earlyhelp.web.people.entry import blueprint
from earlyhelp.web.people.views import LONGEST_ID, name_of
from earlyhelp.web.services import services

NO_SPELLING = {"autocomplete": "off"}
CODED = ("gender", "ethnicity")


class CorrectionForm(PlainForm):
    """The details as they should be. Those that an adult's record does not have are taken out."""

    given_name = Text("Given name", render_kw=NO_SPELLING)
    family_name = Text("Family name", render_kw=NO_SPELLING)
    date_of_birth = DateParts("Date of birth", description="For example, 27 3 2019. Leave empty if not known")
    gender = Select("Gender")
    ethnicity = Select("Ethnicity")
    nhs_number = Text("NHS number", width="10", input_mode="numeric", render_kw=NO_SPELLING)
    upn = Text("Unique pupil number (UPN)", width="10", render_kw=NO_SPELLING)
    reason = LongText(
        "What was wrong, and how do you know?",
        description="It is kept in the history of each of their cases, with the old details and the new",
    )


@blueprint.route("/people/<public_id>/correct", methods=["GET", "POST"])
@permitted("people.correct")
def correct(public_id: str) -> str | Response | tuple[str, int]:
    """The details as they are recorded, to be changed; and, with a reason, changing them."""
    row, form = _recorded(public_id)
    if request.method == "GET":
        log_person_read(person_id=row.id, what="correction")
        return render_template("people/correct.html", **_about(row, form, []))
    try:
        homeless = attempt(
            form,
            lambda connection: correct_person(
                connection,
                public_id=row.public_id,
                person=person(),
                given=form.values(),
                reason=form.reason.value,
                now=services().now(),
                seen_version=form.seen_version(),
                known_errors=form.faults(),
            ),
        )
    except NoSuchPerson:
        abort(404)
    go_to = url_for("people.page", public_id=row.public_id)
    done = answered(form, homeless, saved="The record is set right", go_to=go_to)
    return done or shown_again("people/correct.html", **_about(_recorded(public_id)[0], form, homeless))


def _recorded(public_id: str) -> tuple[Any, CorrectionForm]:
    """The person, and a form of their details. One that became part of another record is not found here."""
    with reading(services().engine) as connection:
        row = people.person_of(connection, public_id=public_id[:LONGEST_ID], person=person())
        if row is None or row.stands_in:
            abort(404)
        labels = {name: codes(connection, name) for name in CODED}
    form = CorrectionForm(obj=row, data={"version": str(details_version(row))})
    for name in {"gender", "ethnicity", "nhs_number", "upn"}.difference(correctable(row)):
        del form[name]
    for name in CODED:
        if name in form:
            form[name].choices = _with(getattr(row, name), labels[name])
    return row, form


def _with(code: str, labels: dict[str, str]) -> dict[str, str]:
    """The codes with the one recorded, be it no longer of the list: what is not offered would be changed unseen."""
    return labels if code in labels else {code: code, **labels}


def _about(row: Any, form: CorrectionForm, homeless: list[str]) -> dict[str, Any]:
    return {"person": row, "name": name_of(row), "form": form, "homeless": homeless}
