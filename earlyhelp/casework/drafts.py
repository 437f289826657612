"""Drafts of contacts: saved as they are typed, gone when they are sent, discarded or forgotten.

A draft is nobody's record yet: it has no reference, no clock and no history, and only its owner sees it. One that
was not touched for seven days is deleted: what matters must be recorded, not kept in a drawer.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete

from earlyhelp.pathway.facts import Refused
from earlyhelp.records.drafts import ContactDraft
from earlyhelp.records.upserting import upsert

KEPT_FOR = timedelta(days=7)
LONGEST = 400_000
"""Letters of one draft: more than any form that can be sent holds."""
KEY_LENGTHS = range(16, 41)


class DraftRefused(Refused):
    """This cannot be kept as a draft."""


def save_draft(
    connection: Connection,
    *,
    owner_id: int,
    key: str,
    action: str,
    fields: Mapping[str, Sequence[str]],
    now: datetime,
) -> None:
    """Keep what was typed under this key, in place of what was there. Somebody else's draft stays theirs."""
    content = json.dumps({name: list(values) for name, values in fields.items()})
    if len(content) > LONGEST:
        raise DraftRefused("This is too long to be kept as a draft")
    if len(key) not in KEY_LENGTHS or not key.isascii():
        raise DraftRefused("There is no such draft")
    forget_old_drafts(connection, now=now)
    saved = {"content": content, "saved_at": now}
    connection.execute(
        upsert(connection, ContactDraft)
        .values(key=key, owner_id=owner_id, action=action, created_at=now, **saved)
        .on_conflict_do_update(
            index_elements=[ContactDraft.key],
            set_=saved,
            where=(ContactDraft.owner_id == owner_id) & (ContactDraft.action == action),
        )
    )


def discard_draft(connection: Connection, *, owner_id: int, key: str) -> None:
    """Throw a draft of this person away, if it is still there."""
    connection.execute(delete(ContactDraft).where(ContactDraft.key == key, ContactDraft.owner_id == owner_id))


def forget_old_drafts(connection: Connection, *, now: datetime) -> None:
    """Delete what nobody has touched for seven days."""
    connection.execute(delete(ContactDraft).where(ContactDraft.saved_at < now - KEPT_FOR))
