"""Rows of worklists made ready: words, tags, links."""

from datetime import datetime
from typing import NamedTuple

from flask import url_for
from sqlalchemy import Connection

from earlyhelp.casework.pathways import compiled
from earlyhelp.insight.front_door import INFANT
from earlyhelp.insight.worklists import WorkItem
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.pathway.machine import CompiledPathway
from earlyhelp.web.presenters.cases import ClockShown, level_words, shown_clock, state_title
from earlyhelp.web.presenters.words import age_words, lasting, moment_words, time_words

MINUTE = 60


class RowShown(NamedTuple):
    """One row of a worklist."""

    reference: str
    link: str
    children: list[str]
    state: str
    level: str
    source: str
    opened: str
    team: str
    lead_professional: str
    clock: ClockShown | None
    flags: list[tuple[str, str]]
    claimed_by: str | None
    claimed_until: str
    is_mine: bool
    waiting: str


def shown_rows(
    connection: Connection,
    items: "list[WorkItem] | tuple[WorkItem, ...]",
    now: datetime,
    viewer: int | None = None,
) -> list[RowShown]:
    """The rows in words. Each pathway version among them is looked up once."""
    engines = {
        pathway_id: compiled(connection, pathway_id=pathway_id)
        for pathway_id in {item.pathway_id for item in items}
    }
    return [_shown(item, engines[item.pathway_id], now, viewer) for item in items]


def _shown(item: WorkItem, engine: CompiledPathway, now: datetime, viewer: int | None) -> RowShown:
    pathway = engine.pathway
    running = [clock for clock in item.clocks if clock.status == "running"]
    sources = pathway.codes.get("source", {})
    source = sources[item.source].label if item.source in sources else ""
    today = engine.calendar.date_of(now)
    claimed = item.claimed_by if item.claimed_until and item.claimed_until > now else None
    return RowShown(
        reference=item.reference,
        link=url_for("cases.page", reference=item.reference),
        children=[
            f"{child.name or 'Name not known'}, {age_words(child.date_of_birth, child.expected_birth_on, today)}"
            for child in item.children
        ],
        state=state_title(pathway, item.state),
        level=level_words(pathway, item.level_of_need) if item.level_of_need else "",
        source=source,
        opened=moment_words(item.opened_at, now),
        team=item.team or "",
        lead_professional=item.lead_professional or "",
        clock=shown_clock(running[0], engine, now) if running else None,
        flags=flags_of(item, engine, now),
        claimed_by=claimed,
        claimed_until=time_words(item.claimed_until.astimezone(LONDON)) if item.claimed_until else "",
        is_mine=claimed is not None and item.claimed_by_id == viewer,
        waiting=_waiting(item, now),
    )


def _waiting(item: WorkItem, now: datetime) -> str:
    """How long ago it came, in one unit."""
    seconds = (now - item.opened_at).total_seconds()
    return f"{lasting(seconds, units=1)} ago" if seconds >= MINUTE else "just now"


def flags_of(item: WorkItem, engine: CompiledPathway, now: datetime) -> list[tuple[str, str]]:
    """What a screener must see before opening it."""
    today = engine.calendar.date_of(now)
    births = (child.date_of_birth or child.expected_birth_on for child in item.children)
    baby = any(birth is not None and birth > today - INFANT for birth in births)
    flags = (
        [(f"{item.urgency} urgency", "red" if item.urgency == "red" else "orange")] if item.urgency else []
    )
    flags += [("Under 1 or unborn", "purple")] if baby else []
    flags += [("Restricted", "red")] if item.restricted else []
    flags += [("Open case", "blue")] if item.other_open_cases else []
    count = item.earlier_contacts
    flags += [(f"{count} earlier in 12 months", "orange")] if count else []
    return flags
