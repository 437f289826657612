"""Who may be one person: keys to look people up by, suspected duplicates, what screeners chose, merges."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    bindparam,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, aliased, mapped_column

from earlyhelp.records.base import Base
from earlyhelp.records.cases import Case, CasePerson
from earlyhelp.records.people import Person
from earlyhelp.records.prepared import Query

MOST_CANDIDATES = 2000
"""More than any key but those of a name without a birth date ever finds."""
FEW_KEYS = 16
"""One person seldom has more: a statement of its own for each number would be too many."""


class PersonKey(Base):
    """One of the keys under which a person is found (`earlyhelp.matching.keys`): an exact look-up, nothing else."""

    __tablename__ = "person_keys"
    key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True, index=True)


class SuspectedDuplicate(Base):
    """Two records that may be one person: the newer, and the one that was there."""

    __tablename__ = "suspected_duplicates"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    other_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    strength: Mapped[int]
    """1 possible, 2 likely, 3 certain"""
    score: Mapped[float]
    reasons: Mapped[list[Any]]
    found_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(10), default="open")
    """open, declined (by the screener), different (by an administrator) or merged"""
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(Text, default="")
    __table_args__ = (UniqueConstraint("person_id", "other_id"), Index(None, "status", "strength", "id"))


class MatchDecision(Base):
    """What a screener was shown about one child of a contact, and what they chose. Never changed."""

    __tablename__ = "match_decisions"
    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    """The record that the child of the contact came to be."""
    declined: Mapped[list[Any]]
    """Public ids of those who were suggested and are not this child."""
    chosen: Mapped[bool]
    """Whether the record was chosen from those suggested; otherwise none of them was."""
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime]


class PersonMerge(Base):
    """Two records became one. `moved` holds every row that changed as it was, so that it can be undone exactly."""

    __tablename__ = "person_merges"
    id: Mapped[int] = mapped_column(primary_key=True)
    kept_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    gone_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    moved: Mapped[dict[str, Any]]
    reason: Mapped[str] = mapped_column(Text)
    merged_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    merged_at: Mapped[datetime]
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    undone_at: Mapped[datetime | None]
    undone_reason: Mapped[str] = mapped_column(Text, default="")


def people_by_keys(
    connection: Connection, *, keys: Mapping[int, Collection[int]], adults: bool
) -> dict[int, list[Any]]:
    """Who shares a key, by the number of the question, in one query for all of them.

    Each row is a person as they are recorded, with `known_id`, `known_public_id` and `known_restricted` of the record
    that they stand in today: one that was merged is still found by its own name.
    """
    asked: dict[int, list[int]] = {}
    for question, numbers in keys.items():
        for number in numbers:
            asked.setdefault(number, []).append(question)
    found: dict[int, dict[int, Any]] = {question: {} for question in keys}
    for row in _sharing(connection, sorted(asked), adults):
        for question in asked[row.key]:
            found[question][row.id] = row
    return {question: list(rows.values()) for question, rows in found.items()}


def _sharing(connection: Connection, keys: Sequence[int], adults: bool) -> Sequence[Any]:
    if not keys:
        return []
    if len(keys) > FEW_KEYS:
        return connection.execute(_MANY_KEYS[adults], {"keys": keys}).all()
    places = dict(enumerate(keys)) | dict.fromkeys(range(len(keys), FEW_KEYS), keys[0])
    return _FEW_KEYS[adults].rows(connection, **{_key(place): key for place, key in places.items()})


def _who_shares(adults: bool, one_of_the_keys: ColumnElement[bool]) -> Any:
    """Built once: making a statement of aliases anew costs more than running it."""
    known = aliased(Person)
    return (
        select(
            PersonKey.key,
            Person,
            known.id.label("known_id"),
            known.public_id.label("known_public_id"),
            or_(known.restricted, on_restricted_case(known.id)).label("known_restricted"),
        )
        .join(Person, Person.id == PersonKey.person_id)
        .join(known, known.id == func.coalesce(Person.merged_into_id, Person.id))
        .where(one_of_the_keys, Person.adult.is_(adults))
        .limit(MOST_CANDIDATES)
    )


def _key(place: int) -> str:
    return f"key_{place}"


def restricted_people(table: Any = Person) -> ColumnElement[bool]:
    """The condition on `Person`, or on an alias of it: restricted themselves, or on a restricted case."""
    return or_(table.restricted, on_restricted_case(table.id))


_ON, _ITS_CASE = aliased(CasePerson), aliased(Case)


def on_restricted_case(person_id: Any) -> ColumnElement[bool]:
    """The condition that this person is on one. By tables of its own: a query around it may have these two as well."""
    return exists().where(_ON.person_id == person_id, _ITS_CASE.id == _ON.case_id, _ITS_CASE.restricted)


_MANY_KEYS = {
    adults: _who_shares(adults, PersonKey.key.in_(bindparam("keys", expanding=True)))
    for adults in (True, False)
}
_FEW_KEYS = {
    adults: Query(
        _who_shares(adults, PersonKey.key.in_([bindparam(_key(place)) for place in range(FEW_KEYS)]))
    )
    for adults in (True, False)
}
