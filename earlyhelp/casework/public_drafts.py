"""A request for support while somebody writes it: kept under a token that only their browser has."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from earlyhelp.records.public import PublicDraft, Receipt

KEPT_FOR = timedelta(hours=24)
"""After the last saving: long enough to ask somebody, short enough for a computer that others use too."""
HELD_FOR = timedelta(days=60)
LARGEST = 400_000


class DraftTooLarge(Exception):
    """What was typed is more than a request can be."""


class Draft(NamedTuple):
    """One request as far as it has come."""

    id: int
    content: dict[str, Any]


def new_token() -> str:
    return secrets.token_urlsafe(32)


def digest_of(token: str) -> str:
    """What is stored of a token: who reads our tables cannot open what it opens."""
    return hashlib.sha256(token.encode()).hexdigest()


def save_draft(connection: Connection, *, token: str, content: Mapping[str, Any], now: datetime) -> None:
    """Keep the answers so far. DraftTooLarge when they are more than a request can be."""
    text = json.dumps(content)
    if len(text) > LARGEST:
        raise DraftTooLarge
    values = {"content": text, "saved_at": now, "expires_at": now + KEPT_FOR}
    mine = (PublicDraft.token_digest == digest_of(token)) & PublicDraft.held_at.is_(None)
    if connection.execute(update(PublicDraft).where(mine).values(values)).rowcount == 0:
        new = {**values, "token_digest": digest_of(token), "created_at": now}
        connection.execute(insert(PublicDraft).values(new))


def find_draft(connection: Connection, *, token: str | None, now: datetime) -> Draft | None:
    """The request that this token opens, unless it has expired or was sent."""
    if not token:
        return None
    row = connection.execute(
        select(PublicDraft.id, PublicDraft.content).where(
            PublicDraft.token_digest == digest_of(token),
            PublicDraft.held_at.is_(None),
            PublicDraft.expires_at > now,
        )
    ).one_or_none()
    return Draft(row.id, json.loads(row.content)) if row is not None else None


def drop_draft(connection: Connection, *, token: str) -> bool:
    """Forget a request; False when it was gone already, as after a second click on Send."""
    mine = (PublicDraft.token_digest == digest_of(token)) & PublicDraft.held_at.is_(None)
    return connection.execute(delete(PublicDraft).where(mine)).rowcount == 1


def hold_draft(connection: Connection, *, token: str, now: datetime) -> int | None:
    """Put a request aside for a screener's eye; its id, or None when it was gone already."""
    mine = (PublicDraft.token_digest == digest_of(token)) & PublicDraft.held_at.is_(None)
    values = {"held_at": now, "expires_at": now + HELD_FOR}
    return connection.scalar(update(PublicDraft).where(mine).values(values).returning(PublicDraft.id))


def held_draft(connection: Connection, *, draft_id: int) -> Draft | None:
    row = connection.execute(
        select(PublicDraft.id, PublicDraft.content)
        .where(PublicDraft.id == draft_id, PublicDraft.held_at.is_not(None))
        .with_for_update()
    ).one_or_none()
    return Draft(row.id, json.loads(row.content)) if row is not None else None


def drop_held(connection: Connection, *, draft_id: int) -> bool:
    """Forget a request that was held back."""
    held = (PublicDraft.id == draft_id) & PublicDraft.held_at.is_not(None)
    return connection.execute(delete(PublicDraft).where(held)).rowcount == 1


def prune_public(connection: Connection, *, now: datetime) -> None:
    """Forget what has expired: requests nobody finished or wanted, receipts of long ago."""
    connection.execute(delete(PublicDraft).where(PublicDraft.expires_at <= now))
    connection.execute(delete(Receipt).where(Receipt.expires_at <= now))
