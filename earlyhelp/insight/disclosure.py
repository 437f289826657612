"""Everything that is held about one person, by the references between tables: what is added later is found too.

The names of others are marked wherever they stand, for somebody to decide what is taken out: nothing is left out here.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, Table, or_, select

from earlyhelp.insight.third_parties import Marker, ThirdParty, third_parties
from earlyhelp.records.cases import Case, CasePerson
from earlyhelp.records.organisation import User
from earlyhelp.records.people import Family, FamilyMember, Person
from earlyhelp.records.plain_text import all_tables

LEFT_OUT = frozenset({"person_keys", "idempotency_keys", "disclosures"})
"""Numbers to look people up by and answers to programs: they say nothing that the rest does not."""
NOT_THEIRS = frozenset({"contacts.joined_case_id", "people.merged_into_id"})
"""References by which a row is about somebody else, or is told already."""


class Held(NamedTuple):
    """What is held about a person. `records` are rows by table; a row about somebody else says so."""

    person: Mapping[str, Any]
    third_parties: Sequence[ThirdParty]
    cases: Sequence[Mapping[str, Any]]
    records: Mapping[str, Sequence[Mapping[str, Any]]]


def person_for(connection: Connection, *, public_id: str) -> Any:
    """The record of that public id, or the one that it became part of; None when there is none."""
    found = connection.execute(select(Person).where(Person.public_id == public_id)).one_or_none()
    if found is None or found.merged_into_id is None:
        return found
    return connection.execute(select(Person).where(Person.id == found.merged_into_id)).one()


def held_on(connection: Connection, *, person_id: int) -> Held:
    """Everything about this person, restricted cases too: for who answers a subject access request."""
    ids = _same(connection, person_id)
    cases = list(
        connection.scalars(select(CasePerson.case_id).where(CasePerson.person_id.in_(ids)).distinct())
    )
    others = third_parties(connection, person_ids=ids, case_ids=cases)
    marker = Marker(others)
    staff = {row.id: row.name for row in connection.execute(select(User.id, User.name))}
    records: dict[str, list[Mapping[str, Any]]] = {}
    for table, row in _walked(connection, ids, cases):
        about_another = any(
            row[key.parent.name] not in ids for key in table.foreign_keys if _names_a_person(key, row)
        ) or _corrects_another(table, row, ids)
        told = {column.name: _told(column, row[column.name], staff, marker) for column in table.columns}
        records.setdefault(table.name, []).append({"third_party": about_another} | told)
    person = connection.execute(select(Person).where(Person.id == person_id)).one()
    return Held(dict(person._mapping), others, records.get("cases", []), records)


def _same(connection: Connection, person_id: int) -> list[int]:
    """The person and the records that were found to be the same person."""
    return list(
        connection.scalars(
            select(Person.id).where(or_(Person.id == person_id, Person.merged_into_id == person_id))
        )
    )


def _walked(
    connection: Connection, person_ids: Sequence[int], case_ids: Sequence[int]
) -> Iterator[tuple[Table, Mapping[str, Any]]]:
    """Rows of the person, of their families and cases, and of what refers to any of these: each once."""
    families: Any = select(FamilyMember.family_id).where(FamilyMember.person_id.in_(person_ids))
    of_cases = select(Case.family_id).where(Case.id.in_(case_ids))
    known = {family for chosen in (families, of_cases) for family in connection.scalars(chosen) if family}
    seen: set[tuple[str, tuple[Any, ...]]] = set()
    for model, ids in ((Person, person_ids), (Family, sorted(known)), (Case, case_ids)):
        table: Table = model.__table__  # type: ignore[assignment]
        yield from _down(connection, table, table.c.id, ids, seen)


def _down(
    connection: Connection,
    table: Table,
    column: Column[Any],
    ids: Collection[int],
    seen: set[tuple[str, tuple[Any, ...]]],
) -> Iterator[tuple[Table, Mapping[str, Any]]]:
    if not ids or table.name in LEFT_OUT:
        return
    found = []
    for row in connection.execute(select(table).where(column.in_(ids)).order_by(*table.primary_key)):
        mapping = dict(row._mapping)
        key = (table.name, tuple(mapping[part.name] for part in table.primary_key))
        if key not in seen:
            seen.add(key)
            found.append(mapping)
            yield table, mapping
    if "id" not in table.columns:
        return
    under = [row["id"] for row in found]
    for other, reference in _referring_to(table):
        yield from _down(connection, other, reference, under, seen)


def _referring_to(table: Table) -> list[tuple[Table, Column[Any]]]:
    """What hangs on a table. A case hangs on its people by `case_people`, never by its family."""
    return [
        (other, key.parent)
        for other in all_tables()
        for key in sorted(other.foreign_keys, key=lambda key: key.parent.name)
        if key.column.table is table
        and other.name != "cases"
        and other is not table
        and f"{other.name}.{key.parent.name}" not in NOT_THEIRS
    ]


def _names_a_person(key: Any, row: Mapping[str, Any]) -> bool:
    return key.column.table.name == "people" and row[key.parent.name] is not None


def _corrects_another(table: Table, row: Mapping[str, Any], ids: Sequence[int]) -> bool:
    """Whether this is what was set right about somebody else on the same case: with names they no longer have."""
    return table.name == "journal" and row["subject"] == "people" and row["subject_id"] not in ids


def _told(column: Column[Any], value: Any, staff: Mapping[int, str], marker: Marker) -> Any:
    """A value with people of the council by name, and the names of others marked."""
    if any(key.column.table.name == "users" for key in column.foreign_keys):
        return staff.get(value)
    return marker.marked(value)
