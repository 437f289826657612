"""Keeping a case to named people, and taking that back."""

from flask import abort, render_template, request, url_for
from werkzeug.wrappers import Response

from earlyhelp.casework.restricting import lift_restriction, restrict_case
from earlyhelp.records.database import reading
from earlyhelp.web.access import permitted, person
from earlyhelp.web.case_access.views import blueprint
from earlyhelp.web.cases.frame import frame_of
from earlyhelp.web.forms.fields import LongText
from earlyhelp.web.forms.plain import PlainForm, answered, attempt
from earlyhelp.web.services import services


class RestrictionForm(PlainForm):
    reason = LongText("Why?", description="It is kept with the case, for those who may open it.")


@blueprint.route("/restriction", methods=["GET", "POST"])
@permitted("case.restrict")
def restriction(reference: str) -> str | Response | tuple[str, int]:
    with reading(services().engine) as connection:
        frame = frame_of(connection, reference=reference, person=person())
    if not frame.restricts:
        abort(403)
    form, homeless = RestrictionForm(), list[str]()
    change = lift_restriction if frame.case.restricted else restrict_case
    if request.method == "POST":
        homeless = attempt(
            form,
            lambda connection: change(
                connection,
                reference=frame.reference,
                person=person(),
                given=form.values(),
                now=services().now(),
            ),
        )
        saved = "The restriction is lifted" if frame.case.restricted else "The case is restricted"
        go_to = url_for("case_access.page", reference=frame.reference)
        done = answered(form, homeless, saved=saved, go_to=go_to)
        if done is not None:
            return done
    failed = request.method == "POST"
    html = render_template(
        "case_access/restriction.html", frame=frame, form=form, homeless=homeless, form_has_errors=failed
    )
    return (html, 422) if failed else html
