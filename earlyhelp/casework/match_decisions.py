"""What a screener chose of those suggested, and telling managers of a restricted record that may be meant."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select

from earlyhelp.casework.contacts import Child
from earlyhelp.casework.people import Linked
from earlyhelp.casework.restricting import owners_of
from earlyhelp.permissions import Person
from earlyhelp.records.cases import Case, CasePerson
from earlyhelp.records.clocks import OutboxMessage
from earlyhelp.records.matching import MatchDecision
from earlyhelp.records.organisation import User, UserRole
from earlyhelp.records.people import Person as PersonRow
from earlyhelp.records.upserting import upsert

_DECIDED = insert(MatchDecision).inline()


def keep_decisions(
    writer: Connection,
    *,
    case_id: int,
    children: Sequence[Child],
    linked: Sequence[Linked],
    person: Person,
    now: datetime,
) -> None:
    """One row for each child about whom somebody decided: this one, or none of these."""
    rows = [
        {
            "case_id": case_id,
            "person_id": record.id,
            "declined": list(child.not_known_as),
            "chosen": bool(child.person),
            "decided_by_id": person.id,
            "decided_at": now,
        }
        for child, record in zip(children, linked, strict=True)
        if child.person or child.not_known_as
    ]
    if rows:
        writer.execute(_DECIDED, rows)


TYPED = (
    "{person} typed details that may be those of {record}, whose record is restricted. "
    "They were told to speak to a manager, and nothing else. Please get in touch with them."
)
BY_CORRECTION = (
    "{person} set right the details of a record, which may now be those of {record}, whose record is restricted. "
    "They were told nothing of it. Please get in touch with them."
)


def tell_of_restricted(
    connection: Connection, *, restricted: Collection[int], person: Person, now: datetime, words: str = TYPED
) -> None:
    """Tell those whose case it is that a restricted person may be meant: once for each typist, record and day.

    Service managers are told where nobody is left. The message names the record by its id only, and the screener, so
    that they can ring them.
    """
    if not restricted:
        return
    records = connection.execute(
        select(PersonRow.id, PersonRow.public_id).where(PersonRow.id.in_(sorted(restricted)))
    ).all()
    rows = [
        {
            "message_key": f"restricted-{record.id}-{person.id or 0}-{manager}-{now:%Y%m%d}",
            "topic": "restricted",
            "recipient_id": manager,
            "subject": f"{record.public_id}: a restricted record may be meant",
            "body": words.format(person=person.name, record=record.public_id),
            "urgent": False,
            "created_at": now,
            "status": "waiting",
            "next_attempt_at": now,
        }
        for record in records
        for manager in sorted(_told_of(connection, record.id, now))
    ]
    if rows:
        write = upsert(connection, OutboxMessage)
        connection.execute(write.on_conflict_do_nothing(index_elements=[OutboxMessage.message_key]), rows)


def _told_of(connection: Connection, person_id: int, now: datetime) -> set[int]:
    """Who may see a restricted case of this person's."""
    on = select(CasePerson.case_id).where(CasePerson.person_id == person_id)
    cases = connection.execute(select(Case).where(Case.restricted, Case.id.in_(on)))
    found = {owner for case in cases for owner in owners_of(connection, case=case, now=now)}
    return found or set(_service_managers(connection))


def _service_managers(connection: Connection) -> Sequence[int]:
    return connection.scalars(
        select(User.id)
        .join(UserRole, UserRole.user_id == User.id)
        .where(User.active, UserRole.role == "service_manager")
        .order_by(User.id)
    ).all()
