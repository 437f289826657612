"""Remembering who told us, by agency, so that nobody has to be typed twice."""

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from earlyhelp.casework.contacts import Referrer
from earlyhelp.records.database import is_postgresql
from earlyhelp.records.drafts import KnownReferrer
from earlyhelp.records.names import search_name


def remember_referrer(
    connection: Connection, writer: Connection, referrer: Referrer, *, now: datetime
) -> None:
    """Keep or refresh this person of this agency. What they did not say this time stays as it was known.

    A member of the public is not kept: only who tells us for an agency will tell us again.
    """
    agency_key, name_key = search_name("", referrer.organisation), search_name("", referrer.name)
    if not agency_key or not name_key:
        return
    told = {"agency": referrer.organisation, "name": referrer.name, "last_at": now}
    told |= {key: value for key, value in (("email", referrer.email), ("phone", referrer.phone)) if value}
    remember = _remember(tuple(told), is_postgresql(connection))
    writer.execute(remember, {"agency_key": agency_key, "name_key": name_key, **told})


@cache
def _remember(told: tuple[str, ...], on_postgresql: bool) -> Any:
    keeping = (postgresql if on_postgresql else sqlite).insert(KnownReferrer)
    return keeping.on_conflict_do_update(
        index_elements=[KnownReferrer.agency_key, KnownReferrer.name_key],
        set_={name: keeping.excluded[name] for name in told},
    )
