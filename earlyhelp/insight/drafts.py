"""Contacts that somebody has begun, and people who told us before."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from earlyhelp.records.drafts import ContactDraft, KnownReferrer
from earlyhelp.records.names import search_name
from earlyhelp.records.organisation import Agency

MOST = 20
MOST_AGENCIES = 300


def drafts_of(connection: Connection, *, owner_id: int, since: datetime) -> Sequence[Any]:
    """What this person has begun and not sent, last touched first."""
    return connection.execute(
        select(ContactDraft)
        .where(ContactDraft.owner_id == owner_id, ContactDraft.saved_at >= since)
        .order_by(ContactDraft.saved_at.desc(), ContactDraft.id.desc())
        .limit(MOST)
    ).all()


def draft_fields(
    connection: Connection, *, owner_id: int, key: str, action: str, since: datetime
) -> dict[str, list[str]] | None:
    """The fields of one draft of this person; None when there is none of that key."""
    content = connection.scalar(
        select(ContactDraft.content).where(
            ContactDraft.key == key,
            ContactDraft.owner_id == owner_id,
            ContactDraft.action == action,
            ContactDraft.saved_at >= since,
        )
    )
    return None if content is None else fields_in(content)


def fields_in(content: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads(content)
    return found


def agencies_known(connection: Connection) -> list[str]:
    """Names of agencies to choose from: our own list, and those that told us lately."""
    lately = (
        select(KnownReferrer.agency).order_by(KnownReferrer.last_at.desc()).limit(MOST_AGENCIES).subquery()
    )
    ours = select(Agency.name).order_by(Agency.name).limit(MOST_AGENCIES)
    names = [*connection.scalars(ours), *connection.scalars(select(lately.c.agency).distinct())]
    return sorted({search_name("", name): name for name in reversed(names)}.values(), key=str.casefold)


def referrers_of(connection: Connection, *, agency: str) -> Sequence[Any]:
    """People of this agency who told us before, latest first."""
    return connection.execute(
        select(KnownReferrer)
        .where(KnownReferrer.agency_key == search_name("", agency))
        .order_by(KnownReferrer.last_at.desc(), KnownReferrer.id)
        .limit(MOST)
    ).all()
