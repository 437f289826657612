"""The council's own numbers behind the figures: population, what counts as near, a target for each measure."""

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy import Connection, select
from werkzeug.wrappers import Response
from wtforms import Form

from earlyhelp.casework.council_numbers import set_numbers
from earlyhelp.insight.measures.definitions import LIST
from earlyhelp.insight.measures.measure import Measure
from earlyhelp.insight.measures.settings import FROM_CONTACT, NEAR, POPULATION, STARTING, TARGET
from earlyhelp.pathway.facts import BadFields
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.organisation import CouncilSetting
from earlyhelp.web.access import permitted
from earlyhelp.web.forms.fields import Text
from earlyhelp.web.presenters.figures import figure_words
from earlyhelp.web.scorecard.blueprint import blueprint
from earlyhelp.web.services import services

OTHERS = {
    POPULATION: ("Children aged 0 to 17 who live here", "For rates per 10,000. From the mid-year estimates."),
    FROM_CONTACT: (
        "Working days from the contact to a complete assessment",
        f"For the measure of assessments in time from the contact. {STARTING[FROM_CONTACT]:.0f} if left empty.",
    ),
    NEAR: (
        "How near is near, in per cent of a target",
        f"Short of a target by no more than this is called near. {STARTING[NEAR]:.0f} if left empty.",
    ),
}


@blueprint.route("/targets", methods=("GET", "POST"))
@permitted("scorecard.set")
def targets() -> str | Response | tuple[str, int]:
    """Targets of this council. A measure without a direction has none."""
    with reading(services().engine) as connection:
        now = _as_set(connection)
    form = _form()(request.form, data=now)
    if request.method == "GET":
        return _page(form)
    try:
        with transaction(services().engine) as connection:
            set_numbers(connection, numbers={field.name: str(field.data or "") for field in form})
    except BadFields as bad:
        for name, words in bad.errors.items():
            form[name].errors = words
        return _page(form), 422
    flash("The numbers are set.", "success")
    return redirect(url_for("scorecard.page"))


def _aimed() -> list[Measure]:
    return [measure for measure in LIST if measure.better != "neither"]


def _form() -> type[Form]:
    fields = {
        key: Text(label, description=hint, width="5", input_mode="decimal")
        for key, (label, hint) in OTHERS.items()
    }
    fields |= {
        f"{TARGET}{measure.key}": Text(
            measure.title,
            description=f"In {measure.unit}. {figure_words.better[measure.better]}.",
            width="5",
            input_mode="decimal",
        )
        for measure in _aimed()
    }
    return type("TargetsForm", (Form,), fields)


def _as_set(connection: Connection) -> dict[str, str]:
    keys = [*OTHERS, *(f"{TARGET}{measure.key}" for measure in _aimed())]
    found = connection.execute(
        select(CouncilSetting.key, CouncilSetting.value).where(CouncilSetting.key.in_(keys))
    )
    return {row.key: row.value for row in found}


def _page(form: Form) -> str:
    return render_template(
        "scorecard/targets.html",
        form=form,
        failed=any(field.errors for field in form),
        others=[form[key] for key in OTHERS],
        aimed=[form[f"{TARGET}{measure.key}"] for measure in _aimed()],
    )
