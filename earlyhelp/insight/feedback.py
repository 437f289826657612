"""Compliments, complaints and satisfaction as managers read them."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from earlyhelp.permissions import Person, visible_feedback
from earlyhelp.records.cases import Case
from earlyhelp.records.feedback import Feedback
from earlyhelp.records.organisation import Team, User

PAGE = 50
UNANSWERED = "unanswered"
"""Asked for in place of a kind: complaints without an answer."""
_BY = User.__table__.alias("recorded_by")
_ANSWERER = User.__table__.alias("answered_by")
_LISTED = (
    select(
        Feedback,
        Case.reference,
        Team.name.label("team"),
        _BY.c.name.label("recorded_by"),
        _ANSWERER.c.name.label("answered_by"),
    )
    .outerjoin(Case, Case.id == Feedback.case_id)
    .outerjoin(Team, Team.id == Feedback.team_id)
    .outerjoin(_BY, _BY.c.id == Feedback.recorded_by_id)
    .outerjoin(_ANSWERER, _ANSWERER.c.id == Feedback.answered_by_id)
)


def list_feedback(
    connection: Connection,
    *,
    person: Person,
    kind: str | None = None,
    stage: int | None = None,
    team_id: int | None = None,
    after: tuple[date, int] | None = None,
) -> Sequence[Any]:
    """Newest first, one more than a page holds."""
    where = [visible_feedback(person)]
    where += [Feedback.kind == kind] if kind and kind != UNANSWERED else []
    where += [Feedback.stage == stage] if stage else []
    where += [Feedback.team_id == team_id] if team_id else []
    if kind == UNANSWERED:
        where += [Feedback.kind == "complaint", Feedback.answered_on.is_(None)]
    if after is not None:
        same_day = and_(Feedback.received_on == after[0], Feedback.id < after[1])
        where.append(or_(Feedback.received_on < after[0], same_day))
    ordered = _LISTED.where(*where).order_by(Feedback.received_on.desc(), Feedback.id.desc())
    return connection.execute(ordered.limit(PAGE + 1)).all()


def one_feedback(connection: Connection, *, feedback_id: int, person: Person) -> Any:
    """One, or None when there is none that this person may see."""
    return connection.execute(
        _LISTED.where(Feedback.id == feedback_id, visible_feedback(person))
    ).one_or_none()


def feedback_counts(
    connection: Connection, *, person: Person
) -> dict[tuple[str, int | None], tuple[int, int]]:
    """By kind and stage: how many there are, and how many of them have no answer."""
    columns = (Feedback.kind, Feedback.stage)
    statement = (
        select(*columns, func.count(), func.count(Feedback.answered_on))
        .outerjoin(Case, Case.id == Feedback.case_id)
        .where(visible_feedback(person))
        .group_by(*columns)
        .order_by(*columns)
    )
    return {(row[0], row[1]): (row[2], row[2] - row[3]) for row in connection.execute(statement)}
