"""Writing an assessment: a section at a time, submitted whole, authorised or returned with comments on sections."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert

from earlyhelp.casework.forms import form_action
from earlyhelp.casework.papers import (
    IN_HAND,
    Paper,
    Saved,
    may_draft,
    newest_assessment,
    paper_of,
    section_version,
    submissions_of,
)
from earlyhelp.casework.perform import Performed, engine_for, perform
from earlyhelp.casework.reading import case_to_change
from earlyhelp.casework.refusals import NotAllowed
from earlyhelp.casework.submissions import begin, write_section
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.pathway.facts import BadFields, Refused
from earlyhelp.pathway.fields import CONTROL_CHARACTERS
from earlyhelp.permissions import Person
from earlyhelp.questionnaires.answers import fields_from, is_asked, missing, read_answers
from earlyhelp.questionnaires.definition import Section
from earlyhelp.records.assessments import SectionComment

LONGEST_COMMENT = 4000


class SectionMoved(Exception):
    """Somebody else saved the section meanwhile. `base` is what the writer had before them, None for an empty one."""

    def __init__(self, *, theirs: Saved, base: Saved | None, mine: Mapping[str, Any]) -> None:
        super().__init__("somebody else saved this section meanwhile")
        self.theirs, self.base, self.mine = theirs, base, mine


class Unfinished(Exception):
    """Sections that must be answered or checked before the assessment can be submitted, in the form's order."""

    def __init__(self, sections: list[Section]) -> None:
        super().__init__(", ".join(section.title for section in sections))
        self.sections = sections


class SectionSaved(NamedTuple):
    """The version that stands now."""

    version: int
    paper: Paper


def save_section(
    connection: Connection,
    *,
    reference: str,
    section: str,
    given: Mapping[str, Any],
    seen_version: int,
    person: Person,
    now: datetime,
    known_errors: Mapping[str, list[str]] | None = None,
) -> SectionSaved:
    """Keep what was written in one section, whole or unfinished, as its next version.

    `seen_version` is the version the writer had before them, 0 for none. Saving what stands there already changes
    nothing. Raises NoSuchCase, NotAllowed, BadFields (nothing is kept then), SectionMoved.
    """
    case = case_to_change(connection, reference=reference, person=person)
    pathway = engine_for(connection, case).pathway
    paper = paper_of(connection, case, pathway, person=person)
    declared = paper.form.section(section) if paper else None
    if paper is None or declared is None or not may_draft(person, case, pathway):
        raise NotAllowed
    on = now.astimezone(LONDON).date()
    clean, errors = read_answers(paper.form, declared.questions, given, on)
    errors |= dict(known_errors or {})
    if errors:
        raise BadFields(errors)
    answers = {**_not_asked(paper, declared, clean), **clean}
    standing = paper.sections.get(section)
    if standing is not None and standing.answers == answers:
        return SectionSaved(standing.version, paper)
    if standing is not None and standing.version != seen_version:
        base = _base(connection, paper, section, seen_version)
        raise SectionMoved(theirs=standing, base=base, mine=answers)
    if paper.id is None:
        paper = begin(connection, case_id=case.id, paper=paper, person=person, now=now)
    version = write_section(connection, paper=paper, section=section, answers=answers, person=person, now=now)
    return SectionSaved(version, paper)


def submit_assessment(
    connection: Connection,
    *,
    reference: str,
    person: Person,
    now: datetime,
    occurred_at: datetime | None = None,
    seen_version: int | None = None,
    known_errors: Mapping[str, list[str]] | None = None,
) -> Performed:
    """Take the action that the form is for, with what its answers give it.

    Raises Unfinished while a required answer is missing or a section was only carried over, and all that `perform`
    raises.
    """
    case = case_to_change(connection, reference=reference, person=person)
    pathway = engine_for(connection, case).pathway
    action = form_action(pathway, state=case.state)
    paper = paper_of(connection, case, pathway, person=person) if action else None
    if action is None or paper is None:
        raise Refused("The assessment cannot be submitted now: the case has moved on")
    if to_do := unfinished(paper):
        raise Unfinished(to_do)
    return perform(
        connection,
        reference=reference,
        action=action.name,
        person=person,
        fields=fields_from(paper.form, action, paper.answers),
        now=now,
        occurred_at=occurred_at,
        seen_version=seen_version,
        known_errors=known_errors,
    )


def unfinished(paper: Paper) -> list[Section]:
    """Sections that still need somebody: a required answer is missing, or nobody checked what was carried over."""
    answers = paper.answers
    return [
        section
        for section in paper.form.sections
        if missing(paper.form, section, answers) or paper.status(section) == "carried_over"
    ]


def decide_assessment(
    connection: Connection,
    *,
    reference: str,
    action: str,
    person: Person,
    fields: Mapping[str, Any],
    comments: Mapping[str, str],
    now: datetime,
    occurred_at: datetime | None = None,
    seen_version: int | None = None,
    known_errors: Mapping[str, list[str]] | None = None,
) -> Performed:
    """Authorise or return what was submitted, and keep the manager's words on its sections beside it."""
    said = {section: words.strip() for section, words in comments.items() if words.strip()}
    errors = {**(known_errors or {}), **_bad_comments(said)}
    performed = perform(
        connection,
        reference=reference,
        action=action,
        person=person,
        fields=fields,
        now=now,
        occurred_at=occurred_at,
        seen_version=seen_version,
        known_errors=errors,
    )
    if said:
        _keep_comments(connection, performed.case_id, said, person, now)
    return performed


def _keep_comments(
    connection: Connection, case_id: int, said: Mapping[str, str], person: Person, now: datetime
) -> None:
    row = newest_assessment(connection, case_id=case_id)
    if row is None or row.state in IN_HAND - {"returned"}:
        return
    last = submissions_of(connection, assessment_id=row.id)[-1]
    connection.execute(delete(SectionComment).where(SectionComment.submission_id == last.id))
    connection.execute(
        insert(SectionComment),
        [
            {"submission_id": last.id, "section": name, "words": words, "at": now, "by_id": person.id}
            for name, words in said.items()
        ],
    )


def _bad_comments(said: Mapping[str, str]) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    for section, words in said.items():
        if len(words) > LONGEST_COMMENT:
            errors[f"comment_on_{section}"] = [f"Must be {LONGEST_COMMENT:,} characters or fewer"]
        elif CONTROL_CHARACTERS.search(words):
            errors[f"comment_on_{section}"] = ["Must not contain control characters"]
    return errors


def _not_asked(paper: Paper, section: Section, clean: Mapping[str, Any]) -> dict[str, Any]:
    """What stands there for questions that another section's answers switch off: hidden is not deleted."""
    own = {question.name for question in section.questions}
    answers = {name: value for name, value in paper.answers.items() if name not in own} | dict(clean)
    standing = paper.answers_in(section)
    return {
        question.name: standing[question.name]
        for question in section.questions
        if question.name in standing
        and question.ask is not None
        and question.ask.when not in own
        and not is_asked(paper.form, question, answers)
    }


def _base(connection: Connection, paper: Paper, section: str, version: int) -> Saved | None:
    if paper.id is None or version < 1:
        return None
    return section_version(connection, assessment_id=paper.id, section=section, version=version)
