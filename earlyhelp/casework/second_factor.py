"""The second factor: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for when it is lost."""

import hashlib
import hmac
import secrets
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, delete, func, insert, select, update

from earlyhelp.casework.passkeys import how_many, remove_all
from earlyhelp.casework.sealing import seal, unseal
from earlyhelp.casework.sign_in import barred_until, count_attempt
from earlyhelp.on_demand import OnDemand
from earlyhelp.permissions import Person
from earlyhelp.records.sign_in import RecoveryCode, SecondFactor

if TYPE_CHECKING:
    import pyotp
else:
    pyotp = OnDemand("pyotp")

STEP = 30
"""Seconds for which the app shows one code."""
DRIFT = (0, -1, 1)
"""Steps by which a telephone's clock may be wrong."""
RECOVERY_CODES = 10
LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
"""Without those that are taken for another."""
GROUPS, GROUP = 4, 4
FAILURES_EVERYWHERE = 50
"""A code has six digits: whoever has the password and many networks must not try them all. A network from which the
owner gave a right code lately stays open to them."""


class Enrolment(NamedTuple):
    """What the app must be told; shown until a code of it has come back."""

    secret: str
    address: str


class Standing(NamedTuple):
    """What a person has beside a password. `confirmed_at` is None without an app whose codes count."""

    confirmed_at: datetime | None
    codes_left: int
    passkeys: int

    @property
    def asks(self) -> bool:
        """Whether the password alone does not let this person in."""
        return self.confirmed_at is not None or self.passkeys > 0


class CodeTried(NamedTuple):
    right: bool
    try_again_at: datetime | None = None
    by_recovery_code: bool = False


def standing(connection: Connection, *, user_id: int) -> Standing:
    confirmed = connection.scalar(select(SecondFactor.confirmed_at).where(SecondFactor.user_id == user_id))
    unused = (RecoveryCode.user_id == user_id) & RecoveryCode.used_at.is_(None)
    left = connection.scalar(select(func.count()).select_from(RecoveryCode).where(unused))
    return Standing(confirmed, int(left or 0), how_many(connection, user_id=user_id))


def begin(connection: Connection, *, person: Person, service: str, key: str, now: datetime) -> Enrolment:
    """A new secret for a person without a second factor. It does not count until `confirm`."""
    secret = pyotp.random_base32()
    mine = SecondFactor.user_id == person.id
    connection.execute(delete(SecondFactor).where(mine, SecondFactor.confirmed_at.is_(None)))
    connection.execute(
        insert(SecondFactor).values(
            user_id=person.id, sealed_secret=seal(secret, key=key), last_counter=0, created_at=now
        )
    )
    return _enrolment(person, service, secret)


def under_way(connection: Connection, *, person: Person, service: str, key: str) -> Enrolment | None:
    """The secret of a set-up that was begun and not confirmed; None otherwise."""
    unconfirmed = (SecondFactor.user_id == person.id) & SecondFactor.confirmed_at.is_(None)
    sealed = connection.scalar(select(SecondFactor.sealed_secret).where(unconfirmed))
    secret = unseal(sealed, key=key) if sealed else None
    return _enrolment(person, service, secret) if secret else None


def confirm(
    connection: Connection, *, person: Person, code: str, key: str, now: datetime
) -> list[str] | None:
    """Make the second factor count, if this is a code of it: the recovery codes, told this once. None otherwise."""
    assert person.id is not None
    mine = SecondFactor.user_id == person.id
    sealed = connection.scalar(
        select(SecondFactor.sealed_secret).where(mine, SecondFactor.confirmed_at.is_(None))
    )
    if sealed is None or not _take_code(connection, person.id, code, key=key, now=now):
        return None
    connection.execute(update(SecondFactor).where(mine).values(confirmed_at=now))
    return new_recovery_codes(connection, user_id=person.id)


def new_recovery_codes(connection: Connection, *, user_id: int) -> list[str]:
    """Fresh codes, told this once; those before them end."""
    codes = [_new_code() for _ in range(RECOVERY_CODES)]
    connection.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    connection.execute(
        insert(RecoveryCode), [{"user_id": user_id, "code_hash": _hashed(code)} for code in codes]
    )
    return codes


def remove_app(connection: Connection, *, user_id: int) -> None:
    """Take the app away; the recovery codes too when no passkey is left for them to stand in for."""
    connection.execute(delete(SecondFactor).where(SecondFactor.user_id == user_id))
    drop_needless_codes(connection, user_id=user_id)


def drop_needless_codes(connection: Connection, *, user_id: int) -> None:
    """Recovery codes stand in for an app or a passkey: without either they end."""
    if not standing(connection, user_id=user_id).asks:
        connection.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))


def reset(connection: Connection, *, user_id: int) -> None:
    """Take app, passkeys and recovery codes away: an administrator does so when a telephone is lost."""
    remove_all(connection, user_id=user_id)
    remove_app(connection, user_id=user_id)


def try_code(
    connection: Connection, *, user_id: int, code: str, network: str, key: str, now: datetime
) -> CodeTried:
    """Take a code of the app or a recovery code, once. Counted in the database, as passwords are."""
    account = hashlib.sha256(f"second factor of {user_id}".encode()).hexdigest()
    barred = barred_until(connection, account, network[:64], now, everywhere=FAILURES_EVERYWHERE)
    if barred is not None:
        return CodeTried(False, barred)
    by_app = _take_code(connection, user_id, code, key=key, now=now)
    by_recovery = not by_app and _take_recovery_code(connection, user_id, code, now)
    count_attempt(connection, account, network[:64], now, by_app or by_recovery)
    return CodeTried(by_app or by_recovery, by_recovery_code=by_recovery)


def _take_code(connection: Connection, user_id: int, code: str, *, key: str, now: datetime) -> bool:
    row = connection.execute(
        select(SecondFactor.sealed_secret).where(SecondFactor.user_id == user_id)
    ).one_or_none()
    secret = unseal(row.sealed_secret, key=key) if row else None
    digits = "".join(code.split())
    if secret is None or not (digits.isascii() and digits.isdigit() and len(digits) == 6):
        return False
    current = int(now.timestamp()) // STEP
    matching = [
        current + drift
        for drift in DRIFT
        if hmac.compare_digest(pyotp.TOTP(secret).generate_otp(current + drift), digits)
    ]
    return any(_newer(connection, user_id, counter) for counter in matching)


def _newer(connection: Connection, user_id: int, counter: int) -> bool:
    """Whether no code of this time or later was taken before; notes that it is now. One statement: no race."""
    unused = (SecondFactor.user_id == user_id) & (SecondFactor.last_counter < counter)
    return connection.execute(update(SecondFactor).where(unused).values(last_counter=counter)).rowcount == 1


def _take_recovery_code(connection: Connection, user_id: int, code: str, now: datetime) -> bool:
    unused = (RecoveryCode.user_id == user_id) & RecoveryCode.used_at.is_(None)
    mine = update(RecoveryCode).where(unused, RecoveryCode.code_hash == _hashed(code))
    return connection.execute(mine.values(used_at=now)).rowcount == 1


def _enrolment(person: Person, service: str, secret: str) -> Enrolment:
    address = pyotp.TOTP(secret).provisioning_uri(name=person.email, issuer_name=service)
    return Enrolment(secret, address)


def _new_code() -> str:
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(GROUP)) for _ in range(GROUPS))


def _hashed(code: str) -> str:
    # 79 random bits: nothing can be guessed, so that a plain hash is enough.
    letters = "".join(letter for letter in code.lower()[:100] if letter in LETTERS)
    return hashlib.sha256(letters.encode()).hexdigest()
