"""The private receipt of who asked for help, and the answer to them. Never a word about a child or others."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select

from earlyhelp.casework.public_drafts import digest_of, new_token
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.records.cases import Contact
from earlyhelp.records.clocks import OutboxMessage
from earlyhelp.records.public import Receipt

KEPT_FOR = timedelta(days=365)
BY_EMAIL = "email"


def new_receipt(
    connection: Connection,
    *,
    reference: str,
    now: datetime,
    case_id: int | None = None,
    held_id: int | None = None,
) -> str:
    """Make a receipt of a contact, or of a request that is held back; returns the token of its address."""
    token = new_token()
    values = {
        "token_digest": digest_of(token),
        "reference": reference,
        "case_id": case_id,
        "held_id": held_id,
    }
    connection.execute(insert(Receipt).values(**values, created_at=now, expires_at=now + KEPT_FOR))
    return token


def confirm_by_email(
    connection: Connection, *, address: str, reference: str, link: str, now: datetime
) -> None:
    """Tell who asked that their request has come, with the way to their receipt."""
    body = (
        f"Your request for support has reached us. Its reference is {reference}.\n\n"
        f"You can see what has happened to it on your private page:\n{link}\n\n"
        "Do not pass the link on: whoever has it can see the page.\n\n"
        "If a child is in immediate danger, call 999."
    )
    _post(
        connection,
        key=f"{reference}-received",
        address=address,
        subject=f"We have received your request {reference}",
        body=body,
        now=now,
    )


def email_answer(connection: Connection, *, case: Any, sequence: int, fields: Any, now: datetime) -> None:
    """Send the answer to the referrer where the action says that it goes by e-mail and we have an address."""
    if fields.get("how") != BY_EMAIL:
        return
    contact = connection.execute(
        select(Contact.referrer_email, Contact.received_at).where(Contact.case_id == case.id)
    ).one_or_none()
    if contact is None or not contact.referrer_email:
        return
    received = contact.received_at.astimezone(LONDON)
    body = (
        f"You told us about a child or a family on {received.day} {received:%B %Y}. This is our answer.\n\n"
        f"{fields.get('told_what', '')}\n\n"
        f"Our reference is {case.reference}. If you are worried again, tell us again. "
        "If a child is in immediate danger, call 999."
    )
    _post(
        connection,
        key=answer_key(case.reference, sequence),
        address=contact.referrer_email,
        subject=f"Our answer to you: {case.reference}",
        body=body,
        now=now,
    )


def answer_key(reference: str, sequence: int) -> str:
    """The key of the message with the answer that this event of the case recorded."""
    return f"{reference}-answer-{sequence}"


def _post(connection: Connection, *, key: str, address: str, subject: str, body: str, now: datetime) -> None:
    values = {"message_key": key, "topic": "referrer", "address": address, "subject": subject, "body": body}
    connection.execute(
        insert(OutboxMessage).values(**values, created_at=now, status="waiting", next_attempt_at=now)
    )
