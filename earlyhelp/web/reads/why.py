"""The page between a screener and another team's record: why do you open it? Then it goes on to what they wanted."""

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from earlyhelp.casework.reading import case_for
from earlyhelp.casework.reasons import LONGEST, give_reason
from earlyhelp.insight.people import person_of
from earlyhelp.records.database import reading
from earlyhelp.records.identifiers import parse_reference
from earlyhelp.web.access import permitted, person, safe_next
from earlyhelp.web.forms.fields import LongText
from earlyhelp.web.forms.plain import PlainForm, attempt
from earlyhelp.web.services import services

blueprint = Blueprint("why", __name__)
LONGEST_ID = 20


class WhyForm(PlainForm):
    reason = LongText(
        "Why do you need to open it?",
        description=f"For example: a new contact names the same child. At most {LONGEST} characters.",
    )


@blueprint.route("/cases/<reference>/why", methods=["GET", "POST"])
@permitted("case.open")
def case(reference: str) -> str | Response | tuple[str, int]:
    canonical = parse_reference(reference)
    if canonical is None:
        abort(404)
    with reading(services().engine) as connection:
        found = case_for(connection, reference=canonical, person=person())
    return _asked(canonical, url_for("cases.page", reference=canonical), case_id=found.id)


@blueprint.route("/people/<public_id>/why", methods=["GET", "POST"])
@permitted("people.see")
def person_record(public_id: str) -> str | Response | tuple[str, int]:
    with reading(services().engine) as connection:
        found = person_of(connection, public_id=public_id[:LONGEST_ID], person=person())
    if found is None:
        abort(404)
    return _asked(found.public_id, url_for("people.page", public_id=found.public_id), person_id=found.id)


def _asked(name: str, otherwise: str, **record: Any) -> str | Response | tuple[str, int]:
    """The form, or on to where they were going: the record's own page where nothing of ours was named."""
    form = WhyForm()
    failed = False
    if request.method == "POST":
        homeless = attempt(
            form,
            lambda connection: give_reason(
                connection, person=person(), given=form.values(), now=services().now(), **record
            ),
        )
        failed = bool(homeless) or form.failed
        if not failed:
            return redirect(safe_next(request.args.get("next")) or otherwise)
    html = render_template("reads/why.html", form=form, name=name, form_has_errors=failed)
    return (html, 422) if failed else html
