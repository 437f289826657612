"""Sessions kept where they can be listed and ended, and what happened at each person's door."""

import hashlib
import ipaddress
import re
import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select, update

from earlyhelp.records.sign_in import SignedInSession, SignInNote

KEPT_FOR = timedelta(days=90)
"""Ended sessions and notes at the door are thrown away after this."""
SHOWN = 100
MOST_OF_AN_AGENT = 60
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


class Visitor(NamedTuple):
    """Where a request comes from, as much of it as is kept."""

    network: str
    agent: str


def visitor(*, address: str, agent: str) -> Visitor:
    """The beginning of an address (/24, /48) and the browser's name: enough to recognise one's own."""
    return Visitor(_network(address), _summary(agent))


def open_session(
    connection: Connection,
    *,
    user_id: int,
    method: str,
    visitor: Visitor,
    now: datetime,
    provider_session: str | None = None,
) -> str:
    """Note a new session and return its key, which only the browser's cookie keeps."""
    key = secrets.token_urlsafe(24)
    old = (SignedInSession.user_id == user_id) & (SignedInSession.seen_at < now - KEPT_FOR)
    connection.execute(delete(SignedInSession).where(old))
    connection.execute(
        insert(SignedInSession).values(
            key_hash=_hashed(key),
            user_id=user_id,
            started_at=now,
            seen_at=now,
            network=visitor.network,
            agent=visitor.agent,
            method=method,
            provider_session=provider_session,
        )
    )
    note(connection, user_id=user_id, what=f"signed_in_{method}", visitor=visitor, now=now)
    return key


def lasting(connection: Connection, *, user_id: int, key: str) -> int | None:
    """The id of a session that was not ended; None otherwise."""
    mine = (SignedInSession.key_hash == _hashed(key)) & (SignedInSession.user_id == user_id)
    return connection.scalar(select(SignedInSession.id).where(mine, SignedInSession.ended_at.is_(None)))


def see(connection: Connection, *, key: str, now: datetime) -> None:
    connection.execute(
        update(SignedInSession).where(SignedInSession.key_hash == _hashed(key)).values(seen_at=now)
    )


def end_by_key(connection: Connection, *, key: str, now: datetime) -> None:
    _end(connection, SignedInSession.key_hash == _hashed(key), now)


def end_one(connection: Connection, *, user_id: int, session_id: int, now: datetime) -> bool:
    """End one session of this person; False when there is no such one of theirs."""
    theirs = (SignedInSession.id == session_id) & (SignedInSession.user_id == user_id)
    return _end(connection, theirs, now) == 1


def is_theirs(connection: Connection, *, user_id: int, session_id: int) -> bool:
    """Whether this person ever had a session of this id: ending it twice is no mistake."""
    theirs = (SignedInSession.id == session_id) & (SignedInSession.user_id == user_id)
    return connection.scalar(select(SignedInSession.id).where(theirs)) is not None


def end_others(connection: Connection, *, user_id: int, key: str, now: datetime) -> int:
    """End every session of this person but the one that asks; how many there were."""
    others = (SignedInSession.user_id == user_id) & (SignedInSession.key_hash != _hashed(key))
    return _end(connection, others, now)


def end_all(connection: Connection, *, user_id: int, now: datetime) -> int:
    return _end(connection, SignedInSession.user_id == user_id, now)


def end_for_provider(
    connection: Connection, *, user_id: int | None, provider_session: str | None, now: datetime
) -> int:
    """End what the identity provider says has ended: its one session, or all that it opened for a person."""
    which = SignedInSession.method == "single_sign_on"
    if provider_session is not None:
        which &= SignedInSession.provider_session == provider_session
    if user_id is not None:
        which &= SignedInSession.user_id == user_id
    return _end(connection, which, now) if (user_id, provider_session) != (None, None) else 0


def open_ones(
    connection: Connection, *, user_id: int, begun_after: datetime, seen_after: datetime
) -> list[Row[tuple[SignedInSession]]]:
    """Sessions that go on, latest seen first."""
    mine = (SignedInSession.user_id == user_id) & SignedInSession.ended_at.is_(None)
    lasting = (SignedInSession.started_at > begun_after) & (SignedInSession.seen_at > seen_after)
    order = (SignedInSession.seen_at.desc(), SignedInSession.id.desc())
    statement = select(*SignedInSession.__table__.columns).where(mine, lasting).order_by(*order)
    return list(connection.execute(statement.limit(SHOWN)).all())


def note(connection: Connection, *, user_id: int, what: str, visitor: Visitor, now: datetime) -> None:
    """Write what happened at a person's door."""
    old = (SignInNote.user_id == user_id) & (SignInNote.at < now - KEPT_FOR)
    connection.execute(delete(SignInNote).where(old))
    connection.execute(
        insert(SignInNote).values(
            user_id=user_id, at=now, what=what, network=visitor.network, agent=visitor.agent
        )
    )


def notes_of(connection: Connection, *, user_id: int) -> list[Row[tuple[SignInNote]]]:
    """What happened at a person's door, latest first, the last hundred."""
    statement = select(*SignInNote.__table__.columns).where(SignInNote.user_id == user_id)
    order = (SignInNote.at.desc(), SignInNote.id.desc())
    return list(connection.execute(statement.order_by(*order).limit(SHOWN)).all())


def _end(connection: Connection, which: ColumnElement[bool], now: datetime) -> int:
    going_on = SignedInSession.ended_at.is_(None)
    return connection.execute(update(SignedInSession).where(which, going_on).values(ended_at=now)).rowcount


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    length = 24 if parsed.version == 4 else 48
    return str(ipaddress.ip_network(f"{address.partition('%')[0]}/{length}", strict=False))


def _summary(agent: str) -> str:
    # A name from our own list, never what was sent: that may say anything.
    browser = next((words for mark, words in BROWSERS if re.search(rf"\b{mark}\w*/", agent)), "Other browser")
    system = next((words for mark, words in SYSTEMS if mark in agent), "other system")
    return f"{browser} on {system}"[:MOST_OF_AN_AGENT]


def _hashed(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
