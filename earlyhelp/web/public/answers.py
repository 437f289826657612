"""The answers so far: kept as typed, read as a contact."""

from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection

from earlyhelp.casework.intake import opening_engine
from earlyhelp.casework.public_requests import AT_RISK, Request, front_door_pathway
from earlyhelp.permissions import PUBLIC_FORM
from earlyhelp.web.public.questions import PROFESSIONAL, SOURCE, STEPS, Question, question_for
from earlyhelp.web.services import services

TRAP = "website"
"""A field that no person sees: what fills it in is no person."""
NOTHING_SAID = "Nothing was said about this"


class Answers(NamedTuple):
    """Everything typed so far, page by page, and the codes that may be chosen."""

    content: dict[str, Any]
    codes: dict[str, dict[str, str]]

    @property
    def who(self) -> str:
        return str(self._typed_in("who", "who"))

    @property
    def trapped(self) -> bool:
        return any(name == TRAP and value.strip() for pairs in self.content.values() for name, value in pairs)

    def form(self, step: str) -> Question:
        return question_for(step, who=self.who, codes=self.codes, typed=self.content.get(step))

    def first_unanswered(self, today: date) -> str | None:
        """The first page that is not, or not rightly, answered."""
        for step in STEPS:
            if step.name not in self.content or not self.form(step.name).check(today):
                return step.name
        return None

    def _typed_in(self, step: str, name: str) -> str:
        return next((value for key, value in self.content.get(step, []) if key == name), "")


def codes_offered(connection: Connection) -> dict[str, dict[str, str]]:
    """The labels of the code lists that the form uses, as the front door's pathway has them."""
    engine = opening_engine(
        connection, person=PUBLIC_FORM, now=services().now(), pathway=front_door_pathway(connection)
    )
    lists = engine.pathway.codes
    return {
        name: {code: entry.label for code, entry in lists.get(name, {}).items()}
        for name in ("source", "presenting_need")
    }


def request_of(answers: Answers) -> Request:
    """The contact that the answers make."""
    you, about, agreement = (answers.form(step) for step in ("you", "about", "agreement"))
    risk, children = answers.form("risk"), answers.form("children")
    source = you["source"].value if answers.who == PROFESSIONAL else SOURCE.get(answers.who, "10")
    notes = [agreement["note"].value if "note" in agreement else "", _safely(you)]
    fields: dict[str, Any] = {
        "source": source,
        "channel": "online_form",
        "presenting_needs": about["needs"].value,
        "worries": about["worries"].value,
        "strengths": about["strengths"].value or NOTHING_SAID,
        "agreement": agreement["agreement"].value,
        "agreement_note": ". ".join(note for note in notes if note),
        "urgency": AT_RISK if risk["risk"].value == "yes" else "",
    }
    referrer = {name: you[name].value for name in ("name", "organisation", "email", "phone") if name in you}
    kept = {name: value for name, value in fields.items() if value not in ("", [])}
    return Request(children.told(), kept, {name: value for name, value in referrer.items() if value})


def _safely(you: Question) -> str:
    safely = you["safely"].value if "safely" in you else ""
    return f"Contact safely: {safely}" if safely else ""
