"""Making two records again of one that was wrongly made of them."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select, update

from earlyhelp.casework.merging import (
    UNKNOWN,
    NoSuchPerson,
    lock_records,
    note_on_case,
    reason_given,
    renew_keys,
    settle,
)
from earlyhelp.casework.refusals import NotAllowed
from earlyhelp.casework.youngest import keep_youngest_with
from earlyhelp.pathway.facts import Refused
from earlyhelp.permissions import Person as User, hidden_people, may
from earlyhelp.records.cases import Case, CasePerson
from earlyhelp.records.matching import PersonMerge
from earlyhelp.records.people import Family, FamilyMember, Person


def preview_unmerge(connection: Connection, *, merge_id: int, person: User) -> Any:
    """The merge that would be undone. Raises NoSuchPerson, NotAllowed, or Refused if a later one builds on it."""
    if not may(person, "people.merge"):
        raise NotAllowed
    merge = connection.execute(select(PersonMerge).where(PersonMerge.id == merge_id)).one_or_none()
    if merge is None or merge.undone_at is not None:
        raise NoSuchPerson
    for person_id in (merge.kept_id, merge.gone_id):
        _visible(connection, person_id, person)
    both = (merge.kept_id, merge.gone_id)
    later = connection.scalar(
        select(PersonMerge.id)
        .where(
            PersonMerge.id > merge_id,
            PersonMerge.undone_at.is_(None),
            or_(PersonMerge.kept_id.in_(both), PersonMerge.gone_id.in_(both)),
        )
        .limit(1)
    )
    if later is not None:
        raise Refused("One of these records was merged again since. Undo that first")
    return merge


def unmerge_people(
    connection: Connection, *, merge_id: int, person: User, reason: str, now: datetime
) -> None:
    """Make two records again of one, each with exactly what it had. What came since stays with the one that stayed."""
    reason = reason_given(reason)
    merge = preview_unmerge(connection, merge_id=merge_id, person=person)
    case_ids = [row["case_id"] for row in merge.moved["cases"]]
    lock_records(connection, case_ids, [merge.kept_id, merge.gone_id])
    merge = preview_unmerge(connection, merge_id=merge_id, person=person)
    case_ids = _still_there(connection, Case, case_ids)
    families = _still_there(connection, Family, [row["family_id"] for row in merge.moved["families"]])
    _restore(connection, merge, CasePerson, "cases", "already_on_cases", "case_id", case_ids)
    _restore(connection, merge, FamilyMember, "families", "already_in_families", "family_id", families)
    people = update(Person)
    connection.execute(people.where(Person.id == merge.gone_id).values(merged_into_id=None))
    connection.execute(
        people.where(Person.id.in_(merge.moved["merged_before"])).values(merged_into_id=merge.gone_id)
    )
    _take_back_details(connection, merge)
    keep_youngest_with(connection, people=[merge.kept_id, merge.gone_id])
    connection.execute(
        update(PersonMerge)
        .where(PersonMerge.id == merge_id)
        .values(undone_at=now, undone_by_id=person.id, undone_reason=reason)
    )
    settle(connection, merge.kept_id, merge.gone_id, "different", reason, person, now)
    for case_id in case_ids:
        note_on_case(
            connection, case_id, "person_unmerged", merge_id, _named(connection, merge), reason, person, now
        )


def _visible(connection: Connection, person_id: int, person: User) -> None:
    statement = select(Person.id).where(Person.id == person_id, ~hidden_people(person))
    if connection.scalar(statement) is None:
        raise NoSuchPerson


def _still_there(connection: Connection, table: Any, ids: list[int]) -> list[int]:
    """Those of them that have not been deleted since, as records are whose time has passed."""
    return list(connection.scalars(select(table.id).where(table.id.in_(ids)).order_by(table.id)))


def _restore(
    connection: Connection, merge: Any, table: Any, what: str, already: str, whole: str, there: list[int]
) -> None:
    """Every row as it was. One that somebody took away since is not brought back to the record that stayed."""
    column = getattr(table, whole)
    for row in (row for row in merge.moved[what] if row[whole] in there):
        if row[whole] not in merge.moved[already]:
            connection.execute(delete(table).where(column == row[whole], table.person_id == merge.kept_id))
        connection.execute(insert(table).values(**row))


def _take_back_details(connection: Connection, merge: Any) -> None:
    """What was taken over from the other record, unless it was changed since."""
    stays = connection.execute(select(Person).where(Person.id == merge.kept_id)).one()
    goes = connection.execute(select(Person).where(Person.id == merge.gone_id)).one()
    before = {
        name: UNKNOWN.get(name, merge.moved["before"][name])
        for name in merge.moved["filled"]
        if getattr(stays, name) == getattr(goes, name)
    }
    if before:
        connection.execute(update(Person).where(Person.id == stays.id).values(**before))
        renew_keys(connection, stays.id)


def _named(connection: Connection, merge: Any) -> dict[str, str]:
    rows = connection.execute(
        select(Person.id, Person.public_id).where(Person.id.in_((merge.kept_id, merge.gone_id)))
    )
    public_ids = {row.id: row.public_id for row in rows}
    return {"kept": public_ids[merge.kept_id], "gone": public_ids[merge.gone_id]}
