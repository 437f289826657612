"""What the front door still owes: answers to referrers, and asking whether families reached a service."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, literal_column, or_, select

from earlyhelp.insight.cursors import Cursor
from earlyhelp.near import carried_near
from earlyhelp.permissions import Person, visible_cases
from earlyhelp.records.cases import Case, CasePerson, Contact
from earlyhelp.records.clocks import ClockRow
from earlyhelp.records.people import Person as PersonRow
from earlyhelp.records.public import PublicDraft, Receipt

PAGE = 25
RUNNING = ClockRow.status == literal_column("'running'")
ANSWERS, CHECKS = "referrer_answer", "signpost_check"


class Owed(NamedTuple):
    """One case with one thing still to do for it."""

    case_id: int
    reference: str
    pathway_id: int
    state: str
    outcome: str | None
    started_at: datetime
    due_at: datetime
    referrer: str
    organisation: str
    has_email: bool
    has_receipt: bool
    children: tuple[str, ...] = ()


def still_owed(
    connection: Connection, *, person: Person, kind: str, after: Cursor | None = None, limit: int = PAGE
) -> tuple[list[Owed], Cursor | None]:
    """Cases on which the clock of this kind runs, soonest due first, and where the next page begins."""
    receipt = select(Receipt.id).where(Receipt.case_id == Case.id).limit(1).scalar_subquery()
    statement = (
        select(
            ClockRow.id.label("clock_id"),
            ClockRow.started_at,
            ClockRow.due_at,
            Case.id.label("case_id"),
            Case.reference,
            Case.pathway_id,
            Case.state,
            Case.outcome,
            Contact.referrer_name,
            Contact.referrer_organisation,
            Contact.referrer_email,
            receipt.label("receipt"),
        )
        .join(Case, Case.id == ClockRow.case_id)
        .outerjoin(Contact, Contact.case_id == Case.id)
        .where(ClockRow.kind == kind, RUNNING, carried_near(person, ClockRow), visible_cases(person))
        .where(*_beyond(after))
        .order_by(ClockRow.due_at, ClockRow.id)
        .limit(limit + 1)
    )
    rows = connection.execute(statement).all()
    shown = rows[:limit]
    following = Cursor(shown[-1].clock_id, shown[-1].due_at) if len(rows) > limit else None
    names = _children(connection, [row.case_id for row in shown])
    return [_owed(row, names) for row in shown], following


def held_requests(connection: Connection, *, after: int | None = None, limit: int = PAGE) -> Sequence[Any]:
    """Public requests that a robot seems to have sent, oldest first, one more than `limit` if there are more."""
    beyond = [PublicDraft.id > after] if after is not None else []
    statement = select(PublicDraft.id, PublicDraft.held_at, PublicDraft.content, PublicDraft.expires_at)
    held = statement.where(PublicDraft.held_at.is_not(None), *beyond)
    return connection.execute(held.order_by(PublicDraft.id).limit(limit + 1)).all()


def _beyond(after: Cursor | None) -> list[Any]:
    if after is None or after.at is None:
        return []
    return [ClockRow.due_at >= after.at, or_(ClockRow.due_at > after.at, ClockRow.id > after.id)]


def _owed(row: Any, names: dict[int, list[str]]) -> Owed:
    return Owed(
        case_id=row.case_id,
        reference=row.reference,
        pathway_id=row.pathway_id,
        state=row.state,
        outcome=row.outcome,
        started_at=row.started_at,
        due_at=row.due_at,
        referrer=row.referrer_name or "",
        organisation=row.referrer_organisation or "",
        has_email=bool(row.referrer_email),
        has_receipt=row.receipt is not None,
        children=tuple(names.get(row.case_id, ())),
    )


def _children(connection: Connection, ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    statement = (
        select(CasePerson.case_id, PersonRow.given_name, PersonRow.family_name)
        .join(PersonRow, PersonRow.id == CasePerson.person_id)
        .where(CasePerson.case_id.in_(ids), CasePerson.is_child)
        .order_by(CasePerson.case_id, CasePerson.position)
    )
    for row in connection.execute(statement):
        found.setdefault(row.case_id, []).append(f"{row.given_name} {row.family_name}".strip())
    return found
