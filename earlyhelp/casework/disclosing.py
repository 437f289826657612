"""Writing down that somebody's data were disclosed: the pack itself is never kept."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, insert

from earlyhelp.permissions import Person as User
from earlyhelp.records.disclosures import Disclosure
from earlyhelp.records.reference import AccessEntry

WHAT = "disclosure"


def note_disclosure(
    connection: Connection,
    *,
    person_id: int,
    case_ids: Sequence[int],
    data: bytes,
    by: str,
    user: User | None,
    reason: str,
    now: datetime,
) -> None:
    """Keep who made a pack of one person's data, when and why. With an account, each record that it read counts as
    opened by it, so that auditors find it beside what was opened on pages."""
    connection.execute(
        insert(Disclosure).values(
            person_id=person_id,
            at=now,
            by_id=user.id if user else None,
            by=by,
            reason=reason,
            cases=len(case_ids),
            digest=hashlib.sha256(data).hexdigest(),
        )
    )
    if user is None or user.id is None:
        return
    read = {"at": now, "user_id": user.id, "what": WHAT, "reason": reason[:300]}
    entries = [{**read, "person_id": person_id, "case_id": None}]
    entries += [{**read, "person_id": None, "case_id": case_id} for case_id in case_ids]
    connection.execute(insert(AccessEntry), entries)
