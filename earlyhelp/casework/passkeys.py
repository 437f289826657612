"""Passkeys (WebAuthn): a key in somebody's device, which opens it by their finger, face or PIN. Two factors in one."""

import struct
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, Row, delete, func, insert, or_, select, update

from earlyhelp.casework.accounts import NAME
from earlyhelp.on_demand import OnDemand
from earlyhelp.permissions import Person, load_person
from earlyhelp.records.sign_in import Passkey

if TYPE_CHECKING:
    import webauthn
    import webauthn.helpers.exceptions as webauthn_exceptions
    import webauthn.helpers.structs as webauthn_structs
    import webauthn.registration.verify_registration_response as webauthn_registration
else:
    webauthn = OnDemand("webauthn")
    webauthn_exceptions = OnDemand("webauthn.helpers.exceptions")
    webauthn_structs = OnDemand("webauthn.helpers.structs")

MOST_EACH = 10
LONGEST_ANSWER, LONGEST_ID, LONGEST_KEY, LONGEST_NAME = 20_000, 1400, 4000, 100
NOT_A_PASSKEY = "The passkey could not be made. Try again"


class RelyingParty(NamedTuple):
    """This service, as browsers check it: a passkey answers under this address and no other."""

    host: str
    origin: str
    name: str


class Asked(NamedTuple):
    """What a browser is asked (JSON), and the challenge that its answer must be over."""

    options: str
    challenge: bytes


class PasskeyRefused(Exception):
    """No passkey was added; the words say why."""


def ask_to_add(connection: Connection, *, person: Person, party: RelyingParty) -> Asked:
    """A passkey that the device keeps with its owner's name, and gives only to who proves to be the owner."""
    structs = webauthn_structs
    options = webauthn.generate_registration_options(
        rp_id=party.host,
        rp_name=party.name,
        user_id=f"earlyhelp:{person.id}".encode(),
        user_name=person.email,
        user_display_name=person.name,
        exclude_credentials=[
            structs.PublicKeyCredentialDescriptor(webauthn.base64url_to_bytes(row.credential))
            for row in passkeys_of(connection, user_id=_id(person))
        ],
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        ),
    )
    return Asked(webauthn.options_to_json(options), options.challenge)


def add(
    connection: Connection,
    *,
    person: Person,
    name: str,
    answer: str,
    challenge: bytes,
    party: RelyingParty,
    now: datetime,
) -> None:
    """Keep the public half of what the device made for this challenge. Raises PasskeyRefused."""
    called = checked_name(name)
    made = _made(answer, challenge, party)
    credential = _text(made.credential_id)
    key = _text(made.credential_public_key)
    if how_many(connection, user_id=_id(person)) >= MOST_EACH:
        raise PasskeyRefused(f"You have {MOST_EACH} passkeys. Remove one that you no longer use")
    taken = connection.scalar(select(Passkey.id).where(Passkey.credential == credential))
    if taken is not None or len(credential) > LONGEST_ID or len(key) > LONGEST_KEY:
        raise PasskeyRefused(NOT_A_PASSKEY)
    connection.execute(
        insert(Passkey).values(
            user_id=_id(person),
            credential=credential,
            public_key=key,
            sign_count=made.sign_count,
            backed_up=made.credential_backed_up,
            name=called,
            created_at=now,
        )
    )


def checked_name(name: str) -> str:
    """What the owner calls a passkey, or PasskeyRefused."""
    called = name.strip()
    if len(called) > LONGEST_NAME or not NAME.match(called):
        raise PasskeyRefused(f"Give the passkey a name of 1 to {LONGEST_NAME} characters")
    return called


def ask_to_sign_in(party: RelyingParty) -> Asked:
    """Any passkey of this service: the device knows whose it is, and the page names nobody."""
    options = webauthn.generate_authentication_options(
        rp_id=party.host, user_verification=webauthn_structs.UserVerificationRequirement.REQUIRED
    )
    return Asked(webauthn.options_to_json(options), options.challenge)


def sign_in(
    connection: Connection,
    *,
    answer: str,
    challenge: bytes,
    asked_at: datetime,
    party: RelyingParty,
    now: datetime,
) -> Person | None:
    """Whose passkey signed this challenge; None for an unknown passkey, a wrong answer and one given before alike."""
    try:
        given = webauthn.helpers.parse_authentication_credential_json(answer[:LONGEST_ANSWER])
        held = connection.execute(
            select(Passkey).where(Passkey.credential == _text(given.raw_id))
        ).one_or_none()
        if held is None:
            return None
        verified = webauthn.verify_authentication_response(
            credential=given,
            expected_challenge=challenge,
            expected_rp_id=party.host,
            expected_origin=party.origin,
            credential_public_key=webauthn.base64url_to_bytes(held.public_key),
            credential_current_sign_count=held.sign_count,
            require_user_verification=True,
        )
    except _faults():
        return None
    if not _first_use(connection, held.id, asked_at, verified.new_sign_count, now):
        return None
    return load_person(connection, user_id=held.user_id, now=now)


def passkeys_of(connection: Connection, *, user_id: int) -> list[Row[tuple[Passkey]]]:
    """A person's passkeys, oldest first."""
    statement = select(*Passkey.__table__.columns).where(Passkey.user_id == user_id)
    return list(connection.execute(statement.order_by(Passkey.id)).all())


def how_many(connection: Connection, *, user_id: int) -> int:
    return int(connection.scalar(select(func.count(Passkey.id)).where(Passkey.user_id == user_id)) or 0)


def remove(connection: Connection, *, user_id: int, passkey_id: int) -> bool:
    """Take one passkey of this person away; False when they have none of this id."""
    theirs = (Passkey.id == passkey_id) & (Passkey.user_id == user_id)
    return connection.execute(delete(Passkey).where(theirs)).rowcount == 1


def remove_all(connection: Connection, *, user_id: int) -> None:
    connection.execute(delete(Passkey).where(Passkey.user_id == user_id))


def _made(answer: str, challenge: bytes, party: RelyingParty) -> "webauthn_registration.VerifiedRegistration":
    try:
        return webauthn.verify_registration_response(
            credential=answer[:LONGEST_ANSWER],
            expected_challenge=challenge,
            expected_rp_id=party.host,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except _faults():
        raise PasskeyRefused(NOT_A_PASSKEY) from None


def _first_use(
    connection: Connection, passkey_id: int, asked_at: datetime, count: int, now: datetime
) -> bool:
    """Whether nothing asked at that time or later was answered before; notes that it is now. One statement: no race.

    Devices that copy their keys count nothing, so that the counter alone would let an answer in twice.
    """
    unused = or_(Passkey.last_used_at.is_(None), Passkey.last_used_at < asked_at)
    changed = (
        update(Passkey).where(Passkey.id == passkey_id, unused).values(last_used_at=now, sign_count=count)
    )
    return connection.execute(changed).rowcount == 1


def _faults() -> tuple[type[Exception], ...]:
    """All that hostile bytes may run into while they are read: JSON, base64, CBOR, keys, signatures."""
    read = (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError, struct.error)
    return (webauthn_exceptions.WebAuthnException, *read)


def _text(raw: bytes) -> str:
    return webauthn.helpers.bytes_to_base64url(raw)


def _id(person: Person) -> int:
    assert person.id is not None
    return person.id
