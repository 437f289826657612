"""Finding or recording the people of a contact."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

import jellyfish
from sqlalchemy import Connection, insert, select
from sqlalchemy.orm import aliased

from earlyhelp.casework.contacts import Adult, Child
from earlyhelp.casework.recognising import (
    certain,
    described_as_told,
    keep_first_keys,
    recognise,
)
from earlyhelp.matching.finding import Found
from earlyhelp.matching.keys import sought_and_stored_keys
from earlyhelp.matching.names import REMEMBERED
from earlyhelp.pathway.facts import BadFields
from earlyhelp.permissions import Person as User, hidden_people, sees_all, visible_cases
from earlyhelp.records.among import among
from earlyhelp.records.cases import Case, CasePerson
from earlyhelp.records.database import is_postgresql
from earlyhelp.records.identifiers import Reserved, family_public_id, person_public_id, reserve
from earlyhelp.records.names import search_name
from earlyhelp.records.people import Family, FamilyMember, Person
from earlyhelp.records.prepared import Together

NOT_THEIRS = {"person", "relationship", "not_known_as"}
"""What is told with a person and is no part of their record."""


@dataclass(frozen=True)
class Linked:
    """A person of a contact and the record they came to be; `found` are others whom it may be, if it is new."""

    id: int
    public_id: str
    found: tuple[Found, ...] = ()
    declined: Collection[str] = ()
    """Public ids of records of which somebody said that it is none of these."""
    new: bool = False
    """Whether they were recorded with this contact."""

    def restricted(self) -> list[int]:
        """Ids of the restricted records that it may be."""
        return [one.known_id for one in self.found if one.restricted and one.public_id not in self.declined]


@lru_cache(maxsize=REMEMBERED)
def sound_key(family_name: str) -> str:
    """How the family name sounds, so that a misspelling is found by index."""
    return str(jellyfish.metaphone(search_name("", family_name)))[:40]


_RECORD = insert(Person).inline()
_FOUND_FAMILY, _JOIN = insert(Family).inline(), insert(FamilyMember).inline()


def link_children(
    connection: Connection, together: Together, children: Sequence[Child], *, person: User, now: datetime
) -> list[Linked]:
    """The record of each child: the known one where that is certain, otherwise newly recorded.

    Certain means named by `person`, or what `matching.scoring` calls so: the same NHS number or UPN, birth date and
    first name; or the same names, birth date and postcode. Anything less is for a screener to decide, never for us.
    """
    return _link(connection, together, children, "children", person=person, now=now)


def link_adults(
    connection: Connection, together: Together, adults: Sequence[Adult], *, person: User, now: datetime
) -> list[Linked]:
    """The record of each adult: the known one where that is certain, as for children, otherwise newly recorded."""
    return _link(connection, together, adults, "adults", person=person, now=now)


def held(connection: Connection, people: Sequence[Linked]) -> list[Linked]:
    """These, each as the record that theirs has become part of since it was found: see `hold`."""
    known = {one.id for one in people if not one.new} | {
        other.known_id for one in people for other in one.found
    }
    went = hold(connection, known)
    if went.keys().isdisjoint(one.id for one in people):
        return list(people)
    names = select(Person.id, Person.public_id).where(Person.id.in_(went.values()))
    stay = {row.id: Linked(row.id, row.public_id) for row in connection.execute(names)}
    return held(connection, [stay[went[one.id]] if one.id in went else one for one in people])


def hold(connection: Connection, known: Collection[int]) -> Mapping[int, int]:
    """Keep these records from being merged until we are done; those that have been, with whom they are part of.

    In the order of their ids, as whoever merges holds them, and before anything is written that refers to them:
    otherwise each could wait for the other. On SQLite nobody merges meanwhile.
    """
    if not known or not is_postgresql(connection):
        return {}
    these = select(Person.id, Person.merged_into_id).where(among(Person.id, sorted(known)))
    rows = connection.execute(these.order_by(Person.id).with_for_update(read=True, key_share=True))
    return {gone: stays for gone, stays in rows if stays is not None}


def known_family(connection: Connection, people: Sequence[Linked]) -> int | None:
    """The family that any of these people belongs to."""
    known = [one.id for one in people if not one.new]
    if not known:
        return None
    return connection.scalar(
        select(FamilyMember.family_id)
        .where(FamilyMember.person_id.in_(known))
        .order_by(FamilyMember.family_id)
        .limit(1)
    )


def found_family(writer: Connection, family: Reserved, name: str, *, now: datetime) -> None:
    """A new family, of nobody yet."""
    public_id = family_public_id(family.number)
    values = {"id": family.id, "public_id": public_id, "name": name[:100], "created_at": now}
    writer.execute(_FOUND_FAMILY, values)


def join_family(connection: Connection, writer: Connection, family_id: int, people: Sequence[Linked]) -> None:
    """Those of these people who are not in the family yet."""
    known = [one.id for one in people if not one.new]
    asked = select(FamilyMember.person_id).where(
        FamilyMember.family_id == family_id, FamilyMember.person_id.in_(known)
    )
    members = set(connection.scalars(asked)) if known else set()
    new = [
        {"family_id": family_id, "person_id": person}
        for person in dict.fromkeys(one.id for one in people)
        if person not in members
    ]
    if new:
        writer.execute(_JOIN, new)


def _link(
    connection: Connection,
    together: Together,
    people: Sequence[Child | Adult],
    place: str,
    *,
    person: User,
    now: datetime,
) -> list[Linked]:
    linked: list[Linked] = []
    new_keys: set[int] = set()
    for n, told in enumerate(people):
        if told.person:
            linked.append(_chosen(connection, told, f"{place}.{n}.person", person))
            continue
        sought, stored = sought_and_stored_keys(described_as_told(told))
        if not new_keys.isdisjoint(sought):
            together.send()  # they may be somebody told of just before, who must be there to be found
        writer = cast(Connection, together)
        linked.append(_recognised(connection, writer, told, stored, person=person, now=now))
        if linked[-1].new:
            new_keys |= stored
    return linked


def _recognised(
    connection: Connection,
    writer: Connection,
    told: Child | Adult,
    keys: Collection[int],
    *,
    person: User,
    now: datetime,
) -> Linked:
    found = recognise(connection, described_as_told(told), adults=isinstance(told, Adult))
    declined = told.not_known_as if isinstance(told, Child) else []
    sure = certain(found, person=person, declined=declined)
    if sure is not None:
        return Linked(sure.known_id, sure.public_id)
    reserved = reserve(connection, "person")["person"]
    public_id = _record(writer, told, reserved, now)
    keep_first_keys(writer, person_id=reserved.id, keys=keys)
    return Linked(reserved.id, public_id, tuple(found), declined, new=True)


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


def _record(writer: Connection, told: Child | Adult, reserved: Reserved, now: datetime) -> str:
    """Write a new person; returns their public id."""
    public_id = person_public_id(reserved.number)
    values: dict[str, Any] = {
        "id": reserved.id,
        "public_id": public_id,
        "adult": isinstance(told, Adult),
        "search_name": search_name(told.given_name, told.family_name),
        "sound_key": sound_key(told.family_name),
        "created_at": now,
        **told.model_dump(exclude=NOT_THEIRS),
    }
    writer.execute(_RECORD, values)
    return public_id
