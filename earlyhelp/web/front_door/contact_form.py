"""The form of a new contact: children, who told us, and what the pathway's opening action declares."""

from datetime import datetime
from typing import Any

from wtforms import Form, FormField

from earlyhelp.pathway.definition import Action, Pathway
from earlyhelp.web.forms.dates import DateParts
from earlyhelp.web.forms.fields import Radios, Repeated, Select, Text, YesNo
from earlyhelp.web.forms.from_action import OCCURRED, ActionForm, Choices, form_for

MOST_CHILDREN = 30
NO_SPELLING = {"autocomplete": "off"}


class ChildForm(Form):
    """One child. Only a name must be known."""

    given_name = Text("Given name", render_kw=NO_SPELLING)
    family_name = Text("Family name", render_kw=NO_SPELLING)
    date_of_birth = DateParts("Date of birth", description="For example, 27 3 2019. Leave empty if not known")
    expected_birth_on = DateParts("Expected date of birth, if unborn")
    gender = Select("Gender")
    ethnicity = Select("Ethnicity")
    disabled = YesNo("Is the child disabled?")
    nhs_number = Text("NHS number", width="10", input_mode="numeric", render_kw=NO_SPELLING)
    upn = Text("Unique pupil number (UPN)", width="10", render_kw=NO_SPELLING)
    address = Text("Address", render_kw=NO_SPELLING)
    postcode = Text("Postcode", width="10", render_kw=NO_SPELLING)

    def told(self) -> dict[str, Any]:
        """What was typed, as a contact's child."""
        values = {field.name.rpartition("-")[2]: field.value for field in self}
        return {name: value for name, value in values.items() if value != ""}


class ReferrerForm(Form):
    """Who told us."""

    name = Text("Name", render_kw=NO_SPELLING)
    organisation = Text("Organisation", render_kw=NO_SPELLING)
    email = Text("Email address", render_kw=NO_SPELLING)
    phone = Text("Telephone number", width="20", render_kw=NO_SPELLING)

    def told(self) -> dict[str, Any]:
        values = {field.name.rpartition("-")[2]: field.value for field in self}
        return {name: value for name, value in values.items() if value != ""}


class OpeningForm(ActionForm):
    """Base of the forms that begin a case."""

    def told_children(self) -> list[dict[str, Any]]:
        """Children with anything typed; the first is kept even when empty, so that its fault has a place."""
        told = [entry.form.told() for entry in self.children]
        return [child for position, child in enumerate(told) if child or position == 0]

    def all_faults(self) -> dict[str, list[str]]:
        """What could not be read at all, children's dates included."""
        faults = self.faults()
        for entry in self.children:
            for field in entry.form:
                if field.process_errors:
                    faults[field.name.replace("children-", "children.").replace("-", ".", 1)] = list(
                        field.process_errors
                    )
        return faults

    def show(self, errors: "dict[str, list[str]] | Any") -> list[str]:
        """The engine's words beside their fields, those of a child or of the referrer too."""
        rest: dict[str, list[str]] = {}
        for name, words in errors.items():
            field = self._inner(name)
            if field is None:
                rest[OCCURRED if name == "received_at" else name] = words
            else:
                field.errors = tuple(words)
        return super().show(rest)

    def every_field(self) -> list[Any]:
        """All fields that may carry an error, in the order of the page."""
        children = [field for entry in self.children for field in entry.form]
        plain = [field for field in self if hasattr(field, "component")]
        first = [field for field in plain if field.name in {"source", "channel"}]
        referrer = list(self.referrer.form) if "referrer" in self else []
        return [*first, *referrer, *children, *(field for field in plain if field not in first)]

    def _inner(self, name: str) -> Any:
        table, _, rest = name.partition(".")
        position, _, field = rest.partition(".")
        if table == "children" and position.isdigit() and int(position) < len(self.children):
            form = self.children[int(position)].form
            return next((inner for inner in form if inner.short_name == (field or "given_name")), None)
        if table == "children":
            return self.children[0].form["given_name"]
        return self.referrer.form[rest] if table == "referrer" and rest in self.referrer.form else None


def opening_form(
    pathway: Pathway, action: Action, *, choices: Choices, now: datetime, national: Any
) -> type[OpeningForm]:
    """The form class of an opening action. `national` holds the labels of gender and ethnicity codes."""
    plain = form_for(pathway, action, choices=choices, now=now)
    child = type(
        "ChildForm",
        (ChildForm,),
        {
            "gender": Radios("Gender", choices=national["gender"], default="not_stated"),
            "ethnicity": Select("Ethnicity", choices=national["ethnicity"], default="NOBT"),
        },
    )
    parts: dict[str, Any] = {"children": Repeated(FormField(child), min_entries=1, max_entries=MOST_CHILDREN)}
    if action.kind == "contact":
        parts["referrer"] = FormField(ReferrerForm)
    return type("OpeningForm", (OpeningForm, plain), parts)
