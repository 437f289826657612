"""Sending a family the sheet of services that may help, where they gave an address for it."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select

from earlyhelp.casework.contacts import EMAIL
from earlyhelp.casework.journal import write_journal
from earlyhelp.casework.reading import case_to_change
from earlyhelp.pathway.facts import BadFields
from earlyhelp.permissions import Person
from earlyhelp.records.clocks import OutboxMessage

SUBJECT = "Services that may help"
"""Says nothing of who reads it, nor of why: others may see it on a screen."""
LONGEST_ADDRESS = 254


def send_advice(
    connection: Connection,
    *,
    reference: str,
    address: str,
    body: str,
    services: Sequence[str],
    person: Person,
    now: datetime,
) -> bool:
    """Put the sheet in the outbox and note on the case that it was sent, never where to.

    False when the same sheet went to the same address before. Raises NoSuchCase, or BadFields for the address.
    """
    to = address.strip()
    if not EMAIL.match(to) or len(to) > LONGEST_ADDRESS:
        words = "Enter an email address in the correct format, like name@example.com"
        raise BadFields({"address": [words if to else "Enter the family's email address"]})
    case = case_to_change(connection, reference=reference, person=person)
    key = f"{case.reference}-advice-{_digest(to, body)}"
    if connection.scalar(select(OutboxMessage.id).where(OutboxMessage.message_key == key)) is not None:
        return False
    message = insert(OutboxMessage).values(
        message_key=key,
        topic="advice",
        address=to,
        subject=SUBJECT,
        body=body,
        created_at=now,
        status="waiting",
        next_attempt_at=now,
    )
    message_id = int(connection.execute(message.returning(OutboxMessage.id)).scalar_one())
    write_journal(
        connection,
        case_id=case.id,
        what="advice_sheet_sent",
        subject="outbox",
        subject_id=message_id,
        content={"services": list(services), "how": "email"},
        person=person,
        now=now,
    )
    return True


def _digest(address: str, body: str) -> str:
    return hashlib.sha256(f"{address.casefold()}\n{body}".encode()).hexdigest()[:32]
