"""Who opened which person or case, when and why."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from earlyhelp.insight.offering import few_of
from earlyhelp.records.cases import Case
from earlyhelp.records.organisation import Team, User
from earlyhelp.records.people import Person as PersonRow
from earlyhelp.records.reference import AccessEntry

PAGE = 50
MOST_EXPORTED = 50_000
ABOUT = {"case": "Cases", "person": "People", "reason": "Reasons that were given"}
Place = tuple[datetime, int]


class Wanted(NamedTuple):
    """What is looked for. `record` is a case's reference or a person's public number, as it is written."""

    user_id: int | None = None
    record: str = ""
    about: str = ""
    since: datetime | None = None
    before: datetime | None = None


def readings(
    connection: Connection, *, wanted: Wanted, after: Place | None = None, limit: int = PAGE
) -> Sequence[Any]:
    """What was opened, newest first, one more than `limit` if there is more. Nobody's name but the readers'."""
    return connection.execute(
        _LISTED.where(*_conditions(wanted), *_before(after))
        .order_by(AccessEntry.at.desc(), AccessEntry.id.desc())
        .limit(limit + 1)
    ).all()


def readers(connection: Connection) -> Mapping[int, str] | None:
    """Everybody with an account, active or not, by name: who left may have read. None where they are very many."""
    everybody = select(User.id, User.name).order_by(User.name, User.id)
    rows = few_of(connection, everybody)
    return None if rows is None else {row.id: row.name for row in rows}


def email_of(connection: Connection, *, user_id: int) -> str | None:
    """The email address by which a reader is named where they are very many."""
    return connection.scalar(select(User.email).where(User.id == user_id))


def reader_with(connection: Connection, *, email: str) -> int | None:
    """Whose email address this is, in any case."""
    return connection.scalar(select(User.id).where(User.email == email.lower()))


_LISTED = (
    select(
        AccessEntry.id,
        AccessEntry.at,
        AccessEntry.what,
        AccessEntry.reason,
        User.name.label("reader"),
        User.email,
        Team.name.label("team"),
        Case.reference,
        PersonRow.public_id,
    )
    .join(User, User.id == AccessEntry.user_id)
    .outerjoin(Team, Team.id == User.team_id)
    .outerjoin(Case, Case.id == AccessEntry.case_id)
    .outerjoin(PersonRow, PersonRow.id == AccessEntry.person_id)
)


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    about: dict[str, ColumnElement[bool]] = {
        "case": AccessEntry.case_id.is_not(None),
        "person": AccessEntry.person_id.is_not(None),
        "reason": AccessEntry.reason != "",
    }
    found = [about[wanted.about]] if wanted.about in about else []
    found += [AccessEntry.user_id == wanted.user_id] if wanted.user_id is not None else []
    found += [AccessEntry.at >= wanted.since] if wanted.since else []
    found += [AccessEntry.at < wanted.before] if wanted.before else []
    if wanted.record:
        case = select(Case.id).where(Case.reference == wanted.record).scalar_subquery()
        person = select(PersonRow.id).where(PersonRow.public_id == wanted.record).scalar_subquery()
        found.append(or_(AccessEntry.case_id == case, AccessEntry.person_id == person))
    return found


def _before(after: Place | None) -> list[ColumnElement[bool]]:
    if after is None:
        return []
    moment, entry_id = after
    return [or_(AccessEntry.at < moment, and_(AccessEntry.at == moment, AccessEntry.id < entry_id))]
