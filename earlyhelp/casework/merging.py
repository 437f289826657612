"""Making one record of two that are one person.

Nothing is deleted: the record that goes points to the one that stays. Every row that moves is kept as it was, so that
undoing restores exactly what stood before, and nothing that came since is touched.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, or_, select, update

from earlyhelp.casework.answers import Answers
from earlyhelp.casework.journal import write_journal
from earlyhelp.casework.people import sound_key
from earlyhelp.casework.recognising import keep_keys
from earlyhelp.casework.refusals import NotAllowed
from earlyhelp.casework.youngest import keep_youngest_with
from earlyhelp.matching.finding import described
from earlyhelp.pathway.facts import Refused
from earlyhelp.permissions import Person as User, hidden_people, may
from earlyhelp.records.among import among
from earlyhelp.records.cases import Case, CasePerson
from earlyhelp.records.database import is_postgresql
from earlyhelp.records.matching import PersonMerge, SuspectedDuplicate
from earlyhelp.records.names import search_name
from earlyhelp.records.people import FamilyMember, Person

LONGEST_REASON = 500
FILLED = (
    *("given_name", "family_name", "date_of_birth", "expected_birth_on", "nhs_number", "upn"),
    *("address", "postcode", "uprn", "phone", "disabled", "disabilities"),
)
"""What the record that stays takes over where it knows nothing."""
UNKNOWN: Mapping[str, Any] = {"gender": "not_stated", "ethnicity": "NOBT", "disabilities": []}


class NoSuchPerson(Exception):
    """There is no such record, or it is not this person's to see."""


class Merge(NamedTuple):
    """What merging would do: the rows that move, as they are, and the details the record that stays takes over."""

    kept: Any
    gone: Any
    cases: Sequence[Any]
    families: Sequence[Any]
    filled: Mapping[str, Any]


def preview_merge(connection: Connection, *, kept: str, gone: str, person: User) -> Merge:
    """What would move from one record to the other. Raises NoSuchPerson, NotAllowed, or Refused with the reason."""
    if not may(person, "people.merge"):
        raise NotAllowed
    stays, goes = record_open_to(connection, kept, person), record_open_to(connection, gone, person)
    if stays.id == goes.id:
        raise Refused("These are one record already")
    if stays.adult != goes.adult:
        raise Refused("A child's record cannot become part of an adult's, or the other way round")
    return Merge(
        kept=stays,
        gone=goes,
        cases=_cases_of(connection, goes.id),
        families=connection.execute(select(FamilyMember).where(FamilyMember.person_id == goes.id)).all(),
        filled=_filled(stays, goes),
    )


def merge_people(
    connection: Connection, *, kept: str, gone: str, person: User, reason: str, now: datetime
) -> int:
    """Make the record `gone` part of `kept`; the id of the merge. Raises as `preview_merge`, and BadFields."""
    reason = reason_given(reason)
    found = preview_merge(connection, kept=kept, gone=gone, person=person)
    lock_records(connection, [row.case_id for row in found.cases], [found.kept.id, found.gone.id])
    found = preview_merge(connection, kept=kept, gone=gone, person=person)
    moved = {
        "cases": [_plain(row, CASE_COLUMNS) for row in found.cases],
        "families": [_plain(row, FAMILY_COLUMNS) for row in found.families],
        "already_on_cases": _already(connection, CasePerson.case_id, CasePerson.person_id, found, "cases"),
        "already_in_families": _already(
            connection, FamilyMember.family_id, FamilyMember.person_id, found, "families"
        ),
        "merged_before": list(
            connection.scalars(select(Person.id).where(Person.merged_into_id == found.gone.id))
        ),
        "filled": sorted(found.filled),
        "before": {name: _written(getattr(found.kept, name)) for name in found.filled},
    }
    merge_id = _write_merge(connection, found, moved, reason, person, now)
    _move(connection, found, moved)
    _note_on_cases(connection, found, "person_merged", merge_id, reason, person, now)
    return merge_id


def say_different(
    connection: Connection, *, duplicate_id: int, person: User, reason: str, now: datetime
) -> None:
    """Record that two suspected duplicates are two people: they are not suggested to administrators again."""
    if not may(person, "people.merge"):
        raise NotAllowed
    reason = reason_given(reason)
    done = connection.execute(
        update(SuspectedDuplicate)
        .where(SuspectedDuplicate.id == duplicate_id, SuspectedDuplicate.status == "open")
        .values(status="different", reason=reason, decided_by_id=person.id, decided_at=now)
    )
    if not done.rowcount:
        raise NoSuchPerson


CASE_COLUMNS = ("case_id", "person_id", "position", "is_child", "relationship")
FAMILY_COLUMNS = ("family_id", "person_id", "relationship")


def record_open_to(connection: Connection, public_id: str, person: User) -> Any:
    """The record of that public id that is part of no other. Raises NoSuchPerson, also where it is kept from them."""
    there = (Person.public_id == public_id, Person.merged_into_id.is_(None), ~hidden_people(person))
    row = connection.execute(select(Person).where(*there)).one_or_none()
    if row is None:
        raise NoSuchPerson
    return row


def reason_given(reason: str) -> str:
    """The reason without spaces around it. BadFields when there is none, or it is too long."""
    answers = Answers({"reason": reason})
    words = answers.words("reason", missing="Enter the reason", longest=LONGEST_REASON)
    answers.checked()
    return words


def _cases_of(connection: Connection, person_id: int) -> Sequence[Any]:
    return connection.execute(
        select(CasePerson, Case.reference)
        .join(Case, Case.id == CasePerson.case_id)
        .where(CasePerson.person_id == person_id)
        .order_by(CasePerson.case_id)
    ).all()


def _filled(stays: Any, goes: Any) -> dict[str, Any]:
    """Details that only the record that goes has."""
    empty = {name: UNKNOWN.get(name) for name in (*FILLED, *UNKNOWN)}
    return {
        name: getattr(goes, name)
        for name, nothing in empty.items()
        if getattr(stays, name) in (None, "", nothing) and getattr(goes, name) not in (None, "", nothing)
    }


def lock_records(connection: Connection, case_ids: Sequence[int], people: Sequence[int]) -> None:
    """Nobody else changes these, nor any case of these people, until the transaction ends.

    On SQLite the whole database is locked already.
    """
    if is_postgresql(connection):
        ordered = select(Person.id).where(Person.id.in_(people)).order_by(Person.id)
        connection.execute(ordered.with_for_update())
        theirs = select(CasePerson.case_id).where(CasePerson.person_id.in_(people))
        cases = select(Case.id).where(or_(Case.id.in_(case_ids), Case.id.in_(theirs))).order_by(Case.id)
        connection.execute(cases.with_for_update(key_share=True))


def _already(connection: Connection, whole: Any, member: Any, found: Merge, what: str) -> list[int]:
    """Where the record that stays is too: there the other's row is taken away, not moved."""
    ids = [row[0] for row in getattr(found, what)]
    return list(connection.scalars(select(whole).where(member == found.kept.id, whole.in_(ids))))


def _write_merge(
    connection: Connection, found: Merge, moved: Mapping[str, Any], reason: str, person: User, now: datetime
) -> int:
    row = connection.execute(
        insert(PersonMerge)
        .values(
            kept_id=found.kept.id,
            gone_id=found.gone.id,
            moved=moved,
            reason=reason,
            merged_by_id=person.id,
            merged_at=now,
        )
        .returning(PersonMerge.id)
    )
    settle(connection, found.kept.id, found.gone.id, "merged", reason, person, now)
    return int(row.scalar_one())


def _move(connection: Connection, found: Merge, moved: Mapping[str, Any]) -> None:
    stays, goes = found.kept.id, found.gone.id
    for table, whole, already in (
        (CasePerson, CasePerson.case_id, moved["already_on_cases"]),
        (FamilyMember, FamilyMember.family_id, moved["already_in_families"]),
    ):
        connection.execute(delete(table).where(table.person_id == goes, whole.in_(already)))
        connection.execute(update(table).where(table.person_id == goes).values(person_id=stays))
    connection.execute(
        update(Person)
        .where(or_(Person.id == goes, Person.merged_into_id == goes))
        .values(merged_into_id=stays)
    )
    if found.filled:
        connection.execute(update(Person).where(Person.id == stays).values(**found.filled))
        renew_keys(connection, stays)
    keep_youngest_with(connection, people=[stays])


def follow_merges(connection: Connection, *, case_ids: Collection[int]) -> None:
    """Put on these new cases, and in their families, whom a record became part of since it was found.

    Whoever merges holds the records: what was written after them waited, and now sees where the record went. On
    SQLite nobody writes in between.
    """
    if not case_ids or not is_postgresql(connection):
        return
    families = select(Case.family_id).where(among(Case.id, sorted(case_ids)))
    placed: Any = (
        (CasePerson, CasePerson.case_id, among(CasePerson.case_id, sorted(case_ids))),
        (FamilyMember, FamilyMember.family_id, FamilyMember.family_id.in_(families)),
    )
    for table, whole, these in placed:
        merged = select(whole, Person.id, Person.merged_into_id).join_from(table, Person)
        for where, gone, stays in connection.execute(
            merged.where(these, Person.merged_into_id.is_not(None))
        ).all():
            _follow(connection, table, whole == where, gone, stays)


def _follow(connection: Connection, table: Any, there: Any, gone: int, stays: int) -> None:
    """As `_move` does: where the record that stays is already, the other's row is taken away."""
    gone_there = (there, table.person_id == gone)
    if connection.scalar(select(table.person_id).where(there, table.person_id == stays)) is None:
        connection.execute(update(table).where(*gone_there).values(person_id=stays))
    else:
        connection.execute(delete(table).where(*gone_there))


def renew_keys(connection: Connection, person_id: int) -> None:
    """What follows from the details, which have changed: how the name is sought and sounds, and the keys."""
    row = connection.execute(select(Person).where(Person.id == person_id)).one()
    names = {
        "search_name": search_name(row.given_name, row.family_name),
        "sound_key": sound_key(row.family_name),
    }
    connection.execute(update(Person).where(Person.id == person_id).values(names))
    keep_keys(connection, person_id=person_id, known=described(row))


def settle(
    connection: Connection, one: int, other: int, status: str, reason: str, person: User, now: datetime
) -> None:
    """How a suspicion about these two was settled."""
    pair = (one, other)
    connection.execute(
        update(SuspectedDuplicate)
        .where(SuspectedDuplicate.person_id.in_(pair), SuspectedDuplicate.other_id.in_(pair))
        .values(status=status, reason=reason, decided_by_id=person.id, decided_at=now)
    )


def _note_on_cases(
    connection: Connection,
    found: Merge,
    what: str,
    merge_id: int,
    reason: str,
    person: User,
    now: datetime,
) -> None:
    named = {"kept": found.kept.public_id, "gone": found.gone.public_id}
    for row in found.cases:
        note_on_case(connection, row.case_id, what, merge_id, named, reason, person, now)


def note_on_case(
    connection: Connection,
    case_id: int,
    what: str,
    merge_id: int,
    named: Mapping[str, str],
    reason: str,
    person: User,
    now: datetime,
) -> None:
    write_journal(
        connection,
        case_id=case_id,
        what=what,
        subject="person_merges",
        subject_id=merge_id,
        content={**named, "reason": reason},
        person=person,
        now=now,
    )


def _plain(row: Any, columns: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in columns}


def _written(value: Any) -> Any:
    """As JSON keeps it: what was empty before is empty again after, whatever its type."""
    return value if isinstance(value, str) else None
