"""Giving somebody of the team around the family access to a case, and withdrawing it."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection, select
from werkzeug.wrappers import Response

from earlyhelp.casework.access import LEVELS, NoSuchAccess, give_access, withdraw_access
from earlyhelp.casework.refusals import NotAllowed
from earlyhelp.insight.access import access_of
from earlyhelp.insight.offering import few_of
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.organisation import User
from earlyhelp.web.access import log_read, permitted, person
from earlyhelp.web.cases.choices import people
from earlyhelp.web.cases.frame import frame_of
from earlyhelp.web.forms.dates import DateParts
from earlyhelp.web.forms.fields import LongText, Radios, Select, Text
from earlyhelp.web.forms.plain import PlainForm, answered, attempt, shown_again
from earlyhelp.web.presenters import words
from earlyhelp.web.services import services

blueprint = Blueprint("case_access", __name__, url_prefix="/cases/<reference>/access")


WHO = "Who needs to see this family’s record?"
# Made before the other fields, it is shown before them.
_BY_EMAIL = Text(WHO, description="Their work email address")


class AccessForm(PlainForm):
    user: Any = Select(WHO)
    level = Radios("What may they do?", choices=LEVELS)
    until = DateParts("Until when?", description="The last day. A year from now at most.")
    reason = LongText(
        "Why do they need it?", description="For example: the school's member of the team around the family."
    )


class LargeAccessForm(AccessForm):
    """The same where very many work."""

    user = _BY_EMAIL


@blueprint.route("", methods=["GET", "POST"])
@permitted("case.open")
def page(reference: str) -> str | Response | tuple[str, int]:
    with reading(services().engine) as connection:
        frame = frame_of(connection, reference=reference, person=person())
        given = access_of(connection, case_id=frame.case.id)
        form = _form(connection)
    about: dict[str, Any] = {"frame": frame, "form": form, "given": given, "levels": LEVELS}
    about |= {"words": words, "now": services().now()}
    if request.method == "GET":
        log_read(case_id=frame.case.id, what="access to the case")
        return render_template("case_access/page.html", homeless=[], **about)
    saved = "Access is given"

    def give(connection: Connection) -> None:
        nonlocal saved
        give_access(
            connection,
            reference=frame.reference,
            person=person(),
            given=form.values(),
            now=services().now(),
            known_errors=form.faults(),
        )
        # One letter of an address makes it somebody else's: who gives access reads whom they gave it.
        saved = f"Access is given to {access_of(connection, case_id=frame.case.id)[0].name}"

    homeless = attempt(form, give)
    go_to = url_for("case_access.page", reference=frame.reference)
    done = answered(form, homeless, saved=saved, go_to=go_to)
    return done or shown_again("case_access/page.html", homeless=homeless, **about)


def _form(connection: Connection) -> AccessForm:
    if few_of(connection, select(User.id).where(User.active)) is None:
        return LargeAccessForm()
    form = AccessForm()
    form.user.choices = {"": "Choose", **people(connection, role=None)}
    return form


@blueprint.post("/<int:access_id>/withdraw")
@permitted("case.open")
def withdraw(reference: str, access_id: int) -> Response:
    try:
        with transaction(services().engine) as connection:
            frame = frame_of(connection, reference=reference, person=person())
            withdraw_access(
                connection,
                reference=frame.reference,
                access_id=access_id,
                person=person(),
                now=services().now(),
            )
    except NoSuchAccess:
        abort(404)
    except NotAllowed:
        abort(403)
    flash("Access is withdrawn", "success")
    return redirect(url_for("case_access.page", reference=frame.reference))
