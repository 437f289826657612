"""Opening a restricted case in an emergency: for some hours, with a reason, and those whose case it is are told."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from earlyhelp.casework.refusals import NoSuchCase
from earlyhelp.casework.restricting import HOURS, break_glass
from earlyhelp.records.identifiers import parse_reference
from earlyhelp.web.access import log_search, permitted, person
from earlyhelp.web.forms.fields import LongText, Radios, Text
from earlyhelp.web.forms.plain import PlainForm, attempt
from earlyhelp.web.services import services

blueprint = Blueprint("glass", __name__, url_prefix="/restricted")
NO_SUCH = "There is no restricted case of that reference that is kept from you"


class GlassForm(PlainForm):
    reference = Text("Reference of the case", description="For example, EH-2JM-HDCB", width="10")
    hours = Radios("For how long?", choices=HOURS)
    reason = LongText("Why can this not wait for somebody who is named?")


@blueprint.route("", methods=["GET", "POST"])
@permitted("case.break_glass")
def page() -> str | Response | tuple[str, int]:
    form = GlassForm()
    if request.method == "GET":
        return render_template("case_access/glass.html", form=form, homeless=[])
    typed = str(form.reference.value or "")
    reference = parse_reference(typed) or ""
    try:
        homeless = attempt(
            form,
            lambda connection: break_glass(
                connection, reference=reference, person=person(), given=form.values(), now=services().now()
            ),
        )
    except NoSuchCase:
        homeless = form.show({"reference": [NO_SUCH if typed else "Enter the reference"]})
    if not homeless and not form.failed:
        flash("You can read the case. Those whose case it is are told.", "success")
        return redirect(url_for("cases.page", reference=reference))
    log_search("glass, not broken")
    return render_template("case_access/glass.html", form=form, homeless=homeless, form_has_errors=True), 422
