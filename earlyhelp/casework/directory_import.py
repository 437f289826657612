"""Importing a feed of services: first what would change, then all of it in one transaction, or nothing."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, insert, select, text, update

from earlyhelp.casework.directory import index_services, needs_in, sorted_and_searched
from earlyhelp.openreferral import Feed, FeedFault, FeedService
from earlyhelp.records.database import is_postgresql
from earlyhelp.records.directory import DirectoryImport
from earlyhelp.records.reference import Service

LOCK = 7_101_990
"""Names our advisory lock on PostgreSQL: two imports at once take turns."""
KEY = re.compile(r"^[a-z0-9][a-z0-9_-]{0,59}$")
MOST_FAULTS_KEPT = 2_000
WAITS_FOR = timedelta(days=1)
KEPT_FOR = timedelta(days=365)
FEW = 10
AT_ONCE = 500


class ImportRefused(Exception):
    """The import was not done; the words say why, and how it could be."""


class Changed(NamedTuple):
    """A service that the feed says otherwise than before, and which of its columns."""

    service: FeedService
    columns: tuple[str, ...]


@dataclass
class Plan:
    """What an import would do to the directory."""

    source: str
    added: list[FeedService] = field(default_factory=list)
    changed: list[Changed] = field(default_factory=list)
    returned: list[FeedService] = field(default_factory=list)
    withdrawn: list[tuple[int, str]] = field(default_factory=list)
    unchanged: int = 0
    offered_before: int = 0
    faults: list[FeedFault] = field(default_factory=list)
    whole: bool = True

    @property
    def skipped(self) -> int:
        return sum(fault.skipped for fault in self.faults)

    @property
    def changes(self) -> int:
        return len(self.added) + len(self.changed) + len(self.returned) + len(self.withdrawn)

    @property
    def withdraws_many(self) -> bool:
        """More than half of a source's services at once: more likely a fault of the feed than the truth."""
        return len(self.withdrawn) > max(FEW, self.offered_before // 2)

    def counts(self) -> dict[str, int]:
        names = ("added", "changed", "returned", "withdrawn")
        return {name: len(getattr(self, name)) for name in names} | {
            "unchanged": self.unchanged,
            "skipped": self.skipped,
        }


def plan_import(connection: Connection, feed: Feed, *, source: str) -> Plan:
    """What importing the feed would change now. Writes nothing."""
    known = {row.upstream_id: row for row in connection.execute(_known())}
    plan = Plan(source=source[:500], faults=list(feed.faults), whole=feed.whole)
    differing: list[FeedService] = []
    for service in feed.services:
        row = known.get(service.upstream_id)
        if row is None:
            plan.added.append(service)
        elif row.withdrawn_at is not None:
            plan.returned.append(service)
        elif row.digest == service.digest() and row.source == plan.source:
            plan.unchanged += 1
        else:
            differing.append(service)
    plan.changed = _told_apart(connection, differing)
    read = {service.upstream_id for service in feed.services}
    plan.unchanged += len(feed.present & known.keys() - read)
    offered = [row for row in known.values() if row.source == plan.source and row.withdrawn_at is None]
    plan.offered_before = len(offered)
    if feed.whole:
        plan.withdrawn = [(row.id, row.name) for row in offered if row.upstream_id not in feed.present]
    return plan


def import_feed(
    connection: Connection,
    feed: Feed,
    *,
    source: str,
    words: Mapping[str, Sequence[str]],
    by: str,
    now: datetime,
) -> Plan:
    """Do all that the feed changes, in the caller's transaction, and keep the report.

    Done again with the same feed, it changes no service.
    """
    if is_postgresql(connection):
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    plan = plan_import(connection, feed, source=source)
    _write(connection, plan, words, now)
    report = {**_report(plan), "status": "done", "read_at": now, "done_at": now, "done_by": by}
    connection.execute(insert(DirectoryImport).values(**report))
    return plan


def refuse_mass_withdrawal(plan: Plan) -> None:
    """Raise ImportRefused where nobody looks on and the feed has lost most of its services."""
    if plan.withdraws_many:
        raise ImportRefused(
            f"{len(plan.withdrawn)} of {plan.offered_before} services are no longer in the feed: "
            "somebody must look at it first"
        )


def keep_for_a_yes(connection: Connection, feed: Feed, *, source: str, now: datetime) -> int:
    """Keep what was read until somebody says yes to it; returns its id. What waited for a day is dropped."""
    waiting = DirectoryImport.status == "waiting"
    connection.execute(delete(DirectoryImport).where(waiting, DirectoryImport.read_at < now - WAITS_FOR))
    plan = plan_import(connection, feed, source=source)
    kept = {**_report(plan), "status": "waiting", "read_at": now, "content": feed.as_json()}
    row = connection.execute(insert(DirectoryImport).values(**kept).returning(DirectoryImport.id))
    return int(row.scalar_one())


def waiting_feed(connection: Connection, *, import_id: int) -> tuple[str, Feed] | None:
    """The source and the services of an import that still waits; None when there is none."""
    row = connection.execute(
        select(DirectoryImport.source, DirectoryImport.content).where(
            DirectoryImport.id == import_id, DirectoryImport.status == "waiting"
        )
    ).one_or_none()
    return (row.source, Feed.from_json(row.content)) if row is not None else None


def import_waiting(
    connection: Connection, *, import_id: int, words: Mapping[str, Sequence[str]], by: str, now: datetime
) -> Plan | None:
    """Do an import that waited; None when it waits no longer. Its report says what was really done."""
    if is_postgresql(connection):
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    found = waiting_feed(connection, import_id=import_id)
    if found is None:
        return None
    source, feed = found
    plan = plan_import(connection, feed, source=source)
    _write(connection, plan, words, now)
    done = {**_report(plan), "status": "done", "done_at": now, "done_by": by, "content": None}
    connection.execute(update(DirectoryImport).where(DirectoryImport.id == import_id).values(**done))
    return plan


def drop_waiting(connection: Connection, *, import_id: int) -> None:
    """Forget an import that nobody wants."""
    waiting = (DirectoryImport.id == import_id) & (DirectoryImport.status == "waiting")
    connection.execute(delete(DirectoryImport).where(waiting))


def note_refusal(connection: Connection, *, source: str, words: str, by: str, now: datetime) -> None:
    """Keep that a feed could not be imported, so that administrators see it."""
    values = {"source": source[:500], "status": "refused", "read_at": now, "done_at": now, "done_by": by}
    connection.execute(insert(DirectoryImport).values(**values, refusal=words[:500], faults=[]))


def prune_imports(connection: Connection, *, now: datetime) -> None:
    """Forget reports older than a year, and what waited for more than a day."""
    waiting, old = DirectoryImport.status == "waiting", DirectoryImport.read_at
    connection.execute(delete(DirectoryImport).where(waiting, old < now - WAITS_FOR))
    connection.execute(delete(DirectoryImport).where(old < now - KEPT_FOR))


def last_try(connection: Connection, *, source: str) -> datetime | None:
    """When this source was last imported or refused."""
    return connection.scalar(
        select(DirectoryImport.read_at)
        .where(DirectoryImport.source == source, DirectoryImport.status.in_(("done", "refused")))
        .order_by(DirectoryImport.read_at.desc())
        .limit(1)
    )


def known_modified(connection: Connection, *, source: str) -> dict[str, str]:
    """By id, when the services of a source were modified at their publisher, as it told us."""
    rows = connection.execute(
        select(Service.upstream_id, Service.upstream_modified).where(
            Service.source == source, Service.withdrawn_at.is_(None), Service.upstream_modified != ""
        )
    )
    return {row.upstream_id: row.upstream_modified for row in rows}


def _known() -> Any:
    columns = (
        Service.id,
        Service.upstream_id,
        Service.name,
        Service.digest,
        Service.source,
        Service.withdrawn_at,
    )
    return select(*columns).where(Service.upstream_id.is_not(None)).order_by(Service.id)


def _told_apart(connection: Connection, services: Sequence[FeedService]) -> list[Changed]:
    """Which columns differ, for the person who decides."""
    changed: list[Changed] = []
    for first in range(0, len(services), AT_ONCE):
        some = {service.upstream_id: service for service in services[first : first + AT_ONCE]}
        rows = connection.execute(select(Service).where(Service.upstream_id.in_(list(some))))
        for row in rows:
            said = _as_columns(some[row.upstream_id])
            columns = tuple(name for name, value in said.items() if getattr(row, name) != value)
            changed.append(Changed(some[row.upstream_id], columns))
    return changed


def _write(connection: Connection, plan: Plan, words: Mapping[str, Sequence[str]], now: datetime) -> None:
    new = [_values(service, plan.source, words, now) for service in plan.added]
    if new:
        connection.execute(insert(Service), new)
    touched = [*(one.service for one in plan.changed), *plan.returned]
    rows = [_values(service, plan.source, words, now) for service in touched]
    if rows:
        columns = [name for name in rows[0] if name not in {"key", "upstream_id"}]
        statement = (
            update(Service)
            .where(Service.upstream_id == bindparam("its_id"))
            .values({name: bindparam(f"new_{name}") for name in columns})
        )
        given = [
            {"its_id": row["upstream_id"], **{f"new_{name}": row[name] for name in columns}} for row in rows
        ]
        connection.execute(statement, given)
    ids = [service_id for service_id, _ in plan.withdrawn]
    for first in range(0, len(ids), AT_ONCE):
        some = ids[first : first + AT_ONCE]
        connection.execute(
            update(Service).where(Service.id.in_(some)).values(withdrawn_at=now, changed_at=now)
        )
    index_services(connection, [row["key"] for row in (*new, *rows)])


def _values(
    service: FeedService, source: str, words: Mapping[str, Sequence[str]], now: datetime
) -> dict[str, Any]:
    columns = _as_columns(service)
    return {
        **columns,
        **sorted_and_searched(columns),
        "key": key_of(service.upstream_id),
        "upstream_id": service.upstream_id,
        "needs": needs_in([*service.terms, service.name], words),
        "source": source,
        "digest": service.digest(),
        "upstream_modified": service.upstream_modified,
        "withdrawn_at": None,
        "changed_at": now,
    }


def key_of(upstream_id: str) -> str:
    """The lasting key of a service: its publisher's id, or a name made of it where that is no key."""
    lowered = upstream_id.lower()
    if lowered == upstream_id and KEY.match(lowered):
        return lowered
    return f"oruk-{hashlib.sha256(upstream_id.encode()).hexdigest()[:40]}"


def _as_columns(service: FeedService) -> dict[str, Any]:
    told = asdict(service)
    lists = {name: list(told[name]) for name in ("terms", "places")}
    return {**{n: v for n, v in told.items() if n not in {"upstream_id", "upstream_modified"}}, **lists}


def _report(plan: Plan) -> dict[str, Any]:
    faults = [asdict(fault) for fault in plan.faults[:MOST_FAULTS_KEPT]]
    return {"source": plan.source, "whole": plan.whole, **plan.counts(), "faults": faults}
