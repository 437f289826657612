"""Accounts of people who sign in with the council's identity provider: linked, made, and kept to their groups."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, insert, select

from earlyhelp.casework.accounts import AccountRefused, checked_email, create_user
from earlyhelp.casework.office_changes import change_roles, close_account, write_account_made
from earlyhelp.permissions import Person, load_person
from earlyhelp.records.organisation import User
from earlyhelp.records.sign_in import Identity

LONGEST_SUBJECT = 255
THE_PROVIDER = "the council's sign-in"


@dataclass(frozen=True)
class Claimed:
    """What the provider says of a person, after its signature was verified.

    `groups` is None when it said nothing of groups, which is not the same as being in none.
    """

    issuer: str
    subject: str
    email: str
    email_verified: bool
    name: str
    groups: frozenset[str] | None


class SignedOn(NamedTuple):
    """Who may come in, or nobody and why."""

    person: Person | None
    refused: str = ""


def sign_on(
    connection: Connection, *, claimed: Claimed, roles_by_group: Mapping[str, str], now: datetime
) -> SignedOn:
    """Let in whom the provider sends: link or make the account, and give it the roles of its groups.

    Who is in none of our groups any more loses the account's access at once; an administrator gives it back.
    """
    if not claimed.subject or len(claimed.subject) > LONGEST_SUBJECT:
        return SignedOn(None, "The council's sign-in did not say who you are")
    if claimed.groups is None:
        return SignedOn(
            None, "The council's sign-in did not say which groups you are in. Ask your administrator"
        )
    roles = sorted({roles_by_group[group] for group in claimed.groups if group in roles_by_group})
    user_id = _linked(connection, claimed)
    if not roles:
        if user_id is not None:
            close_account(connection, user_id=user_id, by=THE_PROVIDER, now=now)
        return SignedOn(None, "You are in no group that may use this service. Ask your manager")
    try:
        known = user_id if user_id is not None else _link(connection, claimed, roles, now)
    except AccountRefused as refused:
        return SignedOn(None, str(refused))
    return _with_roles(connection, known, roles, now)


def _with_roles(connection: Connection, user_id: int, roles: list[str], now: datetime) -> SignedOn:
    person = load_person(connection, user_id=user_id)
    if person is None:
        return SignedOn(None, "Your account here is closed. Ask your administrator")
    if person.roles != frozenset(roles):
        change_roles(connection, user_id=user_id, roles=roles, by=THE_PROVIDER, now=now)
        person = load_person(connection, user_id=user_id)
    return SignedOn(person)


def user_of(connection: Connection, *, issuer: str, subject: str) -> int | None:
    """The account linked with this identity."""
    statement = select(Identity.user_id).where(Identity.issuer == issuer, Identity.subject == subject)
    return connection.scalar(statement)


def is_linked(connection: Connection, *, user_id: int) -> bool:
    """Whether this account belongs to somebody whom the identity provider knows."""
    return connection.scalar(select(Identity.id).where(Identity.user_id == user_id).limit(1)) is not None


def _linked(connection: Connection, claimed: Claimed) -> int | None:
    return user_of(connection, issuer=claimed.issuer, subject=claimed.subject)


def _link(connection: Connection, claimed: Claimed, roles: list[str], now: datetime) -> int:
    """The account of that address, if it is free and the address is verified; a new one otherwise."""
    if not claimed.email_verified:
        raise AccountRefused("The council's sign-in did not vouch for your e-mail address")
    address = checked_email(claimed.email)
    user_id = connection.scalar(select(User.id).where(User.email == address))
    if user_id is None:
        name = claimed.name.strip()[:200] or address
        user_id = create_user(connection, email=address, name=name, roles=roles, now=now)
        write_account_made(connection, email=address, roles=roles, by=THE_PROVIDER, now=now)
    elif is_linked(connection, user_id=user_id):
        raise AccountRefused(
            "The account of your address belongs to another identity. Ask your administrator"
        )
    connection.execute(
        insert(Identity).values(
            issuer=claimed.issuer, subject=claimed.subject, user_id=user_id, linked_at=now
        )
    )
    return int(user_id)
