"""Lists of assessments: drafts in hand, what waits for a manager. Each is a fixed number of queries."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, exists, func, or_, select

from earlyhelp.insight.cases import children_of_many
from earlyhelp.near import near_open
from earlyhelp.permissions import Person, visible_cases
from earlyhelp.records.assessments import Assessment, PublishedForm, SectionVersion
from earlyhelp.records.cases import Case
from earlyhelp.records.organisation import Team, User

PAGE = 25
IN_HAND = ("draft", "returned")
WAITS_FOR_A_MANAGER = ("authorisation", "step_up")
"""Kinds of state in which a lead professional can only wait."""


class Waiting(NamedTuple):
    """A case that waits, since when, and whose it is."""

    row: Any
    children: Sequence[Any]


class Queue(NamedTuple):
    """One page of what waits, and where the next one begins."""

    items: Sequence[Waiting]
    following: tuple[datetime, int] | None


def awaiting_authorisation(
    connection: Connection, *, person: Person, after: tuple[datetime, int] | None = None
) -> Queue:
    """Assessments that a manager is to authorise, the one that has waited longest first."""
    statement = (
        select(
            Case.id,
            Case.reference,
            Case.state_entered_at,
            Case.pathway_id,
            Case.assessment_author_id,
            User.name.label("author"),
            Team.name.label("team"),
        )
        .outerjoin(User, User.id == Case.assessment_author_id)
        .outerjoin(Team, Team.id == Case.team_id)
        .where(
            Case.is_open.expression,
            Case.state_kind == "authorisation",
            near_open(person),
            visible_cases(person),
        )
        .order_by(Case.state_entered_at, Case.id)
        .limit(PAGE + 1)
    )
    if after is not None:
        later = or_(Case.state_entered_at > after[0], Case.id > after[1])
        statement = statement.where(Case.state_entered_at >= after[0], later)
    rows = connection.execute(statement).all()
    shown = rows[:PAGE]
    following = (shown[-1].state_entered_at, shown[-1].id) if len(rows) > PAGE else None
    return Queue(_with_children(connection, shown), following)


def waiting_for_a_manager(connection: Connection, *, person: Person, limit: int) -> Sequence[Waiting]:
    """What the families of this lead professional wait for from others, longest first; one more than `limit`."""
    rows = connection.execute(
        select(
            Case.id,
            Case.reference,
            Case.state,
            Case.state_entered_at,
            Case.pathway_id,
        )
        .where(
            Case.is_open.expression,
            Case.lead_professional_id == person.id,
            Case.state_kind.in_(WAITS_FOR_A_MANAGER),
            visible_cases(person),
        )
        .order_by(Case.state_entered_at, Case.id)
        .limit(limit + 1)
    ).all()
    return _with_children(connection, rows)


def drafts_of(connection: Connection, *, person: Person, limit: int) -> Sequence[Waiting]:
    """Assessments in hand of the families they lead, or in which they wrote a section; one more than `limit`.

    Returned ones first, then the one saved last.
    """
    wrote = exists().where(
        SectionVersion.assessment_id == Assessment.id, SectionVersion.saved_by_id == person.id
    )
    saved = (
        select(func.max(SectionVersion.saved_at))
        .where(SectionVersion.assessment_id == Assessment.id)
        .scalar_subquery()
        .label("saved_at")
    )
    sections = (
        select(func.count(SectionVersion.section.distinct()))
        .where(SectionVersion.assessment_id == Assessment.id)
        .scalar_subquery()
        .label("sections")
    )
    rows = connection.execute(
        select(
            Case.id,
            Case.reference,
            Assessment.state,
            PublishedForm.title,
            PublishedForm.content,
            saved,
            sections,
        )
        .join(Assessment, Assessment.case_id == Case.id)
        .join(PublishedForm, PublishedForm.id == Assessment.form_id)
        .where(
            Case.is_open.expression,
            Case.state_kind == "assessment",
            Assessment.state.in_(IN_HAND),
            or_(Case.lead_professional_id == person.id, wrote),
            visible_cases(person),
        )
        .order_by(Assessment.state.desc(), saved.desc(), Case.id)
        .limit(limit + 1)
    ).all()
    return _with_children(connection, rows)


def _with_children(connection: Connection, rows: Sequence[Any]) -> list[Waiting]:
    children = children_of_many(connection, case_ids=[row.id for row in rows])
    return [Waiting(row, children.get(row.id, [])) for row in rows]
