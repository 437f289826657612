"""The questions of the public form, one page each, in words for whoever is asking."""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from werkzeug.datastructures import MultiDict
from wtforms import Form, FormField

from earlyhelp.casework.contacts import read_contact
from earlyhelp.pathway.facts import BadFields
from earlyhelp.pathway.fields import CONTROL_CHARACTERS
from earlyhelp.web.forms.dates import DateParts
from earlyhelp.web.forms.fields import Checkboxes, LongText, Radios, Repeated, Text

PROFESSIONAL, PARENT, YOUNG, OTHER = "professional", "parent", "young_person", "someone_else"
WHO = {
    PROFESSIONAL: "I work with the child or family (for example at a school, in health or the police)",
    PARENT: "I am a parent or carer",
    YOUNG: "I am a child or young person asking for myself",
    OTHER: "I am a relative, neighbour, friend or somebody else",
}
SOURCE = {PARENT: "1A", YOUNG: "1C", OTHER: "1D"}
"""National codes of who tells us; a professional says where they work."""
NOT_PROFESSIONAL = frozenset({"1A", "1B", "1C", "1D", "9", "10"})
AGREES = {"given": "Yes", "refused": "No", "not_sought": "We have not asked them"}
AGREES_SELF = {"given": "Yes", "refused": "No"}
MOST_CHILDREN = 10
LONG = 5_000
LINE = 200
SAFE = {"autocomplete": "off"}


class Question(Form):
    """One page. `needed` says what to answer where an answer may not be missing."""

    needed: Mapping[str, str] = {}
    longest: Mapping[str, int] = {}

    def check(self, today: date) -> bool:
        """Whether the page can be left; what is wrong is put beside its field."""
        for field in self:
            if hasattr(field, "component"):
                self._check_one(field)
        return not self.failed

    @property
    def failed(self) -> bool:
        return any(field.errors for field in self.every_field())

    def every_field(self) -> list[Any]:
        """All fields that may carry an error, in the order of the page."""
        return [field for field in self if hasattr(field, "component")]

    def _check_one(self, field: Any) -> None:
        most = self.longest.get(field.short_name, LONG if field.component == "textarea" else LINE)
        if not field.value and field.short_name in self.needed:
            field.errors = [self.needed[field.short_name]]
        elif isinstance(field.value, str) and len(field.value) > most:
            field.errors = [f"Use {most:,} characters or fewer"]
        elif field.component == "radios" and field.value and field.value not in dict(field.options):
            field.errors = ["Choose one of the answers"]


class Who(Question):
    who = Radios("Who are you?", choices=WHO)
    needed = {"who": "Choose who you are"}


class Risk(Question):
    risk = Radios(
        "Do you think a child may be at risk of harm now?",
        choices={"yes": "Yes, a child may be at risk now", "no": "No"},
        description="If a child is in immediate danger, call 999 before you go on.",
    )
    needed = {"risk": "Say whether a child may be at risk now"}


class Professional(Question):
    name = Text("Your name", render_kw={"autocomplete": "name"})
    organisation = Text("Your organisation", render_kw={"autocomplete": "organization"})
    source = Radios("Where do you work?")
    email = Text("Your work email address", width="20", render_kw={"autocomplete": "email", "type": "email"})
    phone = Text("Your telephone number", width="20", render_kw={"autocomplete": "tel"})
    needed = {
        "name": "Enter your name",
        "organisation": "Enter your organisation",
        "source": "Choose where you work",
        "email": "Enter your work email address, so that we can tell you what happened",
    }
    longest = {"email": 254, "phone": 40}

    def check(self, today: date) -> bool:
        super().check(today)
        return _check_referrer(self)


class Family(Question):
    name = Text("Your name", render_kw={"autocomplete": "name"})
    phone = Text("Your telephone number (optional)", width="20", render_kw={"autocomplete": "tel"})
    email = Text(
        "Your email address (optional)",
        description="We send you a link to see what happens. Leave it empty if somebody else reads your email.",
        width="20",
        render_kw={"autocomplete": "email", "type": "email"},
    )
    safely = Text(
        "How and when is it safe to contact you? (optional)",
        description="For example: text only, or mornings while I am alone",
        render_kw=SAFE,
    )
    needed = {"name": "Enter your name, or what we may call you"}
    longest = {"email": 254, "phone": 40}

    def check(self, today: date) -> bool:
        super().check(today)
        return _check_referrer(self)


class Child(Form):
    given_name = Text("First name", render_kw=SAFE)
    family_name = Text("Last name", render_kw=SAFE)
    date_of_birth = DateParts("Date of birth (if you know it)", description="For example, 27 3 2019")
    postcode = Text("Postcode of the home (if you know it)", width="10", render_kw=SAFE)

    def told(self) -> dict[str, Any]:
        return {field.short_name: field.value for field in self if field.value}


class Children(Question):
    """Everybody the request is about. The first child is asked for, even when nothing was typed."""

    children = Repeated(FormField(Child), min_entries=1, max_entries=MOST_CHILDREN)

    def told(self) -> list[dict[str, Any]]:
        told = [entry.form.told() for entry in self.children]
        return [child for position, child in enumerate(told) if child or position == 0]

    def every_field(self) -> list[Any]:
        return [field for entry in self.children for field in entry.form]

    def check(self, today: date) -> bool:
        for field in self.every_field():
            field.errors = list(field.process_errors)
        try:
            read_contact(self.told(), None, today=today)
        except BadFields as refused:
            self._show(refused.errors)
        return not self.failed

    def _show(self, errors: Mapping[str, list[str]]) -> None:
        filled = [n for n, entry in enumerate(self.children) if entry.form.told() or n == 0]
        for place, told in errors.items():
            _, position, name = [*place.split("."), "", ""][:3]
            number = filled[int(position)] if position.isdigit() and int(position) < len(filled) else 0
            form = self.children[number].form
            field = form[name] if name in form else form["given_name"]
            field.errors = field.errors or ["Enter at least one name" if not name else told[0]]


class About(Question):
    needs = Checkboxes("What is the request about? (optional)", description="Choose all that fit")
    worries = LongText("What are you worried about?", description="What has happened, and how often?")
    strengths = LongText(
        "What is going well? (optional)", description="For example, who helps, what the child is good at"
    )
    needed = {"worries": "Tell us what you are worried about"}


class Agreement(Question):
    agreement = Radios("Does the family know, and agree?", choices=AGREES)
    note = Text("Who agreed, or why has nobody asked them? (optional)", render_kw=SAFE)
    needed = {"agreement": "Say whether the family agrees"}


class OwnAgreement(Question):
    agreement = Radios(
        "Do you agree that we look at this and contact you?",
        choices=AGREES_SELF,
        description="Early help is voluntary. You can change your mind at any time.",
    )
    needed = {"agreement": "Say whether you agree"}


class Step(NamedTuple):
    """One page of the form and what it is called."""

    name: str
    title: str


STEPS = (
    Step("who", "Who are you?"),
    Step("risk", "Is a child at risk now?"),
    Step("you", "About you"),
    Step("children", "The children"),
    Step("about", "What is happening"),
    Step("agreement", "Agreement"),
)
BY_NAME = {step.name: step for step in STEPS}


def question_for(step: str, *, who: str, codes: Mapping[str, Mapping[str, str]], typed: Any) -> Question:
    """The form of one page, filled with what was typed. `codes` are labels by list, then code."""
    kind = _kind(step, who)
    form: Question = kind(MultiDict(typed) if typed is not None else None)
    if isinstance(form, Professional):
        form.source.choices = {c: t for c, t in codes["source"].items() if c not in NOT_PROFESSIONAL}
    if isinstance(form, About):
        form.needs.choices = {c: t for c, t in codes["presenting_need"].items() if not _national(c)}
    return form


def cleaned(pairs: Any) -> list[tuple[str, str]]:
    """What was sent, without what nobody types on purpose and no record can hold."""
    return [
        (str(name)[:100], CONTROL_CHARACTERS.sub("", value)) for name, value in pairs if name != "csrf_token"
    ]


def _kind(step: str, who: str) -> type[Question]:
    by_who = {
        "you": Professional if who == PROFESSIONAL else Family,
        "agreement": OwnAgreement if who in {PARENT, YOUNG} else Agreement,
    }
    plain: dict[str, type[Question]] = {"who": Who, "risk": Risk, "children": Children, "about": About}
    return by_who.get(step) or plain[step]


def _national(code: str) -> bool:
    """Codes of the children in need census, whose words are for social workers."""
    return len(code) == 2 and code[0] == "N" and code[1].isdigit()


def _check_referrer(form: Any) -> bool:
    told = {name: form[name].value for name in ("name", "organisation", "email", "phone") if name in form}
    try:
        read_contact([{"given_name": "Nobody"}], told, today=date.max)
    except BadFields as refused:
        for place, words in refused.errors.items():
            field = form[place.rpartition(".")[2]]
            field.errors = list(field.errors) or words
    return not form.failed
