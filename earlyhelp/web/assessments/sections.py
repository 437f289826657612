"""One section while it is written: its form filled in, what was carried over, and what two people wrote at once."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from earlyhelp.casework.assessments import SectionMoved
from earlyhelp.casework.papers import Paper
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.pathway.definition import Pathway
from earlyhelp.questionnaires.answers import is_asked, words_of
from earlyhelp.questionnaires.definition import Question, Section
from earlyhelp.questionnaires.merging import Merge, both, merge
from earlyhelp.web.forms.from_questions import PREFIX, SectionForm, as_typed, section_form
from earlyhelp.web.presenters.assessments import asked_words

KEEP = "keep-"
THEIRS, MINE, WRITTEN = "theirs", "mine", "written"


class QuestionShown(NamedTuple):
    """A question on its page: its field, and when it is asked."""

    name: str
    field: Any
    carried: bool
    asked_when: str
    asked_is: str
    asked_words: str


class ConflictShown(NamedTuple):
    """A question that two people answered differently, with a field for what shall stand."""

    name: str
    title: str
    theirs: str
    mine: str
    field: Any
    kept: str
    error: str


def questions_of(paper: Paper, section: Section) -> list[Question]:
    """What the page asks: a condition on another section is judged now, one on this page as it is typed."""
    own = {question.name for question in section.questions}
    answers = paper.answers
    return [
        question
        for question in section.questions
        if question.ask is None or question.ask.when in own or is_asked(paper.form, question, answers)
    ]


def filled_form(
    paper: Paper, section: Section, pathway: Pathway, *, now: datetime, version: int | None = None
) -> SectionForm:
    """The section's form with the answers as they stand, or with what was posted."""
    questions = questions_of(paper, section)
    standing = paper.answers_in(section)
    hints = {q.name: _hint(paper, q, standing.get(q.name)) for q in questions}
    today = now.astimezone(LONDON).date()
    form_class = section_form(paper.form, questions, pathway, today=today, hints=hints)
    data = {PREFIX + q.name: as_typed(q, standing[q.name]) for q in questions if q.name in standing}
    seen = paper.version_of(section.name) if version is None else version
    return form_class(version=str(seen), data=data)


def shown_questions(paper: Paper, section: Section, form: SectionForm) -> list[QuestionShown]:
    """The questions of the page in the order of the file."""
    own = {question.name for question in section.questions}
    standing = paper.answers_in(section)
    shown: list[QuestionShown] = []
    for question in questions_of(paper, section):
        ask = question.ask if question.ask and question.ask.when in own else None
        shown.append(
            QuestionShown(
                name=question.name,
                field=form[PREFIX + question.name],
                carried=_is_carried(paper, question.name, standing.get(question.name)),
                asked_when=PREFIX + ask.when if ask else "",
                asked_is=",".join(ask.values) if ask else "",
                asked_words=asked_words(paper.form, question) if ask else "",
            )
        )
    return shown


def merged(paper: Paper, section: Section, moved: SectionMoved) -> Merge:
    """What both wrote, put together as far as nobody has to decide."""
    first = {name: one["value"] for name, one in paper.carried.items()}
    base = moved.base.answers if moved.base is not None else first
    names = [question.name for question in section.questions]
    return merge(names, base=base, theirs=moved.theirs.answers, mine=moved.mine)


def conflicts_shown(
    paper: Paper,
    section: Section,
    pathway: Pathway,
    moved: SectionMoved,
    *,
    now: datetime,
    posted: Mapping[str, str],
) -> list[ConflictShown]:
    """The questions to decide. `posted` is what was chosen already, when something of it was wrong."""
    names = merged(paper, section, moved).conflicts
    questions = [question for question in section.questions if question.name in names]
    today = now.astimezone(LONDON).date()
    hints = {question.name: "" for question in questions}
    asked = [question.model_copy(update={"required": True}) for question in questions]  # no "(optional)" here
    form_class = section_form(paper.form, asked, pathway, today=today, hints=hints)
    data = {}
    for question in questions:
        value = both(moved.theirs.answers.get(question.name), moved.mine.get(question.name))
        data[PREFIX + question.name] = as_typed(question, value)
    form = form_class(data=data) if posted else form_class(formdata=None, data=data)
    return [_conflict(paper, question, moved, form, posted) for question in questions]


def _conflict(
    paper: Paper, question: Question, moved: SectionMoved, form: SectionForm, posted: Mapping[str, str]
) -> ConflictShown:
    kept = posted.get(KEEP + question.name, "")
    field = form[PREFIX + question.name]
    return ConflictShown(
        name=question.name,
        title=question.title,
        theirs=words_of(paper.form, question, moved.theirs.answers.get(question.name)) or "No answer",
        mine=words_of(paper.form, question, moved.mine.get(question.name)) or "No answer",
        field=field,
        kept=kept,
        error="Choose which answer shall stand" if posted and kept not in {THEIRS, MINE, WRITTEN} else "",
    )


def decided(
    paper: Paper, section: Section, moved: SectionMoved, conflicts: list[ConflictShown]
) -> dict[str, Any]:
    """The answers as the person who compared them wants them."""
    given = dict(merged(paper, section, moved).agreed)
    for conflict in conflicts:
        sources = {
            THEIRS: moved.theirs.answers.get(conflict.name),
            MINE: moved.mine.get(conflict.name),
            WRITTEN: conflict.field.value,
        }
        given[conflict.name] = sources[conflict.kept]
    return given


def read_mine(text: str) -> dict[str, Any]:
    """One's own answers as the page of comparing carried them; nothing when they were tampered with."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _hint(paper: Paper, question: Question, value: Any) -> str:
    if not _is_carried(paper, question.name, value):
        return question.hint
    saved = any(question.name in one.answers for one in paper.sections.values())
    words = f"Carried over from {paper.carried[question.name]['words']}{'' if saved else ': check it'}."
    return f"{question.hint} {words}".strip()


def _is_carried(paper: Paper, name: str, value: Any) -> bool:
    """Whether the answer that stands is still the one that was carried over."""
    return value is not None and name in paper.carried and paper.carried[name]["value"] == value
