"""Telling people about alerts: one message for each person and sweep, in the outbox, never with a child's name.

An alert that is not urgent waits, untold, until the office opens: the morning's first sweep tells the night's alerts
in one message, and leaves out what was settled meanwhile.
"""

import hashlib
import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, literal_column, or_, select, update

from earlyhelp.casework.audiences import read_audiences
from earlyhelp.casework.pathways import compiled
from earlyhelp.casework.stages import STAGES
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.records.cases import Case
from earlyhelp.records.clocks import Alert, ClockRow, OutboxMessage
from earlyhelp.records.upserting import upsert

LOG = logging.getLogger(__name__)
MOST_LINES = 50
AT_ONCE = 5_000
"""Rows of one statement: databases limit the number of values they are given."""

UNTOLD = (Alert.told_at.is_(None), Alert.status == literal_column("'open'"))


def write_digests(connection: Connection, *, now: datetime, base_url: str) -> int:
    """Put every alert that may be told now into one message for each person; returns how many messages.

    The alerts are marked as told in the same transaction, and the message is named after them, so that whatever
    crashes or runs twice nobody gets the same again.
    """
    alerts = _claim(connection, now)
    if not alerts:
        return 0
    _mark_told(connection, [alert.id for alert in alerts], now)
    titles = _titles(connection, alerts)
    letters = [
        _letter(user_id, lines, now=now, base_url=base_url, titles=titles)
        for user_id, lines in sorted(_by_person(connection, alerts).items())
    ]
    write = upsert(connection, OutboxMessage).on_conflict_do_nothing()
    for first in range(0, len(letters), AT_ONCE):
        connection.execute(write, letters[first : first + AT_ONCE])
    return len(letters)


def _claim(connection: Connection, now: datetime) -> Sequence[Any]:
    """The alerts to be told now, held until the transaction ends: another process passes them over."""
    pathways = connection.scalars(
        select(Case.pathway_id).join(Alert, Alert.case_id == Case.id).where(*UNTOLD).distinct()
    ).all()
    if not pathways:
        return []
    at_work = [
        pathway_id
        for pathway_id in pathways
        if compiled(connection, pathway_id=pathway_id).calendar.in_office_hours(now)
    ]
    return connection.execute(
        select(
            Alert.id,
            Alert.clock_id,
            Alert.clock,
            Alert.stage,
            Alert.fell_due_at,
            Alert.urgent,
            Alert.audience,
            Alert.promise_broken_at,
            ClockRow.due_at,
            ClockRow.pathway_id.label("ran_on"),
            Case.id.label("case_id"),
            Case.reference,
            Case.restricted,
            Case.team_id,
            Case.lead_professional_id,
            Case.opened_by_id,
            Case.state_kind,
        )
        .join(Case, Case.id == Alert.case_id)
        .join(ClockRow, ClockRow.id == Alert.clock_id)
        .where(*UNTOLD, or_(Alert.urgent, Case.pathway_id.in_(at_work)))
        .order_by(Alert.fell_due_at, Alert.id)
        .with_for_update(skip_locked=True, of=Alert)
    ).all()


def _mark_told(connection: Connection, ids: Sequence[int], now: datetime) -> None:
    for first in range(0, len(ids), AT_ONCE):
        some = ids[first : first + AT_ONCE]
        connection.execute(update(Alert).where(Alert.id.in_(some)).values(told_at=now))


def _by_person(connection: Connection, alerts: Sequence[Any]) -> dict[int, list[Any]]:
    audiences = read_audiences(connection)
    lines: dict[int, list[Any]] = defaultdict(list)
    for alert in alerts:
        people = audiences.meant(alert.audience.split(","), alert)
        if not people:
            LOG.warning("alert %d of %s has nobody to tell: see the alerts page", alert.id, alert.reference)
        for user_id in people:
            lines[user_id].append(alert)
    return lines


def _titles(connection: Connection, alerts: Sequence[Any]) -> dict[tuple[int, str], str]:
    return {
        (pathway_id, name): clock.title
        for pathway_id in {alert.ran_on for alert in alerts}
        for name, clock in compiled(connection, pathway_id=pathway_id).pathway.clocks.items()
    }


def _letter(
    user_id: int,
    alerts: Sequence[Any],
    *,
    now: datetime,
    base_url: str,
    titles: dict[tuple[int, str], str],
) -> dict[str, Any]:
    told = _furthest(alerts)
    shown = told[:MOST_LINES]
    words = [f"{alert.reference}: {titles[alert.ran_on, alert.clock]}, {_stage(alert)}" for alert in shown]
    parts = [f"{line}\n{base_url}/cases/{alert.reference}" for line, alert in zip(words, shown, strict=True)]
    if len(told) > MOST_LINES:
        parts.append(f"And {len(told) - MOST_LINES} more: {base_url}/")
    return {
        "message_key": f"alerts-{user_id}-{_digest(alerts)}",
        "topic": "alerts",
        "recipient_id": user_id,
        "case_id": told[0].case_id if len({alert.case_id for alert in told}) == 1 else None,
        "subject": words[0] if len(told) == 1 else f"{len(told)} time limits need you",
        "body": "\n\n".join(parts),
        "urgent": any(alert.urgent for alert in alerts),
        "created_at": now,
        "status": "waiting",
        "attempts": 0,
        "next_attempt_at": now,
    }


def _furthest(alerts: Sequence[Any]) -> list[Any]:
    """One alert for each clock, the furthest up its ladder; urgent ones first, then those due longest."""
    furthest: dict[int, Any] = {}
    for alert in sorted(alerts, key=lambda alert: STAGES.index(alert.stage)):
        furthest[alert.clock_id] = alert
    return sorted(furthest.values(), key=lambda alert: (not alert.urgent, alert.due_at, alert.id))


def _digest(alerts: Sequence[Any]) -> str:
    """Names exactly these alerts; one told again because its promise was broken is another."""
    named = sorted((alert.id, str(alert.promise_broken_at or "")) for alert in alerts)
    return hashlib.sha256(repr(named).encode()).hexdigest()[:32]


def _stage(alert: Any) -> str:
    due = due_words(alert.due_at)
    if alert.promise_broken_at is not None:
        return f"what was promised has not happened; it was due {due}"
    if alert.stage.startswith("warning"):
        return f"due {due}"
    if alert.stage == "breach":
        return f"overdue: it was due {due}"
    return f"still overdue: it was due {due}"


def due_words(due_at: datetime) -> str:
    """`by end of Tue 10 March 2026`, or `by 15:00 on Tue 10 March 2026` where a limit ends within a day."""
    local = due_at.astimezone(LONDON)
    if (local.hour, local.minute, local.second) == (0, 0, 0):
        return f"by end of {_day_words(local - timedelta(days=1))}"
    return f"by {local:%H:%M} on {_day_words(local)}"


def _day_words(local: datetime) -> str:
    return f"{local:%a} {local.day} {local:%B %Y}"
