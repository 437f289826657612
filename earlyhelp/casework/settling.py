"""Raising the alerts of a clock that an action ends, pauses or corrects, and settling those that it settles."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, case, literal_column, select, update
from sqlalchemy.dialects import postgresql, sqlite

from earlyhelp.casework.moments import Moment, happened, no_longer
from earlyhelp.casework.stages import stage_moments_of, tier_of
from earlyhelp.pathway.facts import Step, clock_key
from earlyhelp.records.clocks import BEHIND, Alert, ClockRow, StageRule
from earlyhelp.records.database import is_postgresql
from earlyhelp.records.prepared import Query

FRONT = Alert.tier % BEHIND
"""The tier of an alert behind none. Who resolves some of a clock's alerts and not others gives those left theirs."""
# Written out, not bound: SQLite plans a statement anew for each value that an index's condition depends on.
UNSETTLED = Alert.status != literal_column("'resolved'")
_SETTLE = (
    update(Alert)
    .where(Alert.clock_id == bindparam("of_clock"), UNSETTLED)
    .values(
        status="resolved",
        resolved_at=bindparam("resolved_at"),
        resolution=case(
            (Alert.fell_due_at <= bindparam("until"), bindparam("words")), else_=bindparam("late")
        ),
    )
)
_RAISE = {
    on_postgresql: upsert(Alert).on_conflict_do_nothing()
    for on_postgresql, upsert in ((True, postgresql.insert), (False, sqlite.insert))
}
_RULES = Query(
    select(StageRule).where(
        StageRule.pathway_id == bindparam("pathway_id"), StageRule.clock == bindparam("clock")
    )
)


def raise_what_passed(
    connection: Connection, writer: Connection, step: Step, *, clocks: Sequence[Row[Any]], moment: Moment
) -> None:
    """Raise what fell due of clocks that the step ends or pauses and that no sweep has seen yet: none may go missing.

    The clocks are held, so that no sweep raises any of it now. What was raised of a clock that ends is settled as
    soon: `writer` may send it in one statement with what ends the clock.
    """
    for row in clocks:
        if row.next_moment is None or row.next_moment > moment.occurred_at:
            continue
        key = clock_key(row.name, row.about)
        if key in step.stops:
            _raise(connection, writer, row, moment, settled(moment, happened(moment)))
        elif key in step.voids:
            _raise(connection, writer, row, moment, settled(moment, no_longer(moment)))
        elif any(key == pause.name for pause in step.pauses):
            _raise(connection, writer, row, moment, {})


def _raise(
    connection: Connection, writer: Connection, row: Row[Any], moment: Moment, settled: dict[str, Any]
) -> None:
    fallen = _fallen(connection, row, row.next_moment, moment.occurred_at, moment)
    if fallen:
        writer.execute(_RAISE[is_postgresql(connection)], [alert | settled for alert in fallen])


def raise_corrected_stages(connection: Connection, clock_id: int, *, until: datetime, moment: Moment) -> None:
    """Raise what a corrected clock that has ended, or is paused, is now known to have missed by `until`.

    No sweep looks at such a clock: what a correction brings to light would never be heard of.
    """
    row = connection.execute(select(ClockRow).where(ClockRow.id == clock_id)).one()
    hold_clock(connection, row)
    missing = _fallen(connection, row, row.started_at, until, moment)
    if missing:
        # A sweep may have raised them since the clock was read.
        connection.execute(_RAISE[is_postgresql(connection)], missing)


def _fallen(
    connection: Connection, row: Row[Any], since: datetime, until: datetime, moment: Moment
) -> list[dict[str, Any]]:
    """An alert for each stage of a clock that fell due between two moments."""
    found = _RULES.rows(connection, pathway_id=row.pathway_id, clock=row.name)
    rules = {rule.stage: rule for rule in found}
    return [
        _alert(row, rules[stage], at, moment)
        for stage, at in stage_moments_of(row).items()
        if at is not None and since <= at <= until
    ]


def _alert(row: Row[Any], rule: Row[Any], fell_due_at: datetime, moment: Moment) -> dict[str, Any]:
    return {
        "clock_id": row.id,
        "stage": rule.stage,
        "case_id": row.case_id,
        "clock": row.name,
        "fell_due_at": fell_due_at,
        "raised_at": moment.recorded_at,
        "status": "open",
        "urgent": rule.urgent,
        "tier": tier_of(rule.stage, rule.urgent),
        "clock_due_at": row.due_at,
        "audience": rule.audience,
        "team_id": row.team_id,
        "lead_professional_id": row.lead_professional_id,
    }


def hold_clock(connection: Connection, row: Row[Any]) -> None:
    """Whoever writes alerts of a clock holds its row: a sweep passes over it, and neither waits for the other."""
    connection.execute(select(ClockRow.id).where(ClockRow.id == row.id).with_for_update())


def settle_alerts(
    connection: Connection, clock_id: int, *, moment: Moment, words: str, recorded_late: str | None = None
) -> None:
    """Resolve the clock's open alerts with words that say why; other words for those due only after it happened."""
    settled = {"of_clock": clock_id, "resolved_at": moment.recorded_at, "until": moment.occurred_at}
    connection.execute(_SETTLE, {**settled, "words": words, "late": recorded_late or words})


def open_again(
    connection: Connection, clock_id: int, moments: dict[str, datetime | None], *, until: datetime
) -> None:
    """A stage that was settled because it had moved away, and now holds again, must be heard of again."""
    for stage, at in moments.items():
        if at is not None and at <= until:
            connection.execute(
                update(Alert)
                .where(
                    Alert.clock_id == clock_id,
                    Alert.stage == stage,
                    Alert.fell_due_at == at,
                    Alert.status == "resolved",
                )
                .values(
                    status="open",
                    resolved_at=None,
                    resolution=None,
                    told_at=None,
                    acknowledged_by_id=None,
                    acknowledged_at=None,
                    promise=None,
                    promise_due_at=None,
                    promise_broken_at=None,
                )
            )


def open_alerts(clock_id: int) -> Any:
    return update(Alert).where(Alert.clock_id == clock_id, UNSETTLED)


def settled(moment: Moment, words: str) -> dict[str, Any]:
    return {"status": "resolved", "resolved_at": moment.recorded_at, "resolution": words}
