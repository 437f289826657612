"""When the youngest child of a case was born, kept on the case: for the front door's infants, without reading people.

Whoever puts people on cases, takes them off, or changes when they were born, calls one of these in the same
transaction.
"""

from collections.abc import Collection, Iterable
from datetime import date

from sqlalchemy import Connection, func, select, update

from earlyhelp.casework.contacts import Child
from earlyhelp.records.among import among
from earlyhelp.records.cases import Case, CasePerson
from earlyhelp.records.people import Person

_BORN = (
    select(func.max(func.coalesce(Person.date_of_birth, Person.expected_birth_on)))
    .join(CasePerson, CasePerson.person_id == Person.id)
    .where(CasePerson.case_id == Case.id, ~Person.adult)
    .scalar_subquery()
)
_KEEP = update(Case).values(youngest_born_on=_BORN)


def youngest_told(children: Iterable[Child]) -> date | None:
    """The latest birth, or birth expected, among children who are recorded as they are told."""
    births = (child.date_of_birth or child.expected_birth_on for child in children)
    return max((birth for birth in births if birth is not None), default=None)


def keep_youngest(connection: Connection, *, case_ids: Collection[int]) -> None:
    """Of cases with children who were recorded before: what is recorded of them counts, not what was told."""
    if case_ids:
        connection.execute(_KEEP.where(among(Case.id, sorted(case_ids))))


def keep_youngest_with(connection: Connection, *, people: Collection[int]) -> None:
    """Of every case of these people, who were put there, or whose birth was changed."""
    theirs = select(CasePerson.case_id).where(CasePerson.person_id.in_(people))
    connection.execute(_KEEP.where(Case.id.in_(theirs)))
