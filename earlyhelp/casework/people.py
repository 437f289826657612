"""Finding or recording the people of a contact."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import jellyfish
from sqlalchemy import Connection, insert, select
from sqlalchemy.orm import aliased

from earlyhelp.casework.contacts import Adult, Child
from earlyhelp.casework.recognising import (
    certain,
    described_as_told,
    keep_keys,
    keep_suspicions,
    recognise,
)
from earlyhelp.matching.finding import Found
from earlyhelp.pathway.facts import BadFields
from earlyhelp.permissions import Person as User, hidden_people, sees_all, visible_cases
from earlyhelp.records.cases import Case, CasePerson
from earlyhelp.records.identifiers import family_public_id, next_number, person_public_id
from earlyhelp.records.names import search_name
from earlyhelp.records.people import Family, FamilyMember, Person

NOT_THEIRS = {"person", "relationship", "not_known_as"}
"""What is told with a person and is no part of their record."""


@dataclass(frozen=True)
class Linked:
    """A person of a contact and the record they came to be; `suspected` are others whom it may be."""

    id: int
    public_id: str
    suspected: tuple[Found, ...] = ()

    def restricted(self) -> list[int]:
        """Ids of the restricted records among those suspected."""
        return [one.known_id for one in self.suspected if one.restricted]


@lru_cache(maxsize=20_000)
def sound_key(family_name: str) -> str:
    """How the family name sounds, so that a misspelling is found by index."""
    return str(jellyfish.metaphone(search_name("", family_name)))[:40]


# Built once: making a statement anew costs more than running it.
_RECORD = insert(Person).returning(Person.id)


def link_children(
    connection: Connection, children: Sequence[Child], *, person: User, now: datetime
) -> list[Linked]:
    """The record of each child: the known one where that is certain, otherwise newly recorded.

    Certain means named by `person`, or what `matching.scoring` calls so: the same NHS number or UPN, birth date and
    first name; or the same names, birth date and postcode. Anything less is for a screener to decide, never for us.
    """
    return [
        _linked(connection, child, f"children.{n}.person", person=person, now=now)
        for n, child in enumerate(children)
    ]


def link_adults(
    connection: Connection, adults: Sequence[Adult], *, person: User, now: datetime
) -> list[Linked]:
    """The record of each adult: the known one where that is certain, as for children, otherwise newly recorded."""
    return [
        _linked(connection, adult, f"adults.{n}.person", person=person, now=now)
        for n, adult in enumerate(adults)
    ]


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


def _linked(
    connection: Connection, told: Child | Adult, place: str, *, person: User, now: datetime
) -> Linked:
    if told.person:
        return _chosen(connection, told, place, person)
    found = recognise(connection, described_as_told(told), adults=isinstance(told, Adult))
    declined = told.not_known_as if isinstance(told, Child) else []
    sure = certain(found, person=person, declined=declined)
    if sure is not None:
        return Linked(sure.known_id, sure.public_id)
    new = _record(connection, told, now)
    keep_suspicions(connection, person_id=new.id, found=found, declined=declined, person=person, now=now)
    return Linked(new.id, new.public_id, tuple(one for one in found if one.public_id not in declined))


def _chosen(connection: Connection, told: Child | Adult, place: str, person: User) -> Linked:
    """The record that was named. One that was merged stands for the one it became part of.

    Numbers can be guessed: who does not see everybody may name those on cases of theirs, and those whom they describe.
    """
    named, adult = aliased(Person), isinstance(told, Adult)
    statement = (
        select(Person.id, Person.public_id)
        .join(named, (named.id == Person.id) | (named.merged_into_id == Person.id))
        .where(named.public_id == told.person, Person.merged_into_id.is_(None), Person.adult.is_(adult))
    )
    row = connection.execute(statement.where(~hidden_people(person))).one_or_none()
    if row is None or not (sees_all(person) or _is_theirs_to_name(connection, row.id, told, person)):
        raise BadFields({place: [f"There is no such {'adult' if adult else 'child'} here"]})
    return Linked(row.id, row.public_id)


def _is_theirs_to_name(connection: Connection, person_id: int, told: Child | Adult, person: User) -> bool:
    on = select(CasePerson.case_id).join(Case, Case.id == CasePerson.case_id)
    theirs = on.where(CasePerson.person_id == person_id, visible_cases(person)).limit(1)
    if connection.scalar(theirs) is not None:
        return True
    found = recognise(connection, described_as_told(told), adults=isinstance(told, Adult))
    return person_id in {one.known_id for one in found}


def _record(connection: Connection, told: Child | Adult, now: datetime) -> Linked:
    public_id = person_public_id(next_number(connection, "person"))
    values: dict[str, Any] = {
        "public_id": public_id,
        "adult": isinstance(told, Adult),
        "search_name": search_name(told.given_name, told.family_name),
        "sound_key": sound_key(told.family_name),
        "created_at": now,
        **told.model_dump(exclude=NOT_THEIRS),
    }
    person_id = connection.execute(_RECORD, values).scalar_one()
    keep_keys(connection, person_id=person_id, known=described_as_told(told))
    return Linked(int(person_id), public_id)
