"""Whether somebody has said why they open a record outside their team, or need not."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, or_, select

from earlyhelp.permissions import Person, must_say_why, visible_cases
from earlyhelp.records.cases import Case, CasePerson, Event
from earlyhelp.records.people import Person as PersonRow
from earlyhelp.records.reference import AccessEntry

LASTS = timedelta(hours=12)
"""How long a reason holds for the same record: about as long as a session."""
GIVEN = "reason"
"""What the list of readings calls the giving of a reason."""
MOST_CASES = 50


def reason_for_case(connection: Connection, *, reference: str, person: Person, now: datetime) -> str | None:
    """The reason that was given, empty where none is needed, None where it must be asked for.

    Nothing is asked about a case that they may not see, or that is not there: its page says that there is none.
    """
    cases = _cases(connection, person, Case.reference == reference)
    return _reason(connection, cases, None, person, now)


def reason_for_person(connection: Connection, *, public_id: str, person: Person, now: datetime) -> str | None:
    """The same for somebody's own record: none is needed while any of their cases may be opened without one."""
    named = select(PersonRow.id).where(PersonRow.public_id == public_id)
    on = select(CasePerson.case_id).where(CasePerson.person_id.in_(named))
    cases = _cases(connection, person, Case.id.in_(on))
    return _reason(connection, cases, connection.scalar(named) if cases else None, person, now)


def _cases(connection: Connection, person: Person, condition: Any) -> Sequence[Any]:
    return connection.execute(
        select(Case).where(condition, visible_cases(person)).order_by(Case.id.desc()).limit(MOST_CASES)
    ).all()


def _reason(
    connection: Connection, cases: Sequence[Any], person_id: int | None, person: Person, now: datetime
) -> str | None:
    if not cases or not all(must_say_why(person, case) for case in cases):
        return ""
    ids = [case.id for case in cases]
    given = connection.scalar(
        select(AccessEntry.reason)
        .where(
            or_(AccessEntry.case_id.in_(ids), AccessEntry.person_id == person_id),
            AccessEntry.user_id == person.id,
            AccessEntry.what == GIVEN,
            AccessEntry.at > now - LASTS,
        )
        .order_by(AccessEntry.at.desc(), AccessEntry.id.desc())
        .limit(1)
    )
    return given or _acted(connection, ids, person, now)


def _acted(connection: Connection, ids: Sequence[int], person: Person, now: datetime) -> str | None:
    """Who has just recorded something on the case need not say why they look at what became of it."""
    acted = (
        select(Event.id)
        .where(Event.case_id.in_(ids), Event.actor_id == person.id, Event.recorded_at > now - LASTS)
        .limit(1)
    )
    return None if connection.scalar(acted) is None else ""
