"""Publishing pathway versions, and finding the compiled one that a case runs on."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Connection,
    Integer,
    Row,
    String,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    select,
    update,
)

from earlyhelp.casework.calendar_days import write_calendar_days
from earlyhelp.casework.changed_days import note_changed_days
from earlyhelp.pathway.calendar import Calendar, england
from earlyhelp.pathway.definition import Pathway
from earlyhelp.pathway.loading import content_of, digest, load_content
from earlyhelp.pathway.machine import CompiledPathway, compile_pathway
from earlyhelp.records.cases import Closure
from earlyhelp.records.clocks import StageRule
from earlyhelp.records.organisation import CouncilSetting, Team
from earlyhelp.records.prepared import Query
from earlyhelp.records.reference import PublishedPathway
from earlyhelp.records.upserting import upsert

CALENDAR_VERSION = "calendar_version"
NO_CLOSURES = "no closures"
STANDARD = "standard"
CALENDAR = (
    select(CouncilSetting.value)
    .where(CouncilSetting.key == CALENDAR_VERSION)
    .scalar_subquery()
    .label("calendar")
)
"""The version of today's calendar, as a column beside others; nothing where there are no closures."""
_OF_THE_TEAM = (
    select(func.nullif(Team.pathway, literal_column("''")))
    .where(Team.id == bindparam("team_id", type_=Integer()))
    .scalar_subquery()
)
_VERSIONS = Query(
    select(PublishedPathway.id, PublishedPathway.digest, CALENDAR)
    .where(
        PublishedPathway.name
        == func.coalesce(bindparam("name", type_=String()), _OF_THE_TEAM, literal_column(f"'{STANDARD}'"))
    )
    .order_by(PublishedPathway.published_at, PublishedPathway.id)
)


class VersionTaken(Exception):
    """A pathway's content changed but its version did not: cases could not say which rules they ran on."""


def publish(connection: Connection, pathway: Pathway, *, by: str, now: datetime) -> int:
    """Make a linted pathway version available to new cases; returns its id. Publishing it again changes nothing.

    Raises VersionTaken when this name and version are published already with other content.
    """
    fingerprint = digest(pathway)
    published = connection.execute(
        select(PublishedPathway.id, PublishedPathway.digest).where(
            PublishedPathway.name == pathway.name, PublishedPathway.version == pathway.version
        )
    ).one_or_none()
    if published is not None:
        if published.digest != fingerprint:
            raise VersionTaken(
                f"pathway '{pathway.name}' version {pathway.version} is published with other content: "
                "give the changed file a new version"
            )
        return int(published.id)
    pathway_id = connection.execute(
        insert(PublishedPathway)
        .values(
            name=pathway.name,
            version=pathway.version,
            title=pathway.title,
            content=content_of(pathway),
            digest=fingerprint,
            published_at=now,
            published_by=by,
        )
        .returning(PublishedPathway.id)
    ).scalar_one()
    rules = stage_rules(pathway)
    if rules:
        connection.execute(insert(StageRule), [{"pathway_id": pathway_id, **rule} for rule in rules])
    return int(pathway_id)


def stage_rules(pathway: Pathway) -> list[dict[str, object]]:
    """The ladder of every clock as rows: who hears of which stage, and whether at any hour."""
    rows: list[dict[str, object]] = []
    for clock in pathway.clocks.values():
        cannot_wait = any(span.kind == "hours" for span in (clock.due, *clock.dues.values()) if span)
        stages = [(f"warning_{n}", clock.warn_to, cannot_wait) for n in range(1, len(clock.warn) + 1)]
        stages.append(("breach", clock.breach.to, clock.breach.urgent))
        stages += [
            (f"escalation_{n}", rung.to, rung.urgent) for n, rung in enumerate(clock.escalate, start=1)
        ]
        for stage, audience, urgent in stages:
            told = dict.fromkeys(clock.holder if who == "holder" else who for who in audience)
            rows.append({"clock": clock.name, "stage": stage, "audience": ",".join(told), "urgent": urgent})
    return rows


def running_pathway_id(connection: Connection, *, name: str, on: date | None = None) -> int | None:
    """The newest version of a pathway, on which new cases start; None when there is none.

    That is the one published last, but for versions of the past, dated before another that was published, and for
    those dated after the day `on`, which wait for their date.
    """
    running = running_version(connection, name=name, on=on)
    return None if running is None else int(running.id)


def running_version(
    connection: Connection, *, name: str | None, team_id: int | None = None, on: date | None = None
) -> Row[Any] | None:
    """The same with its `digest` and the version of today's `calendar`, for `compiled_as`.

    Without a name, the pathway of that team, or the standard one.
    """
    versions = _VERSIONS.rows(connection, name=name, team_id=team_id)
    since_of = _effective_from(connection, [version.digest for version in versions])
    running: Row[Any] | None = None
    held_since = ""
    for version in versions:
        since = since_of[version.digest]
        if on is not None and since and since > on.isoformat():
            continue
        if not since or since >= held_since:
            running, held_since = version, since or held_since
    return running


def _effective_from(connection: Connection, digests: Sequence[str]) -> Mapping[str, str]:
    """From when each version holds, or nothing. Read once in a process: a digest is that of the whole content."""
    if missing := set(digests) - _EFFECTIVE_FROM.keys():
        since = PublishedPathway.content["effective_from"].as_string()
        rows = connection.execute(
            select(PublishedPathway.digest, since).where(PublishedPathway.digest.in_(missing))
        )
        _EFFECTIVE_FROM.update({digest: since or "" for digest, since in rows})
    return _EFFECTIVE_FROM


def compiled(connection: Connection, *, pathway_id: int) -> CompiledPathway:
    """The compiled pathway of that id, on today's calendar."""
    fingerprint = connection.execute(
        select(PublishedPathway.digest).where(PublishedPathway.id == pathway_id)
    ).scalar_one()
    return compiled_as(
        connection,
        pathway_id=pathway_id,
        fingerprint=fingerprint,
        calendar_version=read_calendar_version(connection),
    )


def every_compiled(connection: Connection) -> dict[int, CompiledPathway]:
    """Every version that was ever published, by its id, on today's calendar."""
    versions = connection.execute(select(PublishedPathway.id, PublishedPathway.digest)).all()
    today = read_calendar_version(connection)
    return {
        id: compiled_as(connection, pathway_id=id, fingerprint=fingerprint, calendar_version=today)
        for id, fingerprint in versions
    }


def compiled_as(
    connection: Connection, *, pathway_id: int, fingerprint: str, calendar_version: str
) -> CompiledPathway:
    """The same when digest and calendar version were read already, with the case: no query once compiled.

    Both keys are digests of content, so that no process ever goes on counting by an old calendar.
    """
    key = (fingerprint, calendar_version)
    found = _COMPILED.get(key)
    if found is None:
        found = _COMPILED[key] = _compile(connection, pathway_id)
    return found


def read_calendar_version(connection: Connection) -> str:
    statement = select(CouncilSetting.value).where(CouncilSetting.key == CALENDAR_VERSION)
    return connection.scalar(statement) or NO_CLOSURES


def council_calendar(connection: Connection, pathway: Pathway) -> Calendar:
    """England's working days less the council's own closures, with this pathway's office hours."""
    closures = connection.execute(select(Closure.on, Closure.name).order_by(Closure.on)).all()
    return _calendar(
        tuple((row.on, row.name) for row in closures), pathway.office.opens, pathway.office.closes
    )


def close_office(connection: Connection, *, on: date, name: str) -> None:
    """Record a council closure; open clocks move only when the calendar is recalculated."""
    connection.execute(insert(Closure).values(on=on, name=name))
    _renew_calendar_version(connection)


def open_office(connection: Connection, *, on: date) -> None:
    """Take a council closure back."""
    connection.execute(delete(Closure).where(Closure.on == on))
    _renew_calendar_version(connection)


def _renew_calendar_version(connection: Connection) -> None:
    # First: who closes another day meanwhile is waited for here, and their day is among the closures then.
    held = upsert(connection, CouncilSetting).values(key=CALENDAR_VERSION, value=NO_CLOSURES)
    key = [CouncilSetting.key]
    connection.execute(held.on_conflict_do_update(index_elements=key, set_={"value": NO_CLOSURES}))
    closures = connection.execute(select(Closure.on, Closure.name).order_by(Closure.on)).all()
    if closures:
        text = "\n".join(f"{row.on.isoformat()} {row.name}" for row in closures)
        version = hashlib.sha256(text.encode()).hexdigest()[:16]
        setting = update(CouncilSetting).where(CouncilSetting.key == CALENDAR_VERSION)
        connection.execute(setting.values(value=version))
    note_changed_days(connection, write_calendar_days(connection))


def _compile(connection: Connection, pathway_id: int) -> CompiledPathway:
    content = connection.execute(
        select(PublishedPathway.content).where(PublishedPathway.id == pathway_id)
    ).scalar_one()
    pathway = load_content(content)
    return compile_pathway(pathway, council_calendar(connection, pathway))


_calendar = lru_cache(maxsize=32)(
    lambda closures, opens, closes: england(closures, opens=opens, closes=closes)
)
_COMPILED: dict[tuple[str, str], CompiledPathway] = {}
_EFFECTIVE_FROM: dict[str, str] = {}
