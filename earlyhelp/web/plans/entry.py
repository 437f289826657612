"""The blueprint of the plan, and its forms."""

from collections.abc import Mapping

from flask import Blueprint
from wtforms import Field

from earlyhelp.pathway.definition import Pathway
from earlyhelp.web.forms.dates import DateParts
from earlyhelp.web.forms.fields import LongText, Select, Text, YesNo
from earlyhelp.web.forms.plain import PlainForm

blueprint = Blueprint("plans", __name__, url_prefix="/cases/<reference>/plan")


class GoalForm(PlainForm):
    words = LongText("What does the family want to be different?", description="In their own words.")
    whose = Text("Whose words are these?", description="For example: Mum, or the child's name.", width="20")


class ProgressForm(PlainForm):
    words = LongText("How does it go?")
    occurred_on = DateParts(
        "When was that? (optional)",
        description="Empty for today. A past date is welcome: for example, 27 3 2026",
    )
    done = YesNo("Is the action done?")


class ReasonForm(PlainForm):
    reason = LongText("Why?", description="It is struck through and stays readable: nothing is deleted.")


def action_form(pathway: Pathway) -> type[PlainForm]:
    """The form of one action, with this council's agencies and headings of need."""
    fields: dict[str, Field] = {
        "what": LongText("What will be done?"),
        "who": Text(
            "Who will do it?", description="A person's name: a parent's or a child's too.", width="20"
        ),
        "agency": Select("Where are they from?", choices={"": "Choose", **_labels(pathway, "agency")}),
        "need": Select(
            "Which need is it for? (optional)",
            choices={"": "None of these", **_labels(pathway, "headline_outcome")},
        ),
        "due_on": DateParts("By when?"),
    }
    return type("ActionForm", (PlainForm,), fields)


def _labels(pathway: Pathway, codes: str) -> Mapping[str, str]:
    return {code: entry.label for code, entry in pathway.codes.get(codes, {}).items()}
