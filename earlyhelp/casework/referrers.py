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
    agency_key, name_key = _key(referrer)
    if not agency_key or not name_key:
        return
    told = _told(referrer, now)
    remember = _remember(tuple(told), is_postgresql(connection))
    writer.execute(remember, {"agency_key": agency_key, "name_key": name_key, **told})


class ReferrersOfList:
    """The referrers of many contacts: remembered as one after the other, each written once."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, str], dict[str, Any]] = {}

    def add(self, referrer: Referrer, *, now: datetime) -> None:
        if all(key := _key(referrer)):
            self._told.setdefault(key, {}).update(_told(referrer, now))

    def write(self, connection: Connection) -> None:
        alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for (agency_key, name_key), told in self._told.items():
            row = {"agency_key": agency_key, "name_key": name_key, **told}
            alike.setdefault(tuple(told), []).append(row)
        for columns, rows in alike.items():
            connection.execute(_remember(columns, is_postgresql(connection)), rows)
        self._told.clear()


def _key(referrer: Referrer) -> tuple[str, str]:
    return search_name("", referrer.organisation), search_name("", referrer.name)


def _told(referrer: Referrer, now: datetime) -> dict[str, Any]:
    told = {"agency": referrer.organisation, "name": referrer.name, "last_at": now}
    return told | {
        key: value for key, value in (("email", referrer.email), ("phone", referrer.phone)) if value
    }


@cache
def _remember(told: tuple[str, ...], on_postgresql: bool) -> Any:
    keeping = (postgresql if on_postgresql else sqlite).insert(KnownReferrer)
    return keeping.on_conflict_do_update(
        index_elements=[KnownReferrer.agency_key, KnownReferrer.name_key],
        set_={name: keeping.excluded[name] for name in told},
    )
