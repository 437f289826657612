"""Answering a repeated request with the answer it already got."""

from datetime import datetime

from sqlalchemy import Connection, insert, select, text

from earlyhelp.casework.refusals import KeyReused
from earlyhelp.permissions import Person
from earlyhelp.records.cases import Case, IdempotencyKey
from earlyhelp.records.database import is_postgresql


def answered_before(connection: Connection, *, person: Person, key: str, digest: str) -> str | None:
    """The reference of the case this person began with this key, or None. KeyReused when the body is another.

    Two requests with one key at the same moment take turns: the second finds what the first has done.
    """
    if is_postgresql(connection):
        lock = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 7101984))")
        connection.execute(lock, {"name": f"{person.id}:{key}"})
    row = connection.execute(
        select(IdempotencyKey.body_digest, Case.reference)
        .join(Case, Case.id == IdempotencyKey.case_id)
        .where(IdempotencyKey.user_id == person.id, IdempotencyKey.key == key)
    ).one_or_none()
    if row is None:
        return None
    if row.body_digest != digest:
        raise KeyReused("This Idempotency-Key was sent before with another body")
    return str(row.reference)


def remember(
    connection: Connection, *, person: Person, key: str, digest: str, case_id: int, now: datetime
) -> None:
    """Keep which case this key began."""
    connection.execute(
        insert(IdempotencyKey).values(
            user_id=person.id, key=key, body_digest=digest, case_id=case_id, created_at=now
        )
    )
