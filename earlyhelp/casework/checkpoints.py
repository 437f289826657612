"""Checkpoints: what the end of every chain was on a day, signed, each following from the one before.

A chain proves that its links agree. It cannot prove that nothing was cut off its end, or that nobody wrote it anew
from some link on: who may write to the database may do both. A checkpoint lies outside the database (docs/decisions/
0015-signed-checkpoints.md) and is signed by a key that is not in it.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Connection, and_, func, select

from earlyhelp.casework.history import FIRST_HASH, BrokenLink, canonical_moment
from earlyhelp.records.cases import Case, Event
from earlyhelp.records.journal import JournalEntry
from earlyhelp.records.retention import Tombstone

PURPOSE = b"earlyhelp: signature of checkpoints"
AT_ONCE = 500


class NotToBeTrusted(Exception):
    """The checkpoints themselves do not hold; the words name the first that does not."""


@dataclass(frozen=True)
class Head:
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
        heads = [list(head.__dict__.values()) for head in self.heads]
        return {**self.__dict__, "heads": heads, "signature": None}

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
    connection: Connection, *, earlier: Sequence[Checkpoint], secret_key: str, now: datetime
) -> Checkpoint:
    """The checkpoint of this moment, after those that there are."""
    known = {head.reference: head for one in earlier for head in one.heads}
    heads = list(_heads(connection))
    unsigned = Checkpoint(
        number=len(earlier) + 1,
        at=canonical_moment(now),
        previous=earlier[-1].digest if earlier else FIRST_HASH,
        cases=len(heads),
        heads=[head for head in heads if known.get(head.reference) != head],
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


def broken_since(connection: Connection, checkpoints: Sequence[Checkpoint]) -> Iterator[BrokenLink]:
    """The first place of each case where the database does not hold what a checkpoint knew."""
    known: dict[str, list[tuple[Checkpoint, Head]]] = defaultdict(list)
    for one in checkpoints:
        for head in one.heads:
            known[head.reference].append((one, head))
    everyone = list(known)
    for start in range(0, len(everyone), AT_ONCE):
        references = everyone[start : start + AT_ONCE]
        found = _chains(connection, references)
        ended = _ended(connection, [reference for reference in references if reference not in found])
        for reference in references:
            broken = (
                _compared(known[reference], *found[reference])
                if reference in found
                else _gone(known[reference], ended.get(reference))
            )
            if broken is not None:
                yield broken


Chain = Mapping[int, str]


def _compared(known: Sequence[tuple[Checkpoint, Head]], events: Chain, entries: Chain) -> BrokenLink | None:
    for one, head in known:
        broken = _missing(one, head, head.events, head.hash, events, "event") or _missing(
            one, head, head.entries, head.journal_hash, entries, "journal's entry"
        )
        if broken is not None:
            return broken
    return None


def _missing(one: Checkpoint, head: Head, last: int, link: str, chain: Chain, what: str) -> BrokenLink | None:
    if not last or chain.get(last) == link:
        return None
    known = f"checkpoint {one.number} of {one.at[:10]} knew {last}"
    lost = next((sequence for sequence in range(1, last + 1) if sequence not in chain), None)
    if lost is not None:
        return BrokenLink(head.reference, lost, f"this {what} is gone: {known}")
    return BrokenLink(head.reference, last, f"is not the {what} that was there: {known}, ending otherwise")


def _gone(known: Sequence[tuple[Checkpoint, Head]], ended: tuple[int, str] | None) -> BrokenLink | None:
    one, head = known[-1]
    if ended is not None and (ended[0] > head.events or ended == (head.events, head.hash)):
        return None  # deleted by a retention run, which left a tombstone of the whole of it
    return BrokenLink(
        head.reference,
        1,
        f"the whole case is gone: checkpoint {one.number} of {one.at[:10]} knew {head.events} events of it",
    )


def _chains(connection: Connection, references: Sequence[str]) -> Mapping[str, tuple[Chain, Chain]]:
    cases = connection.execute(select(Case.id, Case.reference).where(Case.reference.in_(references))).all()
    chains: dict[int, tuple[dict[int, str], dict[int, str]]] = {case.id: ({}, {}) for case in cases}
    events = select(Event.case_id, Event.sequence, Event.hash)
    entries = select(JournalEntry.case_id, JournalEntry.sequence, JournalEntry.hash)
    for case_id, sequence, link in connection.execute(events.where(Event.case_id.in_(chains))):
        chains[case_id][0][sequence] = link
    for case_id, sequence, link in connection.execute(entries.where(JournalEntry.case_id.in_(chains))):
        chains[case_id][1][sequence] = link
    return {case.reference: chains[case.id] for case in cases}


def _ended(connection: Connection, references: Sequence[str]) -> Mapping[str, tuple[int, str]]:
    stones = select(Tombstone.reference, Tombstone.events, Tombstone.last_hash)
    rows = connection.execute(stones.where(Tombstone.reference.in_(references)))
    return {row.reference: (row.events, row.last_hash) for row in rows}


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
        return Checkpoint(**{**told, "heads": [Head(*head) for head in told["heads"]]})
    except (ValueError, TypeError, KeyError, RecursionError):
        raise NotToBeTrusted(f"checkpoint {number} cannot be read") from None


def _signature_holds(one: Checkpoint) -> bool:
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(one.signed_by))
        key.verify(bytes.fromhex(one.signature), one.content)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True
