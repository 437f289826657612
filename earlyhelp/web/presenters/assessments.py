"""An assessment made ready to be shown: its sections as tasks, its answers in words, what changed since."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from flask import url_for

from earlyhelp.casework.papers import Paper
from earlyhelp.questionnaires.answers import asked_of, missing, words_of
from earlyhelp.questionnaires.comparing import Piece, changes
from earlyhelp.questionnaires.definition import Form, Question, Section
from earlyhelp.web.presenters.words import moment_words

STATUS = {
    "not_started": ("Not started", "grey"),
    "carried_over": ("Carried over", "yellow"),
    "in_progress": ("Unfinished", "blue"),
    "complete": ("Complete", "green"),
}
STATES = {
    "draft": ("Draft", "blue"),
    "submitted": ("Waiting for a manager", "purple"),
    "returned": ("Returned: to be changed", "orange"),
    "authorised": ("Authorised", "green"),
}


class Task(NamedTuple):
    """One section in the list."""

    name: str
    title: str
    link: str
    status: str
    colour: str
    saved: str
    comment: str


class AnswerShown(NamedTuple):
    """One answer in words, and how it differs from the one before it, if anything does."""

    title: str
    words: str
    pieces: Sequence[Piece] = ()


@dataclass(frozen=True)
class SectionShown:
    """One section as it is read."""

    name: str
    title: str
    answers: Sequence[AnswerShown]
    comment: str = ""
    missing: Sequence[str] = field(default=())
    link: str = ""

    @property
    def changed(self) -> bool:
        return any(answer.pieces for answer in self.answers)


def tasks(paper: Paper, *, reference: str, comments: Mapping[str, str], now: datetime) -> list[Task]:
    """Every section with its status and who saved it last."""
    return [_task(paper, section, reference, comments, now) for section in paper.form.sections]


def _task(paper: Paper, section: Section, reference: str, comments: Mapping[str, str], now: datetime) -> Task:
    words, colour = STATUS[paper.status(section)]
    saved = paper.sections.get(section.name)
    return Task(
        name=section.name,
        title=section.title,
        link=url_for("assessments.section", reference=reference, name=section.name),
        status=words,
        colour=colour,
        saved=f"Saved by {saved.saved_by}, {moment_words(saved.saved_at, now)}" if saved else "",
        comment=comments.get(section.name, ""),
    )


def read_sections(
    form: Form,
    answers: Mapping[str, Any],
    *,
    before: Mapping[str, Any] | None = None,
    comments: Mapping[str, str] | None = None,
    reference: str = "",
) -> list[SectionShown]:
    """Every section in words. With `before`, what differs from those answers; with `reference`, ways to change it."""
    return [
        SectionShown(
            name=section.name,
            title=section.title,
            answers=_answers(form, section, answers, before),
            comment=(comments or {}).get(section.name, ""),
            missing=[form_question(form, name).title for name in missing(form, section, answers)],
            link=url_for("assessments.section", reference=reference, name=section.name) if reference else "",
        )
        for section in form.sections
    ]


def form_question(form: Form, name: str) -> Question:
    found = form.question(name)
    assert found is not None
    return found


def _answers(
    form: Form, section: Section, answers: Mapping[str, Any], before: Mapping[str, Any] | None
) -> list[AnswerShown]:
    shown: list[AnswerShown] = []
    asked = asked_of(form, section, answers)
    for question in section.questions:
        now = words_of(form, question, answers.get(question.name)) if question in asked else ""
        then = words_of(form, question, before.get(question.name)) if before is not None else now
        if question in asked or then:
            shown.append(AnswerShown(question.title, now, changes(then, now) if then != now else ()))
    return shown


def asked_words(form: Form, question: Question) -> str:
    """When a question is to be answered: for whoever sees all of them at once."""
    if question.ask is None:
        return ""
    above = form_question(form, question.ask.when)
    labels = {"yes": "Yes", "no": "No"} | {
        code: entry.label for code, entry in form.codes.get(above.codes or "", {}).items()
    }
    wanted = " or ".join(f"“{labels.get(value, value)}”" for value in question.ask.values)
    return f"Only if you chose {wanted} for “{above.title}”"
