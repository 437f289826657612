"""Answers to a form: read as typed, asked or not asked, missing or whole, and what they give the action."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Literal

from earlyhelp.pathway.definition import Action, CodeList
from earlyhelp.pathway.fields import READERS, Unreadable, is_empty, missing_words
from earlyhelp.questionnaires.definition import Form, Question, Section

Answers = Mapping[str, Any]
Status = Literal["not_started", "carried_over", "in_progress", "complete"]


def read_answers(
    form: Form, questions: Iterable[Question], given: Answers, on: date
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """The clean answers by name, and words per question for what cannot be read. An empty answer is no answer."""
    clean: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for question in questions:
        value = given.get(question.name)
        if is_empty(value):
            continue
        try:
            reader = READERS[question.type]
            clean[question.name] = reader(question.as_field(), value, codes_of(form, question), on)
        except Unreadable as fault:
            errors[question.name] = [str(fault)]
    return clean, errors


def codes_of(form: Form, question: Question) -> CodeList:
    """What may be chosen; empty for questions that are not choices."""
    codes = form.codes.get(question.codes or "", {})
    return {code: entry for code, entry in codes.items() if not question.only or code in question.only}


def is_asked(form: Form, question: Question, answers: Answers) -> bool:
    """Whether its condition holds, and that of the question it hangs on."""
    if question.ask is None:
        return True
    above = form.question(question.ask.when)
    return (
        question.ask.holds(answers.get(question.ask.when))
        and above is not None
        and is_asked(form, above, answers)
    )


def asked_of(form: Form, section: Section, answers: Answers) -> list[Question]:
    """The questions of a section that these answers make relevant."""
    return [question for question in section.questions if is_asked(form, question, answers)]


def missing(form: Form, section: Section, answers: Answers) -> dict[str, list[str]]:
    """Words for every question of the section that must be answered before the form is submitted."""
    return {
        question.name: [missing_words(question.as_field())]
        for question in asked_of(form, section, answers)
        if question.required and is_empty(answers.get(question.name))
    }


def status_of(
    form: Form, section: Section, answers: Answers, *, saved: frozenset[str], carried: Answers
) -> Status:
    """How far a section is. Answers carried over count only once somebody has saved the section with them."""
    if section.name not in saved:
        found = any(question.name in carried for question in section.questions)
        return "carried_over" if found else "not_started"
    return "in_progress" if missing(form, section, answers) else "complete"


def fields_from(form: Form, action: Action, answers: Answers) -> dict[str, Any]:
    """What the action is given: each field from the questions that fill it; those not asked give nothing."""
    fields: dict[str, Any] = {}
    for field in action.fields:
        filling = [
            question
            for question in form.questions()
            if question.fills == field.name
            and is_asked(form, question, answers)
            and not is_empty(answers.get(question.name))
        ]
        if not filling:
            continue
        alone = sum(question.fills == field.name for question in form.questions()) == 1
        if alone and filling[0].type == field.type:
            fields[field.name] = answers[filling[0].name]
        else:
            fields[field.name] = "\n\n".join(_told(form, question, answers) for question in filling)
    return fields


def answers_from(form: Form, fields: Answers, answers: Answers, action: Action) -> dict[str, Any]:
    """The answers, changed so that they say what the fields say: for an action taken without the form.

    What the questions of a field say already is left alone; otherwise the first of them takes the words, and the
    others of that field say nothing.
    """
    said = fields_from(form, action, answers)
    changed = dict(answers)
    for name, value in fields.items():
        filling = [question for question in form.questions() if question.fills == name]
        if not filling or said.get(name) == value:
            continue
        for question in filling:
            changed.pop(question.name, None)
        changed[_taking(filling, value).name] = value
    return changed


def words_of(form: Form, question: Question, value: Any) -> str:
    """An answer as people read it."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    codes = codes_of(form, question)
    if isinstance(value, list):
        return ", ".join(codes[item].label if item in codes else str(item) for item in value)
    if question.type == "date" and isinstance(value, str):
        day = date.fromisoformat(value)
        return f"{day.day} {day:%B %Y}"
    if question.type == "choice" and value in codes:
        return codes[value].label
    return "" if value is None else str(value)


def _taking(filling: list[Question], value: Any) -> Question:
    """The question that can hold a value as the action was given it."""
    if isinstance(value, str):
        return next((q for q in filling if q.type in {"long_text", "text"}), filling[0])
    return filling[0]


def _told(form: Form, question: Question, answers: Answers) -> str:
    return f"{question.title}\n{words_of(form, question, answers[question.name])}"
