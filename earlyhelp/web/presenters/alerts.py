"""Alerts made ready: which stage, of which clock, how long ago it fell due, what was promised."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from flask import url_for
from sqlalchemy import Connection

from earlyhelp.casework.pathways import compiled
from earlyhelp.web.presenters.words import by_end_of, fell_due_words, in_words, moment_words

COLOURS = {"warning": "yellow", "breach": "red", "escalation": "red"}
WORDS = {"warning": "Due soon", "breach": "Overdue", "escalation": "Overdue, escalated"}


class AlertShown(NamedTuple):
    """One alert of a list."""

    id: int
    reference: str
    link: str
    clock: str
    stage: str
    colour: str
    urgent: bool
    when: str
    raised: str | None
    team: str
    lead_professional: str
    status: str
    promise: str | None
    acknowledged_by: str | None
    resolution: str | None


def shown_alerts(connection: Connection, alerts: Iterable[Any], now: datetime) -> list[AlertShown]:
    """The alerts in words. Each pathway version among them is looked up once."""
    rows = list(alerts)
    engines = {
        pathway_id: compiled(connection, pathway_id=pathway_id)
        for pathway_id in {row.pathway_id for row in rows}
    }
    return [_shown(row, engines[row.pathway_id].pathway.clocks, now) for row in rows]


def _shown(alert: Any, clocks: Any, now: datetime) -> AlertShown:
    kind = alert.stage.partition("_")[0]
    late = (alert.raised_at - alert.fell_due_at).total_seconds() > 600
    return AlertShown(
        id=alert.id,
        reference=alert.reference,
        link=url_for("cases.page", reference=alert.reference),
        clock=clocks[alert.clock].title if alert.clock in clocks else in_words(alert.clock),
        stage=WORDS.get(kind, in_words(alert.stage)),
        colour=COLOURS.get(kind, "grey"),
        urgent=alert.urgent,
        when=_when(alert, kind, now),
        raised=moment_words(alert.raised_at, now) if late else None,
        team=alert.team or "",
        lead_professional=alert.lead_professional or "",
        status=alert.status,
        promise=_promise(alert, now),
        acknowledged_by=alert.acknowledged_by,
        resolution=alert.resolution,
    )


def _when(alert: Any, kind: str, now: datetime) -> str:
    """When the clock itself is due: the moment of a warning or of a rung of the ladder is nobody's deadline."""
    if kind == "breach" or alert.status == "resolved":
        return f"Fell due {fell_due_words(alert.fell_due_at if kind == 'breach' else alert.due_at, now)}"
    if now < alert.due_at:
        return f"Due {by_end_of(alert.due_at, now)}"
    return f"Fell due {fell_due_words(alert.due_at, now)}"


def _promise(alert: Any, now: datetime) -> str | None:
    if not alert.promise:
        return None
    by = f", {by_end_of(alert.promise_due_at, now)}" if alert.promise_due_at else ""
    broken = ". Not kept" if alert.promise_broken_at else ""
    return f"{alert.promise}{by}{broken}"
