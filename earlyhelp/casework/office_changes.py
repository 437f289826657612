"""Writing down what was changed in accounts, roles, teams and hours; and what is done to accounts of others."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from earlyhelp.casework import sessions, tokens
from earlyhelp.casework.accounts import (
    AccountRefused,
    checked_roles,
    deactivate,
    generated_password,
    reactivate,
    set_password,
    set_roles,
)
from earlyhelp.records.office_changes import OfficeChange
from earlyhelp.records.organisation import User, UserRole


def write_change(
    connection: Connection,
    *,
    by: str,
    what: str,
    about: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    now: datetime,
) -> None:
    """Write what differs. Nothing is written when nothing does."""
    content = {name: [before.get(name), value] for name, value in after.items() if before.get(name) != value}
    if content:
        connection.execute(
            insert(OfficeChange).values(at=now, by=by, what=what, about=about, content=content)
        )


def change_roles(
    connection: Connection, *, user_id: int, roles: Iterable[str], by: str, now: datetime
) -> None:
    """Replace somebody's roles, which ends their sessions, and write it down. Raises AccountRefused.

    Nothing is done when they have these roles already. Nobody takes the administrator's role from themselves: one
    administrator always remains.
    """
    held = select(UserRole.role).where(UserRole.user_id == user_id)
    before, after = sorted(connection.scalars(held)), sorted(checked_roles(roles))
    if before == after:
        return
    if "administrator" in set(before) - set(after) and _is(connection, user_id, by):
        raise AccountRefused("You cannot take away your own administrator role. Ask another administrator")
    set_roles(connection, user_id=user_id, roles=after)
    sessions.end_all(connection, user_id=user_id, now=now)
    _write(connection, user_id, by, now, "roles", {"roles": before}, {"roles": after})


def close_account(connection: Connection, *, user_id: int, by: str, now: datetime) -> None:
    """Shut every door to a person, and write it down; no session or token of theirs comes back with the account.

    Raises AccountRefused when it is their own.
    """
    if _is(connection, user_id, by):
        raise AccountRefused("You cannot close your own account. Ask another administrator")
    before = connection.scalar(select(User.active).where(User.id == user_id))
    deactivate(connection, user_id=user_id)
    sessions.end_all(connection, user_id=user_id, now=now)
    tokens.revoke_all(connection, user_id=user_id, now=now)
    _write(connection, user_id, by, now, "account_closed", {"active": before}, {"active": False})


def make_new_password(connection: Connection, *, user_id: int, by: str, now: datetime) -> str:
    """A made-up password for who forgot theirs, to be told once; it ends every session. Raises AccountRefused.

    Nobody makes one for themselves: whoever finds them signed in would otherwise have a way to stay.
    """
    if _is(connection, user_id, by):
        raise AccountRefused("Change your own password on the page about your account")
    password = generated_password()
    set_password(connection, user_id=user_id, password=password)
    sessions.end_all(connection, user_id=user_id, now=now)
    _write(connection, user_id, by, now, "password_made", {}, {"done": True})
    return password


def open_account(connection: Connection, *, user_id: int, by: str, now: datetime) -> None:
    """Let a person sign in again, and write it down."""
    before = connection.scalar(select(User.active).where(User.id == user_id))
    reactivate(connection, user_id=user_id)
    _write(connection, user_id, by, now, "account_opened", {"active": before}, {"active": True})


def write_account_made(
    connection: Connection, *, email: str, roles: Iterable[str], by: str, now: datetime
) -> None:
    after = {"roles": sorted(set(roles))}
    address = email.strip().lower()
    write_change(connection, by=by, what="account_made", about=address, before={}, after=after, now=now)


def write_token_made(connection: Connection, *, email: str, name: str, by: str, now: datetime) -> None:
    write_change(connection, by=by, what="token_made", about=email, before={}, after={"token": name}, now=now)


def end_token(connection: Connection, *, user_id: int, token_id: int, by: str, now: datetime) -> bool:
    """End a person's token and write it down; False when they never had such a one."""
    name = tokens.revoke(connection, user_id=user_id, token_id=token_id, now=now)
    if name is None:
        return tokens.is_theirs(connection, user_id=user_id, token_id=token_id)
    _write(connection, user_id, by, now, "token_ended", {"token": name}, {"token": None})
    return True


def _is(connection: Connection, user_id: int, email: str) -> bool:
    return connection.scalar(select(User.email).where(User.id == user_id)) == email


def _write(
    connection: Connection,
    user_id: int,
    by: str,
    now: datetime,
    what: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    about = connection.scalar(select(User.email).where(User.id == user_id)) or str(user_id)
    write_change(connection, by=by, what=what, about=about, before=before, after=after, now=now)
