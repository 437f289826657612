"""Signing in, with attempts counted in the database so that any number of web processes share one limit."""

import hashlib
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select

from earlyhelp.casework.accounts import verify
from earlyhelp.permissions import Person, load_person
from earlyhelp.records.organisation import SignInAttempt, User

WINDOW = timedelta(minutes=15)
FAILURES_PER_ACCOUNT = 10
"""From one network: somebody elsewhere who guesses at an account cannot lock its owner out."""
FAILURES_PER_NETWORK = 100
KNOWN_FOR = timedelta(days=30)
"""Who signed in from a network within this time is not stopped by what others there get wrong."""


class SignIn(NamedTuple):
    """Who signed in, or nobody. `try_again_at` is set when there were too many failures."""

    person: Person | None
    try_again_at: datetime | None = None


def attempt(connection: Connection, *, email: str, password: str, network: str, now: datetime) -> SignIn:
    """Try to sign in from a network (an address as text). Says nothing about whether the account exists.

    Takes as long for an unknown address as for a wrong password. A refusal for too many failures is not itself
    counted, so that waiting always helps.
    """
    account, network = account_key(email), network[:64]
    barred = barred_until(connection, account, network, now)
    if barred is not None:
        return SignIn(None, barred)
    user = connection.execute(
        select(User.id, User.password_hash).where(User.email == email.strip().lower(), User.active)
    ).one_or_none()
    right = verify(user.password_hash if user else None, password)
    person = load_person(connection, user_id=user.id) if user and right else None
    count_attempt(connection, account, network, now, person is not None)
    return SignIn(person)


def failures_of(connection: Connection, *, email: str, most: int = 100) -> list[tuple[datetime, str]]:
    """When and from which address somebody gave a wrong password for this account, latest first.

    A success from there forgives them, and they are thrown away with the others after KNOWN_FOR.
    """
    statement = select(SignInAttempt.at, SignInAttempt.network).where(
        SignInAttempt.account == account_key(email), ~SignInAttempt.succeeded
    )
    rows = connection.execute(
        statement.order_by(SignInAttempt.at.desc(), SignInAttempt.id.desc()).limit(most)
    )
    return [(row.at, row.network) for row in rows]


def account_key(email: str) -> str:
    """How an address typed at sign-in is kept: hashed, because people type passwords there by mistake."""
    return hashlib.sha256(email.strip().lower().encode()).hexdigest()


def barred_until(
    connection: Connection, account: str, network: str, now: datetime, *, everywhere: int | None = None
) -> datetime | None:
    """Until when this network may not try this account; None when it may.

    With `everywhere`, so many failures from all networks together bar those that the owner is not known in.
    """
    here = SignInAttempt.network == network
    mine = here & (SignInAttempt.account == account)
    until = _full_until(connection, mine, FAILURES_PER_ACCOUNT, now)
    if until is not None or _known_here(connection, mine, now):
        return until
    if everywhere is not None:
        until = _full_until(connection, SignInAttempt.account == account, everywhere, now)
    if until is not None:
        return until
    return _full_until(connection, here, FAILURES_PER_NETWORK, now)


def _full_until(
    connection: Connection, whose: ColumnElement[bool], most: int, now: datetime
) -> datetime | None:
    """When the `most`-th latest failure leaves the window; None while there are fewer."""
    failure = connection.scalar(
        select(SignInAttempt.at)
        .where(whose, ~SignInAttempt.succeeded, SignInAttempt.at > now - WINDOW)
        .order_by(SignInAttempt.at.desc())
        .offset(most - 1)
        .limit(1)
    )
    return failure + WINDOW if failure is not None else None


def _known_here(connection: Connection, mine: ColumnElement[bool], now: datetime) -> bool:
    statement = select(func.count()).where(mine, SignInAttempt.succeeded, SignInAttempt.at > now - KNOWN_FOR)
    return bool(connection.scalar(statement))


def count_attempt(connection: Connection, account: str, network: str, now: datetime, succeeded: bool) -> None:
    """Write that it was tried; a success forgives the failures of this account in this network."""
    old = (SignInAttempt.network == network) & (SignInAttempt.at <= now - KNOWN_FOR)
    connection.execute(delete(SignInAttempt).where(old))
    if succeeded:
        mine = (SignInAttempt.network == network) & (SignInAttempt.account == account)
        connection.execute(delete(SignInAttempt).where(mine, ~SignInAttempt.succeeded))
    connection.execute(
        insert(SignInAttempt).values(account=account, network=network, at=now, succeeded=succeeded)
    )
