"""Finding or recording the children of a contact."""

from collections.abc import Sequence
from datetime import datetime

import jellyfish
from sqlalchemy import Connection, and_, insert, or_, select

from earlyhelp.casework.contacts import Adult, Child
from earlyhelp.pathway.facts import BadFields
from earlyhelp.records.identifiers import family_public_id, next_number, person_public_id
from earlyhelp.records.names import search_name
from earlyhelp.records.people import Family, FamilyMember, Person


def sound_key(family_name: str) -> str:
    """How the family name sounds, so that a misspelling is found by index."""
    return str(jellyfish.metaphone(search_name("", family_name)))[:40]


def link_children(
    connection: Connection, children: Sequence[Child], *, now: datetime
) -> list[tuple[int, str]]:
    """The id and public id of each child: the known one where that is certain, otherwise newly recorded.

    Certain means named by `person`, or the same NHS number or UPN with the same birth date, or the same names,
    birth date and postcode. Anything less certain is for a screener to decide, never for us.
    """
    return [
        _linked(connection, child, n) or _record(connection, child, now) for n, child in enumerate(children)
    ]


def link_adults(connection: Connection, adults: Sequence[Adult], *, now: datetime) -> list[int]:
    """The id of each adult: the known one where that is certain, as for children, otherwise newly recorded."""
    return [
        _linked_adult(connection, adult, n) or _record_adult(connection, adult, now)
        for n, adult in enumerate(adults)
    ]


def _linked_adult(connection: Connection, adult: Adult, position: int) -> int | None:
    statement = select(Person.id).where(Person.merged_into_id.is_(None), Person.adult)
    if adult.person:
        known = connection.scalar(statement.where(Person.public_id == adult.person))
        if known is None:
            raise BadFields({f"adults.{position}.person": ["There is no such adult here"]})
        return int(known)
    if adult.date_of_birth is None or adult.postcode is None:
        return None
    same = (
        Person.date_of_birth == adult.date_of_birth,
        Person.postcode == adult.postcode,
        Person.search_name == search_name(adult.given_name, adult.family_name),
    )
    return connection.scalar(statement.where(*same).order_by(Person.id).limit(1))


def _record_adult(connection: Connection, adult: Adult, now: datetime) -> int:
    row = connection.execute(
        insert(Person)
        .values(
            public_id=person_public_id(next_number(connection, "person")),
            adult=True,
            search_name=search_name(adult.given_name, adult.family_name),
            sound_key=sound_key(adult.family_name),
            created_at=now,
            **adult.model_dump(exclude={"person", "relationship"}),
        )
        .returning(Person.id)
    )
    return int(row.scalar_one())


def family_of(connection: Connection, people: Sequence[int], name: str, *, now: datetime) -> int:
    """The family that any of these people belongs to, or a new one of all of them."""
    family_id = connection.scalar(
        select(FamilyMember.family_id)
        .where(FamilyMember.person_id.in_(people))
        .order_by(FamilyMember.family_id)
        .limit(1)
    )
    if family_id is None:
        public_id = family_public_id(next_number(connection, "family"))
        family_id = connection.execute(
            insert(Family).values(public_id=public_id, name=name[:100], created_at=now).returning(Family.id)
        ).scalar_one()
    members = set(
        connection.scalars(select(FamilyMember.person_id).where(FamilyMember.family_id == family_id))
    )
    new = [
        {"family_id": family_id, "person_id": person}
        for person in dict.fromkeys(people)
        if person not in members
    ]
    if new:
        connection.execute(insert(FamilyMember), new)
    return int(family_id)


def _linked(connection: Connection, child: Child, position: int) -> tuple[int, str] | None:
    statement = select(Person.id, Person.public_id).where(Person.merged_into_id.is_(None), ~Person.adult)
    if child.person:
        row = connection.execute(statement.where(Person.public_id == child.person)).one_or_none()
        if row is None:
            raise BadFields({f"children.{position}.person": ["There is no such child here"]})
        return row.id, row.public_id
    if child.date_of_birth is None:
        return None
    same_name = search_name(child.given_name, child.family_name)
    certain = (
        [and_(Person.search_name == same_name, Person.postcode == child.postcode)] if child.postcode else []
    )
    certain += [Person.nhs_number == child.nhs_number] if child.nhs_number else []
    certain += [Person.upn == child.upn] if child.upn else []
    if not certain:
        return None
    born = Person.date_of_birth == child.date_of_birth
    row = connection.execute(statement.where(born, or_(*certain)).order_by(Person.id).limit(1)).one_or_none()
    return (row.id, row.public_id) if row else None


def _record(connection: Connection, child: Child, now: datetime) -> tuple[int, str]:
    public_id = person_public_id(next_number(connection, "person"))
    row = connection.execute(
        insert(Person)
        .values(
            public_id=public_id,
            adult=False,
            search_name=search_name(child.given_name, child.family_name),
            sound_key=sound_key(child.family_name),
            created_at=now,
            **child.model_dump(exclude={"person"}),
        )
        .returning(Person.id)
    )
    return int(row.scalar_one()), public_id
