"""The public form as somebody fills it in, page after page, without signing in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

SCHOOL: Mapping[str, Mapping[str, Any]] = {
    "who": {"who": "professional"},
    "risk": {"risk": "no"},
    "you": {
        "name": "Petra Hosking",
        "organisation": "Castle Primary School",
        "source": "2A",
        "email": "petra@castle.example",
        "phone": "01922 111222",
    },
    "children": {
        "children-0-given_name": "Wenna",
        "children-0-family_name": "Tregenza",
        "children-0-date_of_birth-day": "4",
        "children-0-date_of_birth-month": "5",
        "children-0-date_of_birth-year": "2019",
        "children-0-postcode": "WS1 1TP",
    },
    "about": {"needs": ["attendance"], "worries": "Often absent", "strengths": "Close to her grandmother"},
    "agreement": {"agreement": "given", "note": "Her mother, by telephone"},
}
"""A school's request, with nothing wrong in it."""
MOTHER: Mapping[str, Mapping[str, Any]] = {
    **SCHOOL,
    "who": {"who": "parent"},
    "you": {"name": "Mary Tregenza", "phone": "07700 900123", "safely": "Text only, mornings"},
    "agreement": {"agreement": "given"},
}


@dataclass
class Asker:
    """Somebody with a browser of their own."""

    client: FlaskClient
    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: SCHOOL)

    def answer(self, step: str, **other: Any) -> TestResponse:
        return self.client.post(f"/request-support/{step}", data={**self.answers[step], **other})

    def answer_all(self, **other: Mapping[str, Any]) -> None:
        for step in self.answers:
            answered = self.answer(step, **other.get(step, {}))
            assert answered.status_code == 302, answered.text

    def send(self) -> TestResponse:
        return self.client.post("/request-support/send")

    def ask(self, **other: Mapping[str, Any]) -> str:
        """Fill in everything and send it; the text of the confirmation."""
        self.answer_all(**other)
        assert self.send().headers["Location"] == "/request-support/sent"
        return self.client.get("/request-support/sent").text
