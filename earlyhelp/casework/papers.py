"""Reading an assessment as it stands: its form, the newest version of each section, what was carried over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, and_, bindparam, func, select

from earlyhelp.casework.forms import form_action, in_words_of, newest_form
from earlyhelp.casework.reading import CaseRow
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.pathway.definition import Pathway
from earlyhelp.pathway.fields import is_empty
from earlyhelp.permissions import Person, may_contribute, visible_cases
from earlyhelp.questionnaires.answers import Status, read_answers, status_of
from earlyhelp.questionnaires.definition import Form, Section
from earlyhelp.records.assessments import (
    Assessment,
    PublishedForm,
    SectionComment,
    SectionVersion,
    Submission,
)
from earlyhelp.records.cases import Case, CasePerson, Event
from earlyhelp.records.organisation import User
from earlyhelp.records.prepared import Query

IN_HAND = frozenset({"draft", "returned"})
_NEWEST = Query(
    select(Assessment, PublishedForm.content, PublishedForm.digest)
    .join(PublishedForm, PublishedForm.id == Assessment.form_id)
    .where(Assessment.case_id == bindparam("case_id"))
    .order_by(Assessment.number.desc())
    .limit(1)
)


class Saved(NamedTuple):
    """A section as it was saved last."""

    version: int
    answers: Mapping[str, Any]
    saved_at: datetime
    saved_by: str


@dataclass(frozen=True)
class Paper:
    """One assessment, or (without an id) the blank one that the first save will begin."""

    id: int | None
    number: int
    state: str
    form_id: int
    form: Form
    carried: Mapping[str, Mapping[str, Any]]
    """Question → `value` and `words` saying where it comes from."""
    sections: Mapping[str, Saved] = field(default_factory=dict)

    @property
    def answers(self) -> dict[str, Any]:
        """Every answer as it stands: a section that nobody saved has what was carried over."""
        return {
            name: value for section in self.form.sections for name, value in self.answers_in(section).items()
        }

    def answers_in(self, section: Section) -> dict[str, Any]:
        saved = self.sections.get(section.name)
        if saved is not None:
            return dict(saved.answers)
        names = [question.name for question in section.questions]
        return {name: self.carried[name]["value"] for name in names if name in self.carried}

    def version_of(self, section: str) -> int:
        saved = self.sections.get(section)
        return saved.version if saved else 0

    def status(self, section: Section) -> Status:
        carried = {name: one["value"] for name, one in self.carried.items()}
        return status_of(self.form, section, self.answers, saved=frozenset(self.sections), carried=carried)


def paper_of(connection: Connection, case: CaseRow, pathway: Pathway, *, person: Person) -> Paper | None:
    """The case's newest assessment; a blank one where a new one may begin. None without a form."""
    current = newest_assessment(connection, case_id=case.id)
    begins = form_action(pathway, state=case.state) is not None
    if current is not None and (current.state in IN_HAND or not begins):
        return read_paper(connection, case, pathway, current)
    found = newest_form(connection, case, pathway)
    if found is None:
        return None
    number = current.number + 1 if current is not None else 1
    carried = carried_over(connection, case, found.form, person=person) if begins else {}
    return Paper(None, number, "draft", found.id, found.form, carried)


def newest_assessment(connection: Connection, *, case_id: int) -> Row[Any] | None:
    return _NEWEST.first(connection, case_id=case_id)


def read_paper(connection: Connection, case: CaseRow, pathway: Pathway, row: Row[Any]) -> Paper:
    """An assessment from its row (see `newest_assessment`)."""
    form = in_words_of(pathway, row.content, key=(row.digest, case.fingerprint))
    sections = newest_sections(connection, assessment_id=row.id)
    return Paper(row.id, row.number, row.state, row.form_id, form, row.carried, sections)


def newest_sections(connection: Connection, *, assessment_id: int) -> dict[str, Saved]:
    """Each section that was ever saved, as it was saved last."""
    newest = (
        select(SectionVersion.section, func.max(SectionVersion.version).label("version"))
        .where(SectionVersion.assessment_id == assessment_id)
        .group_by(SectionVersion.section)
        .subquery()
    )
    of_newest = and_(SectionVersion.section == newest.c.section, SectionVersion.version == newest.c.version)
    rows = connection.execute(
        select(SectionVersion, User.name.label("by"))
        .join(newest, of_newest)
        .outerjoin(User, User.id == SectionVersion.saved_by_id)
        .where(SectionVersion.assessment_id == assessment_id)
    )
    return {row.section: _saved(row) for row in rows}


def section_version(
    connection: Connection, *, assessment_id: int, section: str, version: int
) -> Saved | None:
    """A section as it was at one version; None when there was none."""
    row = connection.execute(
        select(SectionVersion, User.name.label("by"))
        .outerjoin(User, User.id == SectionVersion.saved_by_id)
        .where(
            SectionVersion.assessment_id == assessment_id,
            SectionVersion.section == section,
            SectionVersion.version == version,
        )
    ).one_or_none()
    return _saved(row) if row else None


def submissions_of(connection: Connection, *, assessment_id: int) -> Sequence[Row[Any]]:
    """What was submitted of an assessment, first to last, with the names of who submitted and who decided."""
    decider = User.__table__.alias("decider")
    return connection.execute(
        select(Submission, User.name.label("submitted_by"), decider.c.name.label("decided_by"))
        .outerjoin(User, User.id == Submission.submitted_by_id)
        .outerjoin(decider, decider.c.id == Submission.decided_by_id)
        .where(Submission.assessment_id == assessment_id)
        .order_by(Submission.number)
    ).all()


def comments_on(connection: Connection, *, submission_id: int) -> dict[str, str]:
    """A manager's words by section."""
    rows = connection.execute(
        select(SectionComment.section, SectionComment.words).where(
            SectionComment.submission_id == submission_id
        )
    )
    return {row.section: row.words for row in rows}


def may_draft(person: Person, case: CaseRow, pathway: Pathway) -> bool:
    """Whether they may write in the case's assessment now."""
    return form_action(pathway, state=case.state) is not None and may_contribute(person, case)


def carried_over(
    connection: Connection, case: CaseRow, form: Form, *, person: Person
) -> dict[str, dict[str, Any]]:
    """First answers of a new assessment, each with where it comes from.

    From the last assessment of this case, or of the same children in a case that this person may see; for what that
    leaves open, from what was recorded in this case under the name that the question `carries`.
    """
    last = _last_submission(connection, case, person)
    found: dict[str, Any] = dict(last.answers) if last is not None else {}
    words = f"the assessment of {_day(last.submitted_at)} ({last.reference})" if last is not None else ""
    carried = {name: {"value": value, "words": words} for name, value in found.items()}
    recorded = _recorded(connection, case.id, {q.carries for q in form.questions() if q.carries})
    for question in form.questions():
        if question.carries in recorded and question.name not in carried:
            carried[question.name] = recorded[question.carries]
    given = {name: one["value"] for name, one in carried.items()}
    today = last.submitted_at if last is not None else case.opened_at
    clean, _ = read_answers(form, form.questions(), given, today.astimezone(LONDON).date())
    return {name: {**carried[name], "value": value} for name, value in clean.items()}


def _last_submission(connection: Connection, case: CaseRow, person: Person) -> Row[Any] | None:
    children = select(CasePerson.person_id).where(CasePerson.case_id == case.id, CasePerson.is_child)
    same = select(CasePerson.case_id).where(CasePerson.person_id.in_(children), CasePerson.is_child)
    return connection.execute(
        select(Submission.answers, Submission.submitted_at, Case.reference)
        .join(Assessment, Assessment.id == Submission.assessment_id)
        .join(Case, Case.id == Assessment.case_id)
        .where(Assessment.case_id.in_(same), visible_cases(person))
        .order_by(Submission.submitted_at.desc(), Submission.id.desc())
        .limit(1)
    ).one_or_none()


def _recorded(connection: Connection, case_id: int, names: set[str]) -> dict[str | None, dict[str, Any]]:
    """What was last recorded in the case under each of these names."""
    found: dict[str | None, dict[str, Any]] = {}
    if not names:
        return found
    events = connection.execute(
        select(Event.fields, Event.occurred_at)
        .where(Event.case_id == case_id)
        .order_by(Event.sequence.desc())
        .limit(200)
    )
    for event in events:
        for name in names - found.keys():
            if not is_empty(event.fields.get(name)):
                words = f"what was recorded on {_day(event.occurred_at)}"
                found[name] = {"value": event.fields[name], "words": words}
    return found


def _saved(row: Any) -> Saved:
    return Saved(row.version, row.answers, row.saved_at, row.by or "The system")


def _day(moment: datetime) -> str:
    local = moment.astimezone(LONDON)
    return f"{local.day} {local:%B %Y}"
