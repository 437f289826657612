"""Records that need be kept no longer: the list to look at, legal holds, and deleting by a named person."""

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from earlyhelp import places
from earlyhelp.casework.history import local_day
from earlyhelp.casework.kept_review import first_to_review
from earlyhelp.casework.refusals import NoSuchCase
from earlyhelp.casework.retention import apply, lift_hold, place_hold
from earlyhelp.casework.retention_rules import Rules, load_rules
from earlyhelp.filing.storing import Store
from earlyhelp.insight.retention import holds, tombstones
from earlyhelp.pathway.facts import Refused
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.identifiers import parse_reference
from earlyhelp.web.access import permitted, person
from earlyhelp.web.forms.fields import LongText, Text
from earlyhelp.web.forms.plain import PlainForm, answered, attempt
from earlyhelp.web.presenters import words
from earlyhelp.web.services import services

blueprint = Blueprint("retention", __name__, url_prefix="/administration/retention")
MOST = 200
"""Cases on the page: whoever has gone through them finds the next."""
NO_SUCH = "There is no case of that reference"


class HoldForm(PlainForm):
    reference = Text("Case reference", width="10", render_kw={"autocomplete": "off"})
    reason = LongText("Why?")


@blueprint.get("")
@permitted("administration")
def page() -> str:
    return _page(HoldForm())


@blueprint.post("/delete")
@permitted("administration")
def delete() -> Response | tuple[str, int]:
    """Delete the chosen cases for good, all or none."""
    rules, chosen = _rules(), [one[:20] for one in request.form.getlist("case")[:MOST]]
    if rules.example:
        return _refused("These are the example’s rules: give the council’s own before anything is deleted")
    if not chosen or request.form.get("sure") != "yes":
        return _refused("Choose the cases, and tick that you have looked at each")
    try:
        with transaction(services().engine) as connection:
            done = apply(connection, rules=rules, references=chosen, person=person(), now=services().now())
    except Refused as refused:
        return _refused(str(refused))
    store = Store(services().settings.files_folder)
    for digest in done.files:
        store.discard(digest)
    flash(f"{words.counted(len(done.references), 'case')} deleted, with {done.people} people", "success")
    return redirect(url_for("retention.page"))


@blueprint.post("/hold")
@permitted("administration")
def hold() -> Response | tuple[str, int]:
    """Put a case under legal hold, or end its holds."""
    act, said = (
        (lift_hold, "no legal hold any more") if "lift" in request.form else (place_hold, "legal hold")
    )
    form = HoldForm()
    reference = parse_reference(str(form.reference.value)[:40]) or ""

    def write(connection: Connection) -> None:
        reason = str(form.reason.value)
        act(connection, reference=reference, person=person(), reason=reason, now=services().now())

    try:
        homeless = attempt(form, write)
    except NoSuchCase:
        missing = "Enter the reference of the case" if not form.reference.value else NO_SUCH
        homeless = form.show({"reference": [missing]})
    done = answered(form, homeless, saved=f"{reference} is under {said}", go_to=url_for("retention.page"))
    return done or (_page(form, homeless), 422)


def _refused(why: str) -> tuple[str, int]:
    """What is wrong with deleting is said at the list of cases: the form for holds is another."""
    return _page(HoldForm(formdata=None), about_deleting=why), 422


def _page(form: HoldForm, homeless: Sequence[str] = (), *, about_deleting: str = "") -> str:
    now, rules = services().now(), _rules()
    with reading(services().engine) as connection:
        found = first_to_review(connection, rules=rules, today=local_day(now), most=MOST)
        held, gone = holds(connection, limit=MOST), tombstones(connection, limit=20)
    return render_template(
        "administration/retention.html",
        rules=rules,
        found=found,
        holds=held,
        tombstones=gone,
        form=form,
        homeless=homeless,
        about_deleting=about_deleting,
        form_has_errors=bool(homeless or about_deleting or form.failed),
        chosen=request.form.getlist("case"),
        words=words,
        now=now,
    )


def _rules() -> Rules:
    return load_rules(places.workflows(), services().settings.workflows_path)
