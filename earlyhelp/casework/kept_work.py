"""Keeping what was sent after a session had ended, until its owner has signed in again: nothing typed is lost."""

import hashlib
import json
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select

from earlyhelp.records.kept_work import KeptPost

KEPT_FOR = timedelta(hours=24)
MOST_EACH = 5
"""Of one person: a stolen cookie that has ended must not fill the database."""
LONGEST = 500_000
NEVER_KEPT = frozenset({"csrf_token"})
SECRET = "password"
Fields = Sequence[tuple[str, str]]


class Kept(NamedTuple):
    """A form that can be sent again as it was."""

    path: str
    fields: Fields
    kept_at: datetime


def keep_post(
    connection: Connection, *, user_id: int, path: str, fields: Fields, now: datetime
) -> str | None:
    """Keep a form for its owner; returns the key to it, or None when it is too large or holds a password."""
    kept = [(name, value) for name, value in fields if name not in NEVER_KEPT]
    text = json.dumps(kept)
    if len(text) > LONGEST or len(path) > 2000 or any(SECRET in name.lower() for name, _ in kept):
        return None
    _make_room(connection, user_id, now)
    key = secrets.token_urlsafe(24)
    connection.execute(
        insert(KeptPost).values(key_digest=_digest(key), user_id=user_id, path=path, fields=text, kept_at=now)
    )
    return key


def kept_post(connection: Connection, *, key: str, user_id: int, now: datetime) -> Kept | None:
    """What is kept under a key, for its owner only; None when there is nothing, or it is a day old."""
    row = connection.execute(
        select(KeptPost).where(
            KeptPost.key_digest == _digest(key),
            KeptPost.user_id == user_id,
            KeptPost.kept_at > now - KEPT_FOR,
        )
    ).one_or_none()
    if row is None:
        return None
    return Kept(row.path, [(name, value) for name, value in json.loads(row.fields)], row.kept_at)


def forget_post(connection: Connection, *, key: str, user_id: int) -> None:
    connection.execute(
        delete(KeptPost).where(KeptPost.key_digest == _digest(key), KeptPost.user_id == user_id)
    )


def _make_room(connection: Connection, user_id: int, now: datetime) -> None:
    """Take away what is too old, of anybody, and this person's oldest beyond the most they may have."""
    connection.execute(delete(KeptPost).where(KeptPost.kept_at <= now - KEPT_FOR))
    theirs = select(KeptPost.key_digest).where(KeptPost.user_id == user_id)
    oldest = theirs.order_by(KeptPost.kept_at.desc(), KeptPost.key_digest).offset(MOST_EACH - 1)
    connection.execute(delete(KeptPost).where(KeptPost.key_digest.in_(list(connection.scalars(oldest)))))


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
