"""What an action does to the case's assessment: whatever door it came through, the assessment follows the case."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, literal_column, select, update

from earlyhelp.casework.forms import newest_form
from earlyhelp.casework.papers import IN_HAND, Paper, newest_assessment, read_paper
from earlyhelp.casework.reading import CaseRow
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.pathway.definition import Pathway
from earlyhelp.pathway.facts import Refused, Step
from earlyhelp.permissions import Person
from earlyhelp.questionnaires.answers import answers_from, is_asked, read_answers
from earlyhelp.records.assessments import Assessment, SectionVersion, Submission
from earlyhelp.records.prepared import Query, Together

DECISIONS = {"assessment_authorised": "authorised", "assessment_returned": "returned"}
WROTE_IT = "You wrote part of this assessment: another manager must authorise it"
_WROTE = Query(
    select(SectionVersion.assessment_id)
    .join(Assessment, Assessment.id == SectionVersion.assessment_id)
    .where(
        Assessment.case_id == bindparam("case_id"),
        Assessment.state == literal_column("'submitted'"),
        SectionVersion.saved_by_id == bindparam("person_id"),
    )
    .limit(1)
)

_EARLIER = Query(
    select(func.count().label("number")).where(Submission.assessment_id == bindparam("assessment_id"))
)
_SAVE_SECTION, _SUBMIT = insert(SectionVersion).inline(), insert(Submission).inline()
_SET_STATE = update(Assessment).where(Assessment.id == bindparam("this"))
_DECIDE = update(Submission).where(
    Submission.assessment_id == bindparam("of_assessment"),
    Submission.number
    == select(func.max(Submission.number))
    .where(Submission.assessment_id == bindparam("of_assessment"))
    .scalar_subquery(),
)


def check_assessment(connection: Connection, *, case: CaseRow, step: Step, person: Person) -> None:
    """Refuse that somebody authorises what they wrote part of."""
    if step.action.kind == "assessment_authorised" and wrote_in_it(
        connection, case_id=case.id, person=person
    ):
        raise Refused(WROTE_IT)


def wrote_in_it(connection: Connection, *, case_id: int, person: Person) -> bool:
    """Whether they saved a section of the assessment that waits to be authorised."""
    if person.id is None:
        return False
    return _WROTE.first(connection, case_id=case_id, person_id=person.id) is not None


def follow_assessment(
    connection: Connection, *, case: CaseRow, pathway: Pathway, step: Step, person: Person, now: datetime
) -> None:
    """Keep what was submitted, or note what was decided. Does nothing where the action has no form."""
    if step.action.kind == "assessment_submitted" and step.action.form is not None:
        _submitted(connection, case, pathway, step, person, now)
    elif step.action.kind in DECISIONS:
        _decided(connection, case, step, person, now)


def _submitted(
    connection: Connection, case: CaseRow, pathway: Pathway, step: Step, person: Person, now: datetime
) -> None:
    paper = _paper_in_hand(connection, case, pathway, person, now)
    if paper is None:
        return
    together = Together(connection)
    answers = _brought_in_step(together, paper, step, person, now)
    asked = {
        question.name: answers[question.name]
        for question in paper.form.questions()
        if question.name in answers and is_asked(paper.form, question, answers)
    }
    submission = {
        "assessment_id": paper.id,
        "number": _EARLIER.rows(connection, assessment_id=paper.id)[0].number + 1,
        "event_sequence": case.version + 1,
        "answers": asked,
        "digest": digest_of(asked),
        "submitted_at": now,
        "submitted_by_id": person.id,
    }
    together.execute(_SUBMIT, submission)
    together.execute(_SET_STATE, {"this": paper.id, "state": "submitted"})
    together.send()


def _paper_in_hand(
    connection: Connection, case: CaseRow, pathway: Pathway, person: Person, now: datetime
) -> Paper | None:
    """The draft that is submitted, or one begun now for an action that came without the form."""
    row = newest_assessment(connection, case_id=case.id)
    if row is not None and row.state in IN_HAND:
        return read_paper(connection, case, pathway, row)
    found = newest_form(connection, case, pathway)
    if found is None:
        return None
    paper = Paper(None, row.number + 1 if row else 1, "draft", found.id, found.form, {})
    return begin(connection, case_id=case.id, paper=paper, person=person, now=now)


def begin(connection: Connection, *, case_id: int, paper: Paper, person: Person, now: datetime) -> Paper:
    """Write the row of a blank assessment."""
    found = connection.execute(
        insert(Assessment)
        .values(
            case_id=case_id,
            number=paper.number,
            form_id=paper.form_id,
            state="draft",
            carried=dict(paper.carried),
            begun_at=now,
            begun_by_id=person.id,
        )
        .returning(Assessment.id)
    ).scalar_one()
    return Paper(found, paper.number, "draft", paper.form_id, paper.form, paper.carried, paper.sections)


def _brought_in_step(
    together: Together, paper: Paper, step: Step, person: Person, now: datetime
) -> dict[str, Any]:
    """The answers as submitted. Where the action was given other words than the draft has, they become a version."""
    fields = {name: value for name, value in step.fields.items() if step.action.field(name)}
    drafted = paper.answers
    said = answers_from(paper.form, fields, drafted, step.action)
    on = now.astimezone(LONDON).date()
    answers, _ = read_answers(paper.form, paper.form.questions(), said, on)
    changed = []
    for section in paper.form.sections:
        names = {question.name for question in section.questions}
        wanted = {name: value for name, value in answers.items() if name in names}
        if wanted and wanted != paper.answers_in(section):
            changed.append(_next_version(paper, section.name, wanted, person, now))
    if changed:
        together.execute(_SAVE_SECTION, changed)
    return answers


def write_section(
    connection: Connection,
    *,
    paper: Paper,
    section: str,
    answers: Mapping[str, Any],
    person: Person,
    now: datetime,
) -> int:
    """One more version of a section; returns its number. A number that is taken already is refused by its key."""
    row = _next_version(paper, section, answers, person, now)
    connection.execute(_SAVE_SECTION, row)
    return int(row["version"])


def _next_version(
    paper: Paper, section: str, answers: Mapping[str, Any], person: Person, now: datetime
) -> dict[str, Any]:
    return {
        "assessment_id": paper.id,
        "section": section,
        "version": paper.version_of(section) + 1,
        "answers": dict(answers),
        "saved_at": now,
        "saved_by_id": person.id,
    }


def _decided(connection: Connection, case: CaseRow, step: Step, person: Person, now: datetime) -> None:
    row = newest_assessment(connection, case_id=case.id)
    if row is None or row.state != "submitted":
        return
    decision = DECISIONS[step.action.kind]
    decided = {
        "decision": decision,
        "decided_at": now,
        "decided_by_id": person.id,
        "comment": str(step.fields.get("comment") or ""),
    }
    together = Together(connection)
    together.execute(_DECIDE, {"of_assessment": row.id, **decided})
    together.execute(_SET_STATE, {"this": row.id, "state": decision})
    together.send()


def digest_of(answers: Mapping[str, Any]) -> str:
    """SHA-256 of answers, the same whatever order they lie in."""
    text = json.dumps(answers, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _id(paper: Paper) -> int:
    assert paper.id is not None
    return paper.id
