"""How often a network may use what anybody may use, counted in the database so that all web processes share it."""

import hashlib
import hmac
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

from sqlalchemy import Connection, delete

from earlyhelp.records.public import PublicCount
from earlyhelp.records.upserting import upsert

WINDOW = timedelta(hours=1)
KEPT_FOR = timedelta(days=1)
ONE_HOME = 64
"""Bits of an address of version 6 that one subscriber has: they can change the rest as they like."""


def network_key(address: str, secret: str) -> str:
    """How a network is kept: a keyed digest, because an address is somebody's."""
    return hmac.new(secret.encode(), _network(address).encode(), hashlib.sha256).hexdigest()


def count_once(
    connection: Connection, *, what: str, network: str, most: int, now: datetime
) -> datetime | None:
    """Count one more try in this hour; the moment from which to try again if that was one too many."""
    seconds = int(WINDOW.total_seconds())
    starts = now - timedelta(seconds=int(now.timestamp()) % seconds, microseconds=now.microsecond)
    values = {"what": what, "network": network, "window_starts_at": starts, "times": 1}
    statement = upsert(connection, PublicCount).values(values)
    counted = connection.scalar(
        statement.on_conflict_do_update(
            index_elements=["what", "network", "window_starts_at"], set_={"times": PublicCount.times + 1}
        ).returning(PublicCount.times)
    )
    assert counted is not None
    return starts + WINDOW if counted > most else None


def prune_counts(connection: Connection, *, now: datetime) -> None:
    """Forget counts that no limit looks at any more."""
    connection.execute(delete(PublicCount).where(PublicCount.window_starts_at < now - KEPT_FOR))


def _network(address: str) -> str:
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if found.version == 4:
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ip_network((found, ONE_HOME), strict=False))
