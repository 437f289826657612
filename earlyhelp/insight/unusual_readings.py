"""Readings that somebody should ask about: of one's own name, of one's own address, of very many records in a day.

None of them proves anything: a family name is shared by many, and a good day at the front door is long.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, func, literal, or_, select, union_all

from earlyhelp.pathway.calendar import england
from earlyhelp.records.cases import CasePerson
from earlyhelp.records.names import search_name
from earlyhelp.records.organisation import Team, User
from earlyhelp.records.people import Person as PersonRow
from earlyhelp.records.reference import AccessEntry
from earlyhelp.records.staff_homes import StaffHome

AT_ONCE = 200
"""Readers in one statement: SQLite takes no condition of a thousand parts."""
MOST_SHOWN = 200


class Period(NamedTuple):
    """Whole days, the last included."""

    first: date
    last: date

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]

    @property
    def since(self) -> datetime:
        return england().start_of(self.first)

    @property
    def before(self) -> datetime:
        return england().end_of(self.last)


def of_own_name(connection: Connection, *, period: Period) -> Sequence[Any]:
    """Who opened the record, or a case, of somebody of their own family name: how often, and when last."""
    readers = connection.execute(
        select(User.id, User.name)
        .where(User.id.in_(select(AccessEntry.user_id).where(*_within(period)).distinct()))
        .order_by(User.id)
    ).all()
    found: list[Any] = []
    for begin in range(0, len(readers), AT_ONCE):
        several = [_is_of_name(row) for row in readers[begin : begin + AT_ONCE]]
        found += _opened(connection, period, or_(*several))
    return sorted(found, key=lambda row: (row.last_at, row.public_id), reverse=True)[:MOST_SHOWN]


def of_own_address(connection: Connection, *, period: Period) -> Sequence[Any]:
    """Who opened the record, or a case, of somebody at the postcode at which they live themselves."""
    lives_there = (
        select(StaffHome.user_id)
        .where(StaffHome.user_id == User.id, StaffHome.postcode == PersonRow.postcode)
        .exists()
    )
    return _opened(connection, period, lives_there)


def very_many(connection: Connection, *, period: Period, most: int) -> Sequence[Any]:
    """Days on which somebody opened more cases and people than `most`, each counted once a day."""
    days = [_of_day(day, most) for day in period.days]
    counted = union_all(*days).subquery()
    return connection.execute(
        select(counted, User.name.label("reader"), Team.name.label("team"))
        .join(User, User.id == counted.c.user_id)
        .outerjoin(Team, Team.id == User.team_id)
        .order_by(counted.c.records.desc(), counted.c.day.desc(), counted.c.user_id)
        .limit(MOST_SHOWN)
    ).all()


def homes(connection: Connection) -> Sequence[Any]:
    """Whose home postcode is written down. The postcode is shown to those who wrote it alone, the auditors."""
    return connection.execute(
        select(User.id, User.name, StaffHome.postcode)
        .join(StaffHome, StaffHome.user_id == User.id)
        .order_by(User.name, User.id)
    ).all()


def _is_of_name(reader: Any) -> ColumnElement[bool]:
    """Names are compared as they are kept for searching. The last word of a name is taken for the family's."""
    family = search_name("", reader.name.split()[-1] if reader.name.split() else "")
    kept = PersonRow.search_name
    return and_(User.id == reader.id, or_(kept == family, kept.endswith(f" {family}", autoescape=True)))


def _opened(connection: Connection, period: Period, condition: ColumnElement[bool]) -> Sequence[Any]:
    """Readings of one person's record or of a case that they are on, by reader and person."""
    own = select(AccessEntry.at, AccessEntry.user_id, AccessEntry.person_id.label("person_id"))
    on_case = (
        select(AccessEntry.at, AccessEntry.user_id, CasePerson.person_id)
        .join(CasePerson, CasePerson.case_id == AccessEntry.case_id)
        .where(*_within(period))
    )
    opened = union_all(own.where(AccessEntry.person_id.is_not(None), *_within(period)), on_case).subquery()
    last = func.max(opened.c.at, type_=AccessEntry.at.type)
    return connection.execute(
        select(
            User.id.label("user_id"),
            User.name.label("reader"),
            PersonRow.public_id,
            func.count().label("times"),
            last.label("last_at"),
        )
        .select_from(opened)
        .join(User, User.id == opened.c.user_id)
        .join(PersonRow, PersonRow.id == opened.c.person_id)
        .where(condition)
        .group_by(User.id, User.name, PersonRow.public_id)
        .order_by(last.desc(), PersonRow.public_id.desc())
        .limit(MOST_SHOWN)
    ).all()


def _of_day(day: date, most: int) -> Any:
    cases, people = (
        func.count(AccessEntry.case_id.distinct()),
        func.count(AccessEntry.person_id.distinct()),
    )
    return (
        select(literal(day.isoformat()).label("day"), AccessEntry.user_id, (cases + people).label("records"))
        .where(*_within(Period(day, day)))
        .group_by(AccessEntry.user_id)
        .having(cases + people > most)
    )


def _within(period: Period) -> list[ColumnElement[bool]]:
    return [AccessEntry.at >= period.since, AccessEntry.at < period.before]
