"""The form of a new contact: who told us, children, adults, and what the pathway's opening action declares."""

from datetime import datetime
from typing import Any

from wtforms import Form, FormField, HiddenField

from earlyhelp.pathway.definition import Action, Pathway
from earlyhelp.web.forms.dates import DateParts
from earlyhelp.web.forms.fields import Checkboxes, Radios, Repeated, Select, Text, YesNo
from earlyhelp.web.forms.from_action import OCCURRED, ActionForm, Choices, form_for

MOST_CHILDREN, MOST_ADULTS = 30, 20
NO_SPELLING = {"autocomplete": "off"}
SECTIONS = {
    "Who is telling us": ("source", "channel"),
    "What they tell us": ("worries", "strengths", "presenting_needs"),
    "The family’s agreement": ("agreement", "agreement_note"),
    "Sharing this information": ("sharing_basis",),
}
"""The order in which people talk on the telephone. Agreement to help and the basis of sharing are two things."""


class Part(Form):
    """Some of the boxes of a contact: a child, an adult, who told us."""

    def told(self) -> dict[str, Any]:
        """What was typed, by the names that a contact has."""
        values = {field.name.rpartition("-")[2]: field.value for field in self}
        return {name: value for name, value in values.items() if value not in ("", [])}


class ChildForm(Part):
    """One child. Only a name must be known."""

    given_name = Text("Given name", render_kw=NO_SPELLING)
    family_name = Text("Family name", render_kw=NO_SPELLING)
    date_of_birth = DateParts("Date of birth", description="For example, 27 3 2019. Leave empty if not known")
    expected_birth_on = DateParts("Expected date of birth, if unborn")
    gender = Select("Gender")
    ethnicity = Select("Ethnicity")
    disabled = YesNo("Is the child disabled?")
    disabilities = Checkboxes("Disabilities, if known")
    nhs_number = Text("NHS number", width="10", input_mode="numeric", render_kw=NO_SPELLING)
    upn = Text("Unique pupil number (UPN)", width="10", render_kw=NO_SPELLING)
    address = Text("Address", render_kw=NO_SPELLING)
    postcode = Text("Postcode", width="10", render_kw=NO_SPELLING)
    uprn = Text(
        "Unique property reference number (UPRN)",
        width="10",
        input_mode="numeric",
        render_kw=NO_SPELLING,
    )


class AdultForm(Part):
    """One adult of the family or household."""

    given_name = Text("Given name", render_kw=NO_SPELLING)
    family_name = Text("Family name", render_kw=NO_SPELLING)
    relationship = Select("Relationship to the children")
    phone = Text("Telephone number", width="20", render_kw=NO_SPELLING)
    date_of_birth = DateParts("Date of birth")
    address = Text("Address", render_kw=NO_SPELLING)
    postcode = Text("Postcode", width="10", render_kw=NO_SPELLING)


class ReferrerForm(Part):
    """Who told us."""

    organisation = Text(
        "Agency or organisation",
        description="Leave empty for a member of the public",
        render_kw={**NO_SPELLING, "list": "agencies"},
    )
    name = Text("Name", render_kw=NO_SPELLING)
    phone = Text("Telephone number", width="20", render_kw=NO_SPELLING)
    email = Text("Email address", render_kw=NO_SPELLING)


class OpeningForm(ActionForm):
    """Base of the forms that begin a case. `draft` is the key under which it is kept until it is sent."""

    draft = HiddenField()

    def told_children(self) -> list[dict[str, Any]]:
        """Children with anything typed; the first is kept even when empty, so that its fault has a place."""
        told = [entry.form.told() for entry in self.children]
        return [child for position, child in enumerate(told) if child or position == 0]

    def told_adults(self) -> list[dict[str, Any]]:
        """Adults with anything typed."""
        if "adults" not in self:
            return []
        return [told for entry in self.adults if (told := entry.form.told())]

    def all_faults(self) -> dict[str, list[str]]:
        """What could not be read at all, dates of children and adults included."""
        faults = self.faults()
        for table, entries in self._tables():
            for entry in entries:
                for field in entry.form:
                    if field.process_errors:
                        place = field.name.replace(f"{table}-", f"{table}.").replace("-", ".", 1)
                        faults[place] = list(field.process_errors)
        return faults

    def fill_referrer(self, known: Any) -> None:
        """Put somebody who told us before into the boxes."""
        for name, value in (
            ("organisation", known.agency),
            ("name", known.name),
            ("phone", known.phone),
            ("email", known.email),
        ):
            self.referrer.form[name].data = value

    def _tables(self) -> list[tuple[str, Any]]:
        return [(name, self[name]) for name in ("children", "adults") if name in self]

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
        people = [field for _, entries in self._tables() for entry in entries for field in entry.form]
        referrer = list(self.referrer.form) if "referrer" in self else []
        sections = self.sections()
        first, rest = sections[0][1], [field for _, fields in sections[1:] for field in fields]
        return [*first, *referrer, *people, *rest, self[OCCURRED]]

    def sections(self) -> list[tuple[str, list[Any]]]:
        """The declared fields in the order in which people talk; those of a council's own come before agreement."""
        plain = {f.name: f for f in self if hasattr(f, "component") and f.name != OCCURRED}
        known = {name for names in SECTIONS.values() for name in names}
        found = [
            (title, [plain[name] for name in names if name in plain]) for title, names in SECTIONS.items()
        ]
        found[1][1].extend(field for name, field in plain.items() if name not in known)
        return found

    def _inner(self, name: str) -> Any:
        table, _, rest = name.partition(".")
        position, _, field = rest.partition(".")
        entries = dict(self._tables()).get(table)
        if entries is not None and position.isdigit() and int(position) < len(entries):
            form = entries[int(position)].form
            return next((inner for inner in form if inner.short_name == (field or "given_name")), None)
        if table == "children":
            return self.children[0].form["given_name"]
        return self.referrer.form[rest] if table == "referrer" and rest in self.referrer.form else None


def opening_form(
    pathway: Pathway, action: Action, *, choices: Choices, now: datetime, national: Any
) -> type[OpeningForm]:
    """The form class of an opening action. `national` holds the labels of the codes of people."""
    plain = form_for(pathway, action, choices=choices, now=now)
    child = type(
        "ChildForm",
        (ChildForm,),
        {
            "gender": Radios("Gender", choices=national["gender"], default="not_stated"),
            "ethnicity": Select("Ethnicity", choices=national["ethnicity"], default="NOBT"),
            "disabilities": Checkboxes("Disabilities, if known", choices=national["disability"]),
        },
    )
    adult = type(
        "AdultForm",
        (AdultForm,),
        {
            "relationship": Select(
                "Relationship to the children", choices={"": "Choose", **national["relationship"]}
            )
        },
    )
    parts: dict[str, Any] = {"children": Repeated(FormField(child), min_entries=1, max_entries=MOST_CHILDREN)}
    parts["adults"] = Repeated(FormField(adult), max_entries=MOST_ADULTS)
    if action.kind == "contact":
        parts["referrer"] = FormField(ReferrerForm)
    return type("OpeningForm", (OpeningForm, plain), parts)
