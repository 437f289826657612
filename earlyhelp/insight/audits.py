"""Samples of case audits, what auditors have still to grade, and what was found."""

from collections.abc import Sequence
from typing import Any, Literal

from sqlalchemy import Connection, func, select

from earlyhelp.permissions import Person, visible_cases
from earlyhelp.records.cases import Case
from earlyhelp.records.organisation import Team, User
from earlyhelp.records.practice import AuditedCase, AuditSample

PAGE = 50
_AUDITOR = User.__table__.alias("auditor")


def list_samples(connection: Connection, *, person: Person, before: int | None = None) -> Sequence[Any]:
    """Samples with a case that this person may see, newest first, one more than a page; counts are of such cases."""
    statement = (
        select(
            AuditSample,
            func.count(AuditedCase.id).label("cases"),
            func.count(AuditedCase.graded_at).label("graded"),
        )
        .join(AuditedCase, AuditedCase.sample_id == AuditSample.id)
        .join(Case, Case.id == AuditedCase.case_id)
        .where(visible_cases(person))
        .group_by(*AuditSample.__table__.c)
        .order_by(AuditSample.id.desc())
        .limit(PAGE + 1)
    )
    if before is not None:
        statement = statement.where(AuditSample.id < before)
    return connection.execute(statement).all()


def one_sample(connection: Connection, *, sample_id: int) -> Any:
    """A sample with who drew it, or None."""
    return connection.execute(
        select(AuditSample, User.name.label("drawn_by"), Team.name.label("team"))
        .outerjoin(User, User.id == AuditSample.drawn_by_id)
        .outerjoin(Team, Team.id == AuditSample.team_id)
        .where(AuditSample.id == sample_id)
    ).one_or_none()


def sampled_cases(connection: Connection, *, sample_id: int, person: Person) -> Sequence[Any]:
    """The cases of a sample that this person may see; a sample has at most a hundred."""
    return connection.execute(
        _audited().where(AuditedCase.sample_id == sample_id, visible_cases(person)).order_by(AuditedCase.id)
    ).all()


def to_grade(connection: Connection, *, person: Person) -> Sequence[Any]:
    """What this person has still to grade, oldest first."""
    waiting = _audited().where(
        AuditedCase.auditor_id == person.id, AuditedCase.graded_at.is_(None), visible_cases(person)
    )
    return connection.execute(waiting.order_by(AuditedCase.id).limit(PAGE)).all()


def grades_by(connection: Connection, *, person: Person, what: Literal["theme", "team"]) -> Sequence[Any]:
    """How many cases had each grade, by theme or by team: rows of `key`, `name`, `grade`, `cases`."""
    key: Any = AuditSample.theme if what == "theme" else AuditedCase.team_id
    name: Any = AuditSample.theme if what == "theme" else Team.name
    return connection.execute(
        select(key.label("key"), name.label("name"), AuditedCase.grade, func.count().label("cases"))
        .join(AuditSample, AuditSample.id == AuditedCase.sample_id)
        .join(Case, Case.id == AuditedCase.case_id)
        .outerjoin(Team, Team.id == AuditedCase.team_id)
        .where(AuditedCase.grade.is_not(None), visible_cases(person))
        .group_by(key, name, AuditedCase.grade)
        .order_by(name, AuditedCase.grade)
    ).all()


def graded_cases(connection: Connection, *, person: Person) -> Sequence[Any]:
    """Every graded case that this person may see, with its learning, newest first: for the report as a file."""
    graded = _audited().where(AuditedCase.graded_at.is_not(None), visible_cases(person))
    return connection.execute(graded.order_by(AuditedCase.graded_at.desc(), AuditedCase.id)).all()


def graded_alike(
    connection: Connection,
    *,
    person: Person,
    grade: str | None = None,
    theme: str | None = None,
    team_id: int | None = None,
    before: int | None = None,
) -> Sequence[Any]:
    """The cases behind one number of what was found, newest first, one more than a page; team 0 is none."""
    where = [AuditedCase.graded_at.is_not(None), visible_cases(person)]
    where += [AuditedCase.grade == grade] if grade else []
    where += [AuditSample.theme == theme] if theme else []
    if team_id is not None:
        where.append(AuditedCase.team_id == team_id if team_id else AuditedCase.team_id.is_(None))
    where += [AuditedCase.id < before] if before is not None else []
    return connection.execute(_audited().where(*where).order_by(AuditedCase.id.desc()).limit(PAGE + 1)).all()


def _audited() -> Any:
    return (
        select(
            AuditedCase,
            AuditSample.title,
            AuditSample.theme,
            Case.reference,
            Team.name.label("team"),
            _AUDITOR.c.name.label("auditor"),
        )
        .join(AuditSample, AuditSample.id == AuditedCase.sample_id)
        .join(Case, Case.id == AuditedCase.case_id)
        .outerjoin(Team, Team.id == AuditedCase.team_id)
        .outerjoin(_AUDITOR, _AUDITOR.c.id == AuditedCase.auditor_id)
    )
