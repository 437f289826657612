"""Setting right what is recorded wrongly about a person. What stood before stays in the journals of their cases."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, or_, select, update

from earlyhelp.casework.contacts import Adult, Child, words_of
from earlyhelp.casework.journal import write_journal
from earlyhelp.casework.match_decisions import BY_CORRECTION, tell_of_restricted
from earlyhelp.casework.merging import lock_records, reason_given, record_open_to, renew_keys
from earlyhelp.casework.recognising import keep_suspicions, recognise
from earlyhelp.casework.refusals import NotAllowed, StaleVersion
from earlyhelp.casework.youngest import keep_youngest_with
from earlyhelp.matching.finding import described
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.pathway.facts import BadFields, Refused
from earlyhelp.permissions import Person as User, may
from earlyhelp.records.cases import CasePerson
from earlyhelp.records.matching import SuspectedDuplicate, restricted_people
from earlyhelp.records.people import Person

OF_ADULTS = ("given_name", "family_name", "date_of_birth")
OF_CHILDREN = (*OF_ADULTS, "gender", "ethnicity", "nhs_number", "upn")
"""What can be set right here. Address and telephone are told anew with each contact."""
PERMISSION = "people.correct"
CORRECTED = "person_corrected"
SUBJECT = "people"
NO_CASE = "This person is on no case, so there is no history to keep the correction in"


def correctable(row: Any) -> tuple[str, ...]:
    """The details of this person that can be set right."""
    return OF_ADULTS if row.adult else OF_CHILDREN


def details_version(row: Any) -> int:
    """A number that differs as soon as one of these details does: who had others before them is told so."""
    told = json.dumps([_written(getattr(row, name)) for name in correctable(row)])
    return int(hashlib.sha256(told.encode()).hexdigest()[:7], 16)


def correct_person(
    connection: Connection,
    *,
    public_id: str,
    person: User,
    given: Mapping[str, Any],
    reason: str,
    now: datetime,
    seen_version: int | None = None,
    known_errors: Mapping[str, list[str]] | None = None,
) -> list[str]:
    """Write the details as given, all of them; returns the names of those that changed.

    An empty detail becomes unknown. Each case of the person gets an entry with what was, what is, and the reason.
    Raises NotAllowed, NoSuchPerson, StaleVersion, BadFields with words for each fault, or Refused.
    """
    if not may(person, PERMISSION):
        raise NotAllowed
    found = record_open_to(connection, public_id, person)
    lock_records(connection, _cases_of(connection, found.id), [found.id])
    row = record_open_to(connection, public_id, person)
    if seen_version is not None and seen_version != details_version(row):
        raise StaleVersion(details_version(row))
    right, why = _checked(row, given, reason, now.astimezone(LONDON).date(), known_errors)
    changed = {name: value for name, value in right.items() if value != getattr(row, name)}
    case_ids = _cases_of(connection, row.id)
    if not changed:
        raise Refused("Nothing here differs from what is recorded")
    if not case_ids:
        raise Refused(NO_CASE)
    _write(connection, row, changed)
    _keep_new_suspicions(connection, row.id, person, now)
    told = {name: {"was": _written(getattr(row, name)), "is": _written(changed[name])} for name in changed}
    for case_id in case_ids:
        write_journal(
            connection,
            case_id=case_id,
            what=CORRECTED,
            subject=SUBJECT,
            subject_id=row.id,
            content={"person": row.public_id, "changed": told, "reason": why},
            person=person,
            now=now,
        )
    return list(changed)


def _cases_of(connection: Connection, person_id: int) -> Sequence[int]:
    mine = select(CasePerson.case_id).where(CasePerson.person_id == person_id)
    return connection.scalars(mine.order_by(CasePerson.case_id)).all()


def _checked(
    row: Any,
    given: Mapping[str, Any],
    reason: str,
    today: date,
    known_errors: Mapping[str, list[str]] | None,
) -> tuple[dict[str, Any], str]:
    """The details, by the same rules as those of a contact, and the reason; every fault is told at once."""
    errors, kind, why = dict(known_errors or {}), Adult if row.adult else Child, ""
    right: dict[str, Any] = {}
    try:
        typed = {name: given[name] for name in correctable(row) if given.get(name) not in (None, "")}
        told = kind.model_validate(typed)
        right = told.model_dump(include=set(correctable(row)))
        if told.date_of_birth and told.date_of_birth > today:
            errors["date_of_birth"] = ["The date of birth must be in the past"]
    except ValidationError as fault:
        for place, words in words_of(fault).items():
            errors.setdefault("given_name" if place == "contact" else place.partition(".")[0], words)
    try:
        why = reason_given(reason)
    except BadFields as fault:
        errors |= fault.errors
    if errors:
        raise BadFields(errors)
    return right, why


def _write(connection: Connection, row: Any, changed: Mapping[str, Any]) -> None:
    """The details with everything that follows from them: how the name sounds, and the keys to find them by."""
    connection.execute(update(Person).where(Person.id == row.id).values(**changed))
    renew_keys(connection, row.id)
    if "date_of_birth" in changed:
        keep_youngest_with(connection, people=[row.id])


def _keep_new_suspicions(connection: Connection, person_id: int, person: User, now: datetime) -> None:
    """Who else they may be by the right details, but for those whom somebody was asked about before.

    A restricted record among them is told to those whose case it is, as when somebody types its details.
    """
    row = connection.execute(select(Person).where(Person.id == person_id)).one()
    pairs = connection.execute(
        select(SuspectedDuplicate.person_id, SuspectedDuplicate.other_id).where(
            or_(SuspectedDuplicate.person_id == person_id, SuspectedDuplicate.other_id == person_id)
        )
    )
    before = {person_id} | {one for pair in pairs for one in pair}
    found = [
        one
        for one in recognise(connection, described(row), adults=row.adult)
        if one.known_id not in before and one.row.id not in before
    ]
    keep_suspicions(connection, person_id=person_id, found=found, declined=(), person=person, now=now)
    restricted = {one.known_id for one in found if one.restricted}
    if found and connection.scalar(select(restricted_people()).where(Person.id == person_id)):
        restricted.add(person_id)
    tell_of_restricted(connection, restricted=restricted, person=person, now=now, words=BY_CORRECTION)


def _written(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else value or ""
