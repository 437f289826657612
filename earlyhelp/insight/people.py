"""One person as those who may see them are shown them: details, cases, households; and who may be the same person."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select
from sqlalchemy.orm import aliased

from earlyhelp.permissions import Person, hidden_people, may, visible_cases
from earlyhelp.records.cases import Case, CasePerson, Contact
from earlyhelp.records.journal import JournalEntry
from earlyhelp.records.matching import PersonMerge, SuspectedDuplicate
from earlyhelp.records.organisation import User
from earlyhelp.records.people import Family, FamilyMember, Person as PersonRow

PAGE = 50
MOST_CASES = 50
Place = tuple[int, int]
"""Strength and id of the last pair shown."""


def person_of(connection: Connection, *, public_id: str, person: Person) -> Any:
    """The record of that public id, or None when it is not this person's to see: one of a case they may see is, and
    who merges records sees every one. `stands_in` is the public id of the record that it became part of, if any."""
    known = aliased(PersonRow)
    on_their_case = (
        select(CasePerson.person_id)
        .join(Case, Case.id == CasePerson.case_id)
        .where(
            CasePerson.person_id == func.coalesce(PersonRow.merged_into_id, PersonRow.id),
            visible_cases(person),
        )
        .exists()
    )
    allowed: list[ColumnElement[bool]] = [] if may(person, "people.merge") else [on_their_case]
    allowed.append(~hidden_people(person))
    return connection.execute(
        select(PersonRow, known.public_id.label("stands_in"))
        .outerjoin(known, known.id == PersonRow.merged_into_id)
        .where(PersonRow.public_id == public_id, *allowed)
    ).one_or_none()


def cases_of(connection: Connection, *, person_id: int, person: Person) -> Sequence[Any]:
    """The cases of a person that this person may see, newest first."""
    return connection.execute(
        select(Case.reference, Case.is_open, Case.outcome, Case.opened_at, Case.closed_at, Contact.source)
        .join(CasePerson, CasePerson.case_id == Case.id)
        .outerjoin(Contact, Contact.case_id == Case.id)
        .where(CasePerson.person_id == person_id, visible_cases(person))
        .order_by(Case.opened_at.desc(), Case.id.desc())
        .limit(MOST_CASES)
    ).all()


def household_of(connection: Connection, *, person_id: int, person: Person) -> Sequence[Any]:
    """The other people of their families. Nobody who is restricted, but to those who see them."""
    own = aliased(FamilyMember)
    statement = (
        select(
            Family.name.label("family"),
            FamilyMember.relationship,
            PersonRow.public_id,
            PersonRow.given_name,
            PersonRow.family_name,
            PersonRow.date_of_birth,
            PersonRow.adult,
        )
        .join(FamilyMember, FamilyMember.person_id == PersonRow.id)
        .join(Family, Family.id == FamilyMember.family_id)
        .join(own, own.family_id == Family.id)
        .where(own.person_id == person_id, PersonRow.id != person_id)
        .order_by(Family.id, PersonRow.date_of_birth, PersonRow.id)
        .limit(MOST_CASES)
    )
    return connection.execute(statement.where(~hidden_people(person))).all()


def merges_of(
    connection: Connection, *, person_id: int | None = None, merge_id: int | None = None, limit: int = PAGE
) -> Sequence[Any]:
    """Merges of one record, or the latest of all, newest first, with who did and undid them."""
    kept, gone, by, undone_by = aliased(PersonRow), aliased(PersonRow), aliased(User), aliased(User)
    statement = (
        select(
            PersonMerge.id,
            PersonMerge.reason,
            PersonMerge.merged_at,
            PersonMerge.undone_at,
            PersonMerge.undone_reason,
            kept.public_id.label("kept"),
            gone.public_id.label("gone"),
            by.name.label("merged_by"),
            undone_by.name.label("undone_by"),
        )
        .join(kept, kept.id == PersonMerge.kept_id)
        .join(gone, gone.id == PersonMerge.gone_id)
        .outerjoin(by, by.id == PersonMerge.merged_by_id)
        .outerjoin(undone_by, undone_by.id == PersonMerge.undone_by_id)
        .order_by(PersonMerge.id.desc())
        .limit(limit)
    )
    if person_id is not None:
        statement = statement.where(or_(PersonMerge.kept_id == person_id, PersonMerge.gone_id == person_id))
    if merge_id is not None:
        statement = statement.where(PersonMerge.id == merge_id)
    return connection.execute(statement).all()


def corrections_of(connection: Connection, *, person_id: int, person: Person) -> Sequence[Any]:
    """What was set right about somebody, newest first, as the journals of cases that this person may see have it.

    Each case of theirs holds the same entry, so one of them is enough. Who corrects records sees every one.
    """
    theirs: list[ColumnElement[bool]] = [] if may(person, "people.correct") else [visible_cases(person)]
    first = (
        select(func.min(JournalEntry.id))
        .join(Case, Case.id == JournalEntry.case_id)
        .where(JournalEntry.subject == "people", JournalEntry.subject_id == person_id, *theirs)
        .group_by(JournalEntry.recorded_at, JournalEntry.actor_id)
    )
    return connection.execute(
        select(JournalEntry.content, JournalEntry.recorded_at, User.name.label("by"))
        .outerjoin(User, User.id == JournalEntry.actor_id)
        .where(JournalEntry.id.in_(first))
        .order_by(JournalEntry.id.desc())
        .limit(PAGE)
    ).all()


def merge_named(connection: Connection, *, merge_id: int) -> Any:
    """One merge with the public ids of its records."""
    return next(row for row in merges_of(connection, merge_id=merge_id))


def duplicates(
    connection: Connection,
    *,
    person: Person,
    of: int | None = None,
    after: Place | None = None,
    limit: int = PAGE,
) -> Sequence[Any]:
    """Suspected duplicates that nobody has settled, the likeliest first, one more than `limit` if there are more.

    Those with a restricted record are left out, but for who may see them. `of` asks for one person's only.
    """
    one, other = aliased(PersonRow), PersonRow
    condition: list[ColumnElement[bool]] = [
        SuspectedDuplicate.status == "open",
        one.merged_into_id.is_(None),
        other.merged_into_id.is_(None),
        ~hidden_people(person, one),
        ~hidden_people(person, other),
    ]
    if of is not None:
        condition.append(or_(SuspectedDuplicate.person_id == of, SuspectedDuplicate.other_id == of))
    if after is not None:
        weaker, same = SuspectedDuplicate.strength < after[0], SuspectedDuplicate.strength == after[0]
        condition.append(or_(weaker, and_(same, SuspectedDuplicate.id < after[1])))
    return connection.execute(
        select(
            SuspectedDuplicate.id,
            SuspectedDuplicate.strength,
            SuspectedDuplicate.reasons,
            SuspectedDuplicate.found_at,
            *_described(one, "one"),
            *_described(other, "other"),
        )
        .join(one, one.id == SuspectedDuplicate.person_id)
        .join(other, other.id == SuspectedDuplicate.other_id)
        .where(*condition)
        .order_by(SuspectedDuplicate.strength.desc(), SuspectedDuplicate.id.desc())
        .limit(limit + 1)
    ).all()


def _described(table: Any, prefix: str) -> list[Any]:
    names = ("public_id", "given_name", "family_name", "date_of_birth", "postcode")
    return [getattr(table, name).label(f"{prefix}_{name}") for name in names]
