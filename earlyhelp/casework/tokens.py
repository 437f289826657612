"""Bearer tokens of partners' systems and scripts. Told once, kept only as a hash; a token acts as its user."""

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, Row, insert, or_, select, update

from earlyhelp.casework.accounts import AccountRefused
from earlyhelp.casework.scopes import SCOPES, read_scopes, written_scopes
from earlyhelp.permissions import Person, load_person
from earlyhelp.records.organisation import ApiToken

PREFIX = "eh_"
SECRET_BYTES = 32
LENGTH = len(PREFIX) + 43
NOTED_EVERY = timedelta(minutes=1)


class FoundToken(NamedTuple):
    """A token that opens the door, and whom it acts as."""

    token_id: int
    person: Person
    last_used_at: datetime | None
    scopes: frozenset[str] = frozenset(SCOPES)


def create_token(
    connection: Connection, *, user_id: int, name: str, now: datetime, scopes: Iterable[str] = ()
) -> str:
    """Make a token for an active user and return it: the only time it is ever told.

    Without scopes it may all that its user may. Raises AccountRefused for an unknown user or scope.
    """
    if load_person(connection, user_id=user_id) is None:
        raise AccountRefused("There is no active account of that address")
    token = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    connection.execute(
        insert(ApiToken).values(
            user_id=user_id,
            name=name.strip()[:100] or "token",
            token_hash=_hashed(token),
            scopes=written_scopes(scopes),
            created_at=now,
        )
    )
    return token


def find_token(connection: Connection, *, token: str, now: datetime | None = None) -> FoundToken | None:
    """Whom a token acts as; None when it is not known, revoked, or its user is no longer active. Writes nothing."""
    if len(token) != LENGTH or not token.startswith(PREFIX):
        return None
    row = connection.execute(
        select(ApiToken.id, ApiToken.user_id, ApiToken.last_used_at, ApiToken.scopes).where(
            ApiToken.token_hash == _hashed(token), ApiToken.revoked_at.is_(None)
        )
    ).one_or_none()
    person = load_person(connection, user_id=row.user_id, now=now) if row else None
    if row is None or person is None:
        return None
    return FoundToken(row.id, person, row.last_used_at, read_scopes(row.scopes))


def needs_noting(found: FoundToken, *, now: datetime) -> bool:
    """Whether `note_use` would write: at most once a minute, so that a busy client does not queue writers."""
    return found.last_used_at is None or now - found.last_used_at >= NOTED_EVERY


def note_use(connection: Connection, *, token_id: int, now: datetime) -> None:
    """Write when a token was last used, unless that was noted within the last minute."""
    stale = or_(ApiToken.last_used_at.is_(None), ApiToken.last_used_at <= now - NOTED_EVERY)
    connection.execute(update(ApiToken).where(ApiToken.id == token_id, stale).values(last_used_at=now))


def live_tokens(
    connection: Connection, *, user_id: int
) -> Sequence[Row[int, str, str, datetime, datetime | None]]:
    """Those of this person that were not ended, the latest made first; never what was told."""
    statement = select(
        ApiToken.id, ApiToken.name, ApiToken.scopes, ApiToken.created_at, ApiToken.last_used_at
    )
    theirs = (ApiToken.user_id == user_id) & ApiToken.revoked_at.is_(None)
    return connection.execute(statement.where(theirs).order_by(ApiToken.id.desc())).all()


def revoke(connection: Connection, *, user_id: int, token_id: int, now: datetime) -> str | None:
    """End one token of this person for good; its name, or None when there is none of theirs that goes on."""
    theirs = (ApiToken.id == token_id) & (ApiToken.user_id == user_id) & ApiToken.revoked_at.is_(None)
    return connection.scalar(update(ApiToken).where(theirs).values(revoked_at=now).returning(ApiToken.name))


def is_theirs(connection: Connection, *, user_id: int, token_id: int) -> bool:
    """Whether this person ever had a token of this id: ending it twice is no mistake."""
    theirs = (ApiToken.id == token_id) & (ApiToken.user_id == user_id)
    return connection.scalar(select(ApiToken.id).where(theirs)) is not None


def revoke_all(connection: Connection, *, user_id: int, now: datetime) -> None:
    theirs = (ApiToken.user_id == user_id) & ApiToken.revoked_at.is_(None)
    connection.execute(update(ApiToken).where(theirs).values(revoked_at=now))


def _hashed(token: str) -> str:
    # Plain SHA-256 is enough for 256 random bits: there is nothing to guess, and every request pays for it.
    return hashlib.sha256(token.encode()).hexdigest()
