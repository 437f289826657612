"""The people who sign in: making an account, its password, ending it. Accounts are never deleted."""

import re
import secrets
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from argon2 import PasswordHasher, profiles
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, delete, func, insert, select, update

from earlyhelp.casework.common_passwords import is_common
from earlyhelp.casework.contacts import EMAIL
from earlyhelp.casework.references import find_team
from earlyhelp.pathway.vocabulary import PEOPLE_ROLES
from earlyhelp.records.organisation import Agency, Team, User, UserRole

HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
"""argon2id as OWASP's password storage page asks: 19 MiB, two passes, one lane."""
CHEAPEST = PasswordHasher.from_parameters(profiles.CHEAPEST)
"""For tests that sign in often."""
NOBODYS = "$argon2id$v=19$m=19456,t=2,p=1$NezMbpBZVprb7N+NZzj8Nw$w8Sjk9zOMFr1OtKDr2V7uvJ68kvJv1a5Tb960gnF3uw"
"""The hash of a password thrown away, compared with when there is no such account: the answer takes as long."""
SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 200
TEAM_KINDS = ("front_door", "locality", "social_care", "other")
NAME = re.compile(r"^[^\x00-\x1f\x7f]{1,200}$")


class AccountRefused(Exception):
    """The account cannot be made or changed so; the words say why."""


def create_user(
    connection: Connection,
    *,
    email: str,
    name: str,
    roles: Iterable[str],
    now: datetime,
    team: str | None = None,
    agency: str | None = None,
    password: str | None = None,
    job_title: str | None = None,
    fte: float = 1.0,
    newly_qualified: bool = False,
    hasher: PasswordHasher = HASHER,
    breached: Path | None = None,
) -> int:
    """Make an account and return its id. Team and agency are by key or name and must exist.

    Without a password nobody can sign in to it until one is set. Raises AccountRefused.
    """
    address = checked_email(email)
    held = checked_roles(roles)
    if not NAME.match(name.strip()):
        raise AccountRefused("Give the person's name, in 1 to 200 characters")
    if connection.scalar(select(User.id).where(User.email == address)) is not None:
        raise AccountRefused(f"There is already an account for {address}")
    user_id = connection.execute(
        insert(User)
        .values(
            email=address,
            name=name.strip(),
            password_hash=None
            if password is None
            else hasher.hash(checked_password(password, breached=breached)),
            team_id=None if team is None else _team_id(connection, team),
            agency_id=None if agency is None else _agency_id(connection, agency),
            job_title=job_title,
            fte=fte,
            newly_qualified=newly_qualified,
            active=True,
            session_epoch=0,
            created_at=now,
        )
        .returning(User.id)
    ).scalar_one()
    connection.execute(insert(UserRole), [{"user_id": user_id, "role": role} for role in held])
    return int(user_id)


def set_password(
    connection: Connection,
    *,
    user_id: int,
    password: str,
    hasher: PasswordHasher = HASHER,
    breached: Path | None = None,
) -> None:
    """Give an account a new password, which ends every session it has. Raises AccountRefused.

    `breached` is a file of breached passwords, looked into beside our own list.
    """
    hashed = hasher.hash(checked_password(password, breached=breached))
    _change(connection, user_id, password_hash=hashed, session_epoch=User.session_epoch + 1)


def set_roles(connection: Connection, *, user_id: int, roles: Iterable[str]) -> None:
    """Replace the roles of an account, which ends every session it has. Raises AccountRefused."""
    held = checked_roles(roles)
    _change(connection, user_id, session_epoch=User.session_epoch + 1)
    connection.execute(delete(UserRole).where(UserRole.user_id == user_id))
    connection.execute(insert(UserRole), [{"user_id": user_id, "role": role} for role in held])


def deactivate(connection: Connection, *, user_id: int) -> None:
    """Shut every door to a person: sign-in, open sessions and tokens. History goes on naming them."""
    _change(connection, user_id, active=False, session_epoch=User.session_epoch + 1)


def reactivate(connection: Connection, *, user_id: int) -> None:
    """Let a person sign in again."""
    _change(connection, user_id, active=True)


def verify(stored: str | None, password: str) -> bool:
    """Whether this is the password of that hash; takes as long when there is none."""
    try:
        HASHER.verify(stored or NOBODYS, password[:LONGEST_PASSWORD])
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def generated_password() -> str:
    """A password that nobody can guess, to be told once: 96 bits."""
    return secrets.token_urlsafe(12)


def add_team(connection: Connection, *, name: str, kind: str, locality: str | None = None) -> str:
    """Make a team and return its key. Raises AccountRefused for an unknown kind or a name taken."""
    if kind not in TEAM_KINDS:
        raise AccountRefused(f"The kind of a team is one of {', '.join(TEAM_KINDS)}")
    if not NAME.match(name.strip()):
        raise AccountRefused("Give the team's name, in 1 to 200 characters")
    key = key_of(name)
    if find_team(connection, name) is not None or find_team(connection, key) is not None:
        raise AccountRefused(f"There is already a team called {name}")
    connection.execute(
        insert(Team).values(key=key, name=name.strip(), kind=kind, locality=locality, active=True)
    )
    return key


def key_of(name: str) -> str:
    """A lasting key made from a name: `Early help` becomes `early_help`."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:60] or "team"


def checked_email(email: str) -> str:
    """The address in lower case, or AccountRefused."""
    address = email.strip().lower()
    if len(address) > 254 or not EMAIL.match(address):
        raise AccountRefused(f"'{email[:100]}' is not an e-mail address, like name@example.com")
    return address


def checked_roles(roles: Iterable[str]) -> list[str]:
    """The roles, each once, or AccountRefused naming those that there are."""
    held = list(dict.fromkeys(roles))
    known = f"roles are {', '.join(PEOPLE_ROLES)}"
    if not held:
        raise AccountRefused(f"Give at least one role; {known}")
    unknown = [role for role in held if role not in PEOPLE_ROLES]
    if unknown:
        raise AccountRefused(f"There is no role '{unknown[0]}'; {known}")
    return held


def checked_password(password: str, *, breached: Path | None = None) -> str:
    """The password, or AccountRefused when it is too short, too long to be anything but an attack, or guessed first."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise AccountRefused(f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")
    if is_common(password, breached=breached):
        raise AccountRefused(
            "This password is one that is guessed first. Choose another, such as three random words"
        )
    return password


def _team_id(connection: Connection, team: str) -> int:
    row = find_team(connection, team)
    if row is None:
        raise AccountRefused(f"There is no team called {team}")
    return int(row.id)


def _agency_id(connection: Connection, agency: str) -> int:
    by_name = func.lower(Agency.name) == agency.strip().lower()
    found = connection.scalar(select(Agency.id).where((Agency.key == agency) | by_name).order_by(Agency.id))
    if found is None:
        raise AccountRefused(f"There is no agency called {agency}")
    return int(found)


def _change(connection: Connection, user_id: int, **values: object) -> None:
    if connection.execute(update(User).where(User.id == user_id).values(**values)).rowcount != 1:
        raise AccountRefused("There is no such account")
