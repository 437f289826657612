"""What a private receipt may tell: how far a request has come, in words that are safe whoever reads them."""

from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, select

from earlyhelp.records.cases import Case, Event
from earlyhelp.records.public import Receipt

AT_THE_DOOR = frozenset({"screening", "information", "enquiry"})
SHOWN_HERE = "receipt_page"
Stage = Literal["received", "looked_at", "decided", "answered"]


class Answered(NamedTuple):
    """An answer to the referrer: its words only where this page is how it was given."""

    at: datetime
    how: str
    words: str | None


class ReceiptState(NamedTuple):
    """All that the page says. Nothing here names a child or a decision."""

    reference: str
    received_at: datetime
    stage: Stage
    answers: tuple[Answered, ...] = ()


def receipt_state(connection: Connection, *, token_digest: str, now: datetime) -> ReceiptState | None:
    """How far the request of this receipt has come; None for a receipt that is not there or has expired."""
    row = connection.execute(
        select(
            Receipt.reference,
            Receipt.created_at,
            Receipt.case_id,
            Case.state_kind,
            Case.version,
            Case.claimed_until,
        )
        .outerjoin(Case, Case.id == Receipt.case_id)
        .where(Receipt.token_digest == token_digest, Receipt.expires_at > now)
    ).one_or_none()
    if row is None:
        return None
    answers = _answers(connection, row.case_id) if row.case_id is not None else ()
    return ReceiptState(row.reference, row.created_at, _stage(row, bool(answers), now), answers)


def _stage(row: Any, answered: bool, now: datetime) -> Stage:
    if row.case_id is None:
        return "received"
    if row.state_kind not in AT_THE_DOOR:
        return "answered" if answered else "decided"
    claimed = row.claimed_until is not None and row.claimed_until > now
    return "looked_at" if claimed or row.version > 1 else "received"


def _answers(connection: Connection, case_id: int) -> tuple[Answered, ...]:
    events = connection.execute(
        select(Event.occurred_at, Event.fields)
        .where(Event.case_id == case_id, Event.kind == "referrer_answered")
        .order_by(Event.sequence)
    )
    return tuple(_answered(event.occurred_at, event.fields) for event in events)


def _answered(at: datetime, fields: Any) -> Answered:
    how = str(fields.get("how", ""))
    return Answered(at, how, str(fields.get("told_what", "")) if how == SHOWN_HERE else None)
