"""Deleting cases with everything that hangs on them, by the references between tables: what is added later goes too."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, Table, delete, insert, literal, or_, select, text, update

from earlyhelp.records.access_seals import ErasedEntry
from earlyhelp.records.cases import Case, CasePerson
from earlyhelp.records.database import is_postgresql
from earlyhelp.records.notes import CaseNote, NoteFile
from earlyhelp.records.people import Family, FamilyMember, Person
from earlyhelp.records.plain_text import all_tables
from earlyhelp.records.public import PublicDraft, Receipt
from earlyhelp.records.reference import AccessEntry

LET_GO = {"contacts.joined_case_id"}
"""References that are cut: the row that refers is about somebody else."""


class Erased(NamedTuple):
    """How many people were deleted with the cases; digests of attachments that no row names any more."""

    people: int
    files: Sequence[str]


def erase_cases(connection: Connection, *, case_ids: Collection[int], run_id: int) -> Erased:
    """Delete these cases, what is recorded on them, and the people and families who are on no other case.

    The database lets histories be deleted only while the run says so: on PostgreSQL by a setting of the transaction,
    on SQLite by the run's own row.
    """
    if is_postgresql(connection):
        connection.execute(text("SELECT set_config('earlyhelp.retention', :run, true)"), {"run": str(run_id)})
    people = _people_of_no_other_case(connection, case_ids)
    families = list(connection.scalars(select(Case.family_id).where(Case.id.in_(case_ids)).distinct()))
    digests = _digests(connection, case_ids)
    held = select(Receipt.held_id).where(Receipt.case_id.in_(case_ids), Receipt.held_id.is_not(None))
    drafts = [draft for draft in connection.scalars(held) if draft is not None]
    _note_erased_entries(connection, case_ids, people, run_id)
    _erase(connection, _table(Case), sorted(case_ids))
    _erase(connection, _table(PublicDraft), drafts)
    _erase(connection, _table(Person), people)
    _erase(connection, _table(Family), _empty_families(connection, families))
    kept = set(connection.scalars(select(NoteFile.digest).where(NoteFile.digest.in_(digests))))
    return Erased(len(people), sorted(digests - kept))


def _people_of_no_other_case(connection: Connection, case_ids: Collection[int]) -> list[int]:
    """Those of these cases who are on no other, with the records that were merged into theirs."""
    on_others = select(CasePerson.person_id).where(CasePerson.case_id.not_in(case_ids))
    alone = select(CasePerson.person_id).where(
        CasePerson.case_id.in_(case_ids), CasePerson.person_id.not_in(on_others)
    )
    found = set(connection.scalars(alone))
    merged = select(Person.id).where(Person.merged_into_id.in_(found), Person.id.not_in(on_others))
    return sorted(found | set(connection.scalars(merged)))


def _note_erased_entries(
    connection: Connection, case_ids: Collection[int], people: Sequence[int], run_id: int
) -> None:
    """That who opened these records goes with them is no tampering: `audit verify` must be able to tell."""
    going = or_(AccessEntry.case_id.in_(case_ids), AccessEntry.person_id.in_(people))
    entries = select(AccessEntry.id, literal(run_id)).where(going)
    connection.execute(insert(ErasedEntry).from_select(["id", "run_id"], entries))


def _digests(connection: Connection, case_ids: Collection[int]) -> set[str]:
    notes = select(CaseNote.id).where(CaseNote.case_id.in_(case_ids))
    return set(connection.scalars(select(NoteFile.digest).where(NoteFile.note_id.in_(notes))))


def _empty_families(connection: Connection, families: Sequence[int | None]) -> list[int]:
    used = select(Case.family_id).where(Case.family_id.is_not(None))
    members = select(FamilyMember.family_id)
    known = [family for family in families if family is not None]
    empty = select(Family.id).where(Family.id.in_(known), Family.id.not_in(used), Family.id.not_in(members))
    return list(connection.scalars(empty))


def _erase(connection: Connection, table: Table, ids: Sequence[int]) -> None:
    """Rows by id, after every row that refers to them."""
    if not ids:
        return
    for other, column in _referring_to(table):
        if other is table or f"{other.name}.{column.name}" in LET_GO:
            connection.execute(update(other).where(column.in_(ids)).values({column.name: None}))
        elif "id" in other.columns and any(_referring_to(other)):
            _erase(connection, other, list(connection.scalars(select(other.c.id).where(column.in_(ids)))))
        else:
            connection.execute(delete(other).where(column.in_(ids)))
    connection.execute(delete(table).where(table.c.id.in_(ids)))


def _referring_to(table: Table) -> list[tuple[Table, Column[Any]]]:
    return [
        (other, key.parent)
        for other in all_tables()
        for key in sorted(other.foreign_keys, key=lambda key: key.parent.name)
        if key.column.table is table
    ]


def _table(model: Any) -> Table:
    found: Table = model.__table__
    return found
