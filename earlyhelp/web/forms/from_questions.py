"""The form of one section of a questionnaire: nothing about a council's questions stands in code."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from flask_wtf import FlaskForm
from wtforms import HiddenField

from earlyhelp.pathway.definition import Pathway
from earlyhelp.questionnaires.answers import codes_of
from earlyhelp.questionnaires.definition import Form, Question
from earlyhelp.web.forms.from_action import LATELY, field_for

PREFIX = "q_"
"""Before the name of every question: one called `data` or `errors` must not hide what WTForms calls so."""


class SectionForm(FlaskForm):
    """The form of one section: `version` is what the person had before them."""

    version = HiddenField()

    def typed(self) -> dict[str, Any]:
        """What was typed, by question."""
        return {
            field.name.removeprefix(PREFIX): field.value for field in self if field.name.startswith(PREFIX)
        }

    def faults(self) -> dict[str, list[str]]:
        """What could not be read at all, such as 31 February."""
        return {
            field.name.removeprefix(PREFIX): list(field.process_errors)
            for field in self
            if field.process_errors and field.name.startswith(PREFIX)
        }

    def show(self, errors: Mapping[str, list[str]]) -> None:
        """Put words beside the questions they belong to."""
        for name, words in errors.items():
            self[PREFIX + name].errors = tuple(words)


def section_form(
    form: Form, questions: Iterable[Question], pathway: Pathway, *, today: date, hints: Mapping[str, str]
) -> type[SectionForm]:
    """The form class for some questions. `hints` replace those of the file."""
    parts: dict[str, Any] = {}
    for question in questions:
        field = question.as_field().model_copy(update={"hint": hints.get(question.name, question.hint)})
        offered = {question.name: _offered(form, question, today)} if question.codes else {}
        parts[PREFIX + question.name] = field_for(pathway, field, offered, today)
    return type("SectionForm", (SectionForm,), parts)


def as_typed(question: Question, value: Any) -> Any:
    """An answer as its form field takes it to be filled in with."""
    if question.type == "yes_no":
        return "yes" if value else "no"
    if question.type == "date":
        return date.fromisoformat(value)
    return str(value) if question.type == "score" else value


def _offered(form: Form, question: Question, today: date) -> dict[str, str]:
    """Codes that are valid today, and those that ended lately."""
    return {
        code: entry.label
        for code, entry in codes_of(form, question).items()
        if entry.is_valid_on(today) or (entry.valid_to and today - LATELY <= entry.valid_to < today)
    }
