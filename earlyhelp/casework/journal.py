"""The journal of a case: what changed beside its pathway, append-only and hash-chained like its history."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from earlyhelp.casework.history import FIRST_HASH, BrokenLink, canonical_moment
from earlyhelp.permissions import Person
from earlyhelp.records.journal import JournalEntry


def write_journal(
    connection: Connection,
    *,
    case_id: int,
    what: str,
    subject: str,
    subject_id: int,
    content: Mapping[str, Any],
    person: Person,
    now: datetime,
) -> None:
    """Add one entry. The caller holds the case's lock (`case_to_change`), so that no two take the same place."""
    last = connection.execute(
        select(JournalEntry.sequence, JournalEntry.hash)
        .where(JournalEntry.case_id == case_id)
        .order_by(JournalEntry.sequence.desc())
        .limit(1)
    ).one_or_none()
    entry: dict[str, Any] = {
        "case_id": case_id,
        "sequence": last.sequence + 1 if last else 1,
        "what": what,
        "subject": subject,
        "subject_id": subject_id,
        "content": dict(content),
        "recorded_at": now,
        "actor": person.email,
    }
    previous = last.hash if last else FIRST_HASH
    connection.execute(
        insert(JournalEntry).values(
            **entry, actor_id=person.id, previous_hash=previous, hash=_hashed(entry, previous)
        )
    )


def first_broken_entry(connection: Connection, *, reference: str, case_id: int) -> BrokenLink | None:
    """The first place where a case's journal does not agree with itself, or None.

    Unlike an event, the last entry of a journal is vouched for by nothing after it: a cut-off end does not show.
    """
    previous = FIRST_HASH
    entries = connection.execute(
        select(JournalEntry).where(JournalEntry.case_id == case_id).order_by(JournalEntry.sequence)
    )
    for sequence, row in enumerate(entries, start=1):
        if row.sequence != sequence or row.previous_hash != previous:
            return BrokenLink(reference, sequence, "the journal's entry is missing or out of place")
        if _hashed(_as_written(row), previous) != row.hash:
            return BrokenLink(reference, sequence, "the journal's entry was changed after it was written")
        previous = row.hash
    return None


def _as_written(row: Any) -> dict[str, Any]:
    names = ("case_id", "sequence", "what", "subject", "subject_id", "content", "recorded_at", "actor")
    return {name: getattr(row, name) for name in names}


def _hashed(entry: Mapping[str, Any], previous_hash: str) -> str:
    content = {**entry, "recorded_at": canonical_moment(entry["recorded_at"]), "previous": previous_hash}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
