"""What a form file may say: sections, their questions, and which field of an action each answer fills."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field as Setting, StringConstraints

from earlyhelp.pathway.definition import CodeList, Field, Name, Part, Words

QuestionType = Literal["text", "long_text", "choice", "choices", "score", "date", "yes_no"]
Version = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z.\-]{0,19}$")]


class Condition(Part):
    """Asked only when an earlier question has one of these answers."""

    when: Name
    values: list[str] = Setting(alias="is", min_length=1)

    def holds(self, answer: object) -> bool:
        given = answer if isinstance(answer, list) else [_said(answer)]
        return any(value in self.values for value in given)


class Question(Part):
    """One question. `fills` names the field of the action that its answer goes to when the form is submitted.

    Several questions of words may fill one long field: it is then given each answer under its title.
    `carries` names a field recorded earlier in the case whose value is the first answer, marked as carried over.
    """

    name: Name
    title: Words
    type: QuestionType
    required: bool = False
    hint: str = ""
    codes: Name | None = None
    only: list[str] = []
    min: int | None = None
    max: int | None = None
    max_length: int = Setting(default=20_000, ge=1, le=100_000)
    ask: Condition | None = None
    fills: Name | None = None
    carries: Name | None = None

    def as_field(self) -> Field:
        """The question as the engine's own kind of field, so that both read and show answers alike."""
        said = self.model_dump(exclude={"ask", "fills", "carries"})
        return Field.model_validate(said)


class Section(Part):
    """A page of the form."""

    name: Name
    title: Words
    hint: str = ""
    questions: list[Question] = Setting(min_length=1)


class Form(Part):
    """One version of one form. What is being filled in keeps the version that it was begun on."""

    format: Literal[1] = 1
    name: Name
    title: Words
    version: Version
    summary: str = ""
    codes: dict[Name, CodeList] = {}
    sections: list[Section] = Setting(min_length=1)

    def questions(self) -> Iterator[Question]:
        """Every question, in the order of the form."""
        return (question for section in self.sections for question in section.questions)

    def section(self, name: str) -> Section | None:
        return next((section for section in self.sections if section.name == name), None)

    def question(self, name: str) -> Question | None:
        return next((question for question in self.questions() if question.name == name), None)


def _said(answer: object) -> str:
    """A single answer as a form file writes it."""
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    return "" if answer is None else str(answer)
