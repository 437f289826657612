"""A request for support from the public form becomes a contact, and who asked gets a private receipt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, select, update

from earlyhelp.casework.audiences import told_about
from earlyhelp.casework.intake import open_case
from earlyhelp.casework.perform import Performed
from earlyhelp.casework.public_drafts import drop_draft, drop_held, hold_draft
from earlyhelp.casework.receipts import confirm_by_email, new_receipt
from earlyhelp.casework.telling import ToldOf
from earlyhelp.permissions import PUBLIC_FORM, Person
from earlyhelp.records.clocks import OutboxMessage
from earlyhelp.records.identifiers import case_reference, next_number
from earlyhelp.records.organisation import Team
from earlyhelp.records.public import Receipt

AT_RISK = "red"


class Request(NamedTuple):
    """What somebody asked for: a contact as `open_case` takes it."""

    children: Sequence[Mapping[str, Any]]
    fields: Mapping[str, Any]
    referrer: Mapping[str, Any]


@dataclass(frozen=True)
class Sent:
    """What the confirmation says: the reference, and the token of the private receipt."""

    reference: str
    token: str


def front_door_pathway(connection: Connection) -> str | None:
    """The pathway of the front door, where its team has one of its own."""
    return connection.scalar(
        select(Team.pathway)
        .where(Team.kind == "front_door", Team.active, Team.pathway.is_not(None))
        .order_by(Team.id)
        .limit(1)
    )


def send_request(
    connection: Connection, request: Request, *, token: str, base_url: str, now: datetime
) -> Sent | None:
    """Make the request a contact, once; None when the draft of this token was sent already.

    Raises BadFields as `open_case` does; then nothing has been written.
    """
    if not drop_draft(connection, token=token):
        return None
    opened = _open(connection, request, now=now, reason=None)
    receipt = new_receipt(connection, reference=opened.reference, case_id=opened.case_id, now=now)
    _confirm(connection, request, opened.reference, receipt, base_url, now)
    return Sent(opened.reference, receipt)


def hold_request(connection: Connection, *, token: str, now: datetime) -> Sent | None:
    """Put aside what a robot seems to have sent. Whoever sent it cannot tell, and a person's request is not lost."""
    held = hold_draft(connection, token=token, now=now)
    if held is None:
        return None
    reference = case_reference(next_number(connection, "case"))
    return Sent(reference, new_receipt(connection, reference=reference, held_id=held, now=now))


def let_in(
    connection: Connection, request: Request, *, draft_id: int, person: Person, now: datetime
) -> Performed | None:
    """A screener says that a held request is real: it becomes a contact, received now."""
    reason = f"Held back as sent by a robot; let in by {person.name}"
    opened = _open(connection, request, now=now, reason=reason)
    mine = Receipt.held_id == draft_id
    connection.execute(update(Receipt).where(mine).values(case_id=opened.case_id, held_id=None))
    return opened if drop_held(connection, draft_id=draft_id) else None


def _open(connection: Connection, request: Request, *, now: datetime, reason: str | None) -> Performed:
    opened = open_case(
        connection,
        person=PUBLIC_FORM,
        children=[dict(child) for child in request.children],
        fields=request.fields,
        referrer=request.referrer,
        pathway=front_door_pathway(connection),
        reason=reason,
        now=now,
    )
    if request.fields.get("urgency") == AT_RISK:
        _call_the_front_door(connection, opened, now)
    return opened


def _confirm(
    connection: Connection, request: Request, reference: str, receipt: str, base_url: str, now: datetime
) -> None:
    address = request.referrer.get("email")
    if address:
        link = f"{base_url}/receipt/{receipt}"
        confirm_by_email(connection, address=address, reference=reference, link=link, now=now)


def _call_the_front_door(connection: Connection, opened: Performed, now: datetime) -> None:
    """Tell every screener at once, at any hour: the clock of an hour runs round the clock."""
    told_of = ToldOf(None, None, restricted=False, state_kind=opened.step.to_kind, opened_by_id=None)
    people = told_about(connection, ["screener", "screening_manager"], told_of)
    rows = [
        {
            "message_key": f"{opened.reference}-risk-{user_id}",
            "topic": "case",
            "recipient_id": user_id,
            "case_id": opened.case_id,
            "subject": f"{opened.reference}: a child may be at risk now",
            "body": f"Somebody asked for help by the public form and says that a child may be at risk now. "
            f"Open {opened.reference} and decide within the hour.",
            "urgent": True,
            "created_at": now,
            "status": "waiting",
            "next_attempt_at": now,
        }
        for user_id in sorted(people)
    ]
    if rows:
        connection.execute(insert(OutboxMessage), rows)
