"""Checkpoints: what the end of every chain was on a day, signed, each following from the one before.

A chain proves that its links agree. It cannot prove that nothing was cut off its end, or that nobody wrote it anew
from some link on: who may write to the database may do both. A checkpoint lies outside the database (docs/decisions/
0015-signed-checkpoints.md) and is signed by a key that is not in it.
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Connection, and_, func, select

from earlyhelp.casework.access_log import AccessHead, access_head
from earlyhelp.casework.history import FIRST_HASH, canonical_moment
from earlyhelp.records.cases import Case
from earlyhelp.records.journal import JournalEntry

PURPOSE = b"earlyhelp: signature of checkpoints"


class NotToBeTrusted(Exception):
    """The checkpoints themselves do not hold; the words name the first that does not."""


class Head(NamedTuple):
    """Where the two chains of one case ended: its history and its journal."""

    reference: str
    events: int
    hash: str
    entries: int
    journal_hash: str


@dataclass(frozen=True)
class Checkpoint:
    """One line of the file. `heads` are those that moved since the line before; `cases` counts all."""

    number: int
    at: str
    previous: str
    cases: int
    heads: Sequence[Head]
    access: AccessHead
    restored: str
    """Empty, or the moment to which the database was brought back just before: what was known later is not in it."""
    signed_by: str
    signature: str

    @property
    def line(self) -> str:
        return json.dumps({**self._signed(), "signature": self.signature}, separators=(",", ":"))

    @property
    def digest(self) -> str:
        """What the next checkpoint names, and what is sent away to be kept elsewhere."""
        return hashlib.sha256(self.line.encode()).hexdigest()

    def _signed(self) -> dict[str, Any]:
        heads = [list(head) for head in self.heads]
        access = list(self.access)
        return {**self.__dict__, "heads": heads, "access": access, "signature": None}

    @property
    def content(self) -> bytes:
        return json.dumps(self._signed(), separators=(",", ":")).encode()


def signing_key(secret_key: str) -> Ed25519PrivateKey:
    """The installation's key for checkpoints, made from its secret key."""
    derived = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=PURPOSE).derive(secret_key.encode())
    return Ed25519PrivateKey.from_private_bytes(derived)


def public_key(secret_key: str) -> str:
    """What proves the signatures, and may be known to everybody: 64 hexadecimal digits."""
    return signing_key(secret_key).public_key().public_bytes_raw().hex()


def next_checkpoint(
    connection: Connection,
    *,
    earlier: Sequence[Checkpoint],
    secret_key: str,
    now: datetime,
    restored_to: datetime | None = None,
) -> Checkpoint:
    """The checkpoint of this moment, after those that there are.

    With `restored_to` it says that the database was brought back as it stood then.
    """
    restored = canonical_moment(restored_to) if restored_to else ""
    known = {head.reference: head for one in _until(restored, in_force(earlier)) for head in one.heads}
    heads = list(_heads(connection))
    unsigned = Checkpoint(
        number=len(earlier) + 1,
        at=canonical_moment(now),
        previous=earlier[-1].digest if earlier else FIRST_HASH,
        cases=len(heads),
        heads=[head for head in heads if known.get(head.reference) != head],
        access=access_head(connection),
        restored=restored,
        signed_by=public_key(secret_key),
        signature="",
    )
    signature = signing_key(secret_key).sign(unsigned.content).hex()
    return Checkpoint(**{**unsigned.__dict__, "signature": signature})


def read_lines(lines: Sequence[str]) -> list[Checkpoint]:
    """The checkpoints of a file, each following from the one before and signed by the key that it names.

    NotToBeTrusted otherwise. Whose key it is, is the reader's to judge (`refuse_strangers`).
    """
    read: list[Checkpoint] = []
    for number, line in enumerate(lines, start=1):
        one = _parsed(line, number)
        previous = read[-1].digest if read else FIRST_HASH
        if (one.number, one.previous, one.line) != (number, previous, line) or not _signature_holds(one):
            raise NotToBeTrusted(f"checkpoint {number} was changed, or one before it was taken away")
        read.append(one)
    return read


def refuse_strangers(checkpoints: Sequence[Checkpoint], *, trusted: Collection[str]) -> None:
    """NotToBeTrusted when somebody else's key signed any."""
    for one in checkpoints:
        if one.signed_by not in trusted:
            raise NotToBeTrusted(f"checkpoint {one.number} was signed by a key that is not trusted")


def in_force(checkpoints: Sequence[Checkpoint]) -> list[Checkpoint]:
    """Those that the database must still hold to: after it was brought back, none made after that moment."""
    held: list[Checkpoint] = []
    for one in checkpoints:
        held = [*_until(one.restored, held), one]
    return held


def _until(restored: str, checkpoints: Sequence[Checkpoint]) -> Sequence[Checkpoint]:
    return [one for one in checkpoints if one.at <= restored] if restored else checkpoints


def _heads(connection: Connection) -> Iterator[Head]:
    last = (
        select(JournalEntry.case_id, func.max(JournalEntry.sequence).label("entries"))
        .group_by(JournalEntry.case_id)
        .subquery()
    )
    ends = and_(JournalEntry.case_id == last.c.case_id, JournalEntry.sequence == last.c.entries)
    rows = connection.execute(
        select(Case.reference, Case.version, Case.last_hash, JournalEntry.sequence, JournalEntry.hash)
        .outerjoin(last, last.c.case_id == Case.id)
        .outerjoin(JournalEntry, ends)
        .order_by(Case.id)
    )
    for reference, version, link, entries, journal_hash in rows:
        yield Head(reference, version, link, entries or 0, journal_hash or "")


def _parsed(line: str, number: int) -> Checkpoint:
    try:
        told = json.loads(line)
        heads = [Head(*head) for head in told["heads"]]
        return Checkpoint(**{**told, "heads": heads, "access": AccessHead(*told["access"])})
    except (ValueError, TypeError, KeyError, RecursionError):
        raise NotToBeTrusted(f"checkpoint {number} cannot be read") from None


def _signature_holds(one: Checkpoint) -> bool:
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(one.signed_by))
        key.verify(bytes.fromhex(one.signature), one.content)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True
