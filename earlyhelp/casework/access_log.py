"""The log of who opened what, held to what it was: sealed batch by batch, each seal following from the one before."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, insert, select, text

from earlyhelp.casework.history import FIRST_HASH, canonical_moment
from earlyhelp.records.access_seals import AccessSeal, ErasedEntry
from earlyhelp.records.database import is_postgresql
from earlyhelp.records.organisation import User
from earlyhelp.records.reference import AccessEntry

AT_ONCE = 1_000
SETTLED_AFTER = timedelta(minutes=5)
"""How long before anything still being written an entry must have been made: ids are given out before the commit, so
that a later id may be there and an earlier one not yet. Longer than clocks differ and a request takes."""
_OLDEST_OTHER_WRITER = text(
    "SELECT min(xact_start) FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND datname = current_database()"
    " AND pid <> pg_backend_pid()"
)


class AccessHead(NamedTuple):
    """Where the seals ended: the last one's number, the last entry in it, its hash."""

    seals: int
    last_entry: int
    hash: str


class BrokenEntry(NamedTuple):
    """The first place where the access log is not what was sealed; `entry` 0 where it is a seal itself."""

    entry: int
    problem: str

    @property
    def words(self) -> str:
        return (
            f"access log: entry {self.entry}: {self.problem}" if self.entry else f"access log: {self.problem}"
        )


def seal_batch(connection: Connection, *, now: datetime) -> AccessHead | None:
    """Seal the next entries that have settled; returns where the seals end then, or None where there were none."""
    head = access_head(connection)
    settled = select(func.max(AccessEntry.id)).where(
        AccessEntry.at < _being_written(connection, now) - SETTLED_AFTER
    )
    last = connection.scalar(settled) or 0
    rows = connection.execute(
        _ENTRIES.where(AccessEntry.id > head.last_entry, AccessEntry.id <= last)
        .order_by(AccessEntry.id)
        .limit(AT_ONCE)
    ).all()
    if not rows:
        return None
    digests = "".join(f"{row.id} {_digest(row)}\n" for row in rows)
    seal = {
        "number": head.seals + 1,
        "last_entry": rows[-1].id,
        "digests": digests,
        "previous_hash": head.hash,
    }
    sealed = AccessHead(head.seals + 1, rows[-1].id, _hashed(seal))
    connection.execute(insert(AccessSeal).values(**seal, sealed_at=now, hash=sealed.hash))
    return sealed


def _being_written(connection: Connection, now: datetime) -> datetime:
    """Since when somebody may be writing entries that we do not see yet. SQLite has one writer at a time: ourselves."""
    oldest = connection.scalar(_OLDEST_OTHER_WRITER) if is_postgresql(connection) else None
    return min(now, oldest) if oldest else now


def access_head(connection: Connection) -> AccessHead:
    """Where the seals end now."""
    last = connection.execute(
        select(AccessSeal.number, AccessSeal.last_entry, AccessSeal.hash)
        .order_by(AccessSeal.number.desc())
        .limit(1)
    ).one_or_none()
    return AccessHead(*last) if last else AccessHead(0, 0, FIRST_HASH)


def not_sealed_yet(connection: Connection) -> int:
    """How many entries came after the last seal, and are vouched for by nothing."""
    after = AccessEntry.id > access_head(connection).last_entry
    return connection.scalar(select(func.count(AccessEntry.id)).where(after)) or 0


def first_broken_entry(connection: Connection) -> BrokenEntry | None:
    """The first entry that was changed, deleted or slipped in after it was sealed, or None.

    Entries behind the last seal are vouched for by nothing yet; that seals were cut off, only a checkpoint tells.
    """
    before = AccessHead(0, 0, FIRST_HASH)
    for seal in _seals(connection):
        if (seal.number, seal.previous_hash) != (before.seals + 1, before.hash) or _hashed(
            seal._mapping
        ) != seal.hash:
            return BrokenEntry(0, f"seal {seal.number} was changed, or one before it was taken away")
        broken = _compared(connection, seal, before.last_entry)
        if broken is not None:
            return broken
        before = AccessHead(seal.number, seal.last_entry, seal.hash)
    return None


def is_sealed_as(connection: Connection, digest: str) -> bool:
    """Whether some seal has this hash, as the worker wrote it into its log."""
    return connection.scalar(select(AccessSeal.id).where(AccessSeal.hash == digest)) is not None


def seal_is_gone(connection: Connection, head: AccessHead) -> BrokenEntry | None:
    """Whether the seals go on from what a checkpoint knew of them."""
    found = connection.scalar(select(AccessSeal.hash).where(AccessSeal.number == head.seals))
    if not head.seals or found == head.hash:
        return None
    what = "is gone" if found is None else "is not the one that was there"
    return BrokenEntry(0, f"seal {head.seals} over the entries up to {head.last_entry} {what}")


def _seals(connection: Connection) -> Iterator[Any]:
    numbers = connection.scalars(select(AccessSeal.id).order_by(AccessSeal.number)).all()
    for seal_id in numbers:
        yield connection.execute(select(AccessSeal).where(AccessSeal.id == seal_id)).one()


def _compared(connection: Connection, seal: Any, after: int) -> BrokenEntry | None:
    sealed = dict(line.split(" ") for line in seal.digests.splitlines())
    known = {int(entry): digest for entry, digest in sealed.items()}
    within = (AccessEntry.id > after, AccessEntry.id <= seal.last_entry)
    rows = {row.id: row for row in connection.execute(_ENTRIES.where(*within))}
    gone = sorted(known.keys() - rows.keys())
    erased = frozenset(_erased(connection, gone) if gone else ())
    for entry in sorted(known.keys() | rows.keys()):
        row = rows.get(entry)
        if row is None and entry not in erased:
            return BrokenEntry(entry, f"was deleted after seal {seal.number} of {seal.sealed_at:%Y-%m-%d}")
        if row is not None and known.get(entry) != _digest(row):
            what = "was changed" if entry in known else "was put in"
            opened = f"{what} after it was sealed; it says that {row.email} opened something at {row.at:%Y-%m-%d %H:%M}"
            return BrokenEntry(entry, opened)
    return None


def _erased(connection: Connection, entries: Sequence[int]) -> Sequence[int]:
    """Those of these entries that a retention run deleted."""
    return connection.scalars(select(ErasedEntry.id).where(ErasedEntry.id.in_(entries))).all()


_ENTRIES = select(
    AccessEntry.id,
    AccessEntry.at,
    AccessEntry.user_id,
    AccessEntry.case_id,
    AccessEntry.person_id,
    AccessEntry.what,
    AccessEntry.reason,
    User.email,
).join(User, User.id == AccessEntry.user_id)


def _digest(row: Any) -> str:
    """Over ids, not the e-mail address: that may change with a marriage."""
    content = [
        row.id,
        canonical_moment(row.at),
        row.user_id,
        row.case_id,
        row.person_id,
        row.what,
        row.reason,
    ]
    return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()


def _hashed(seal: Mapping[str, Any]) -> str:
    content = [seal[name] for name in ("number", "last_entry", "digests", "previous_hash")]
    return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()
