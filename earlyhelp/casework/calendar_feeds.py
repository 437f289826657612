"""A person's calendar address: made, replaced, taken back. Who has the address reads the calendar."""

import hashlib
import secrets
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from earlyhelp.permissions import Person, load_person
from earlyhelp.records.calendar_feeds import CalendarFeed

LENGTH = 43


def make_feed(connection: Connection, *, person: Person, now: datetime) -> str:
    """A new address for this person, shown this once; an older one ends."""
    token = secrets.token_urlsafe(32)
    end_feed(connection, person=person)
    connection.execute(
        insert(CalendarFeed).values(user_id=person.id, token_hash=_hashed(token), created_at=now)
    )
    return token


def end_feed(connection: Connection, *, person: Person) -> None:
    """The address leads nowhere from now on. Without one nothing happens."""
    connection.execute(delete(CalendarFeed).where(CalendarFeed.user_id == person.id))


def made_at(connection: Connection, *, person: Person) -> datetime | None:
    """Since when the person has an address; None without one."""
    return connection.scalar(select(CalendarFeed.created_at).where(CalendarFeed.user_id == person.id))


def whose_feed(connection: Connection, *, token: str, now: datetime) -> Person | None:
    """Whose calendar an address is; None when it is none, was taken back, or the account is closed."""
    if len(token) != LENGTH:
        return None
    user_id = connection.scalar(select(CalendarFeed.user_id).where(CalendarFeed.token_hash == _hashed(token)))
    return load_person(connection, user_id=user_id, now=now) if user_id is not None else None


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
