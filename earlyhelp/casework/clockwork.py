"""Writing what a step does to the clock rows, and settling the alerts that it settles."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, bindparam, case, insert, literal_column, select, update
from sqlalchemy.dialects import postgresql, sqlite

from earlyhelp.casework.reading import OPEN
from earlyhelp.pathway.clocks import Schedule, Span, judge
from earlyhelp.pathway.facts import ClockStart, Step, clock_key
from earlyhelp.records.clocks import Alert, ClockRevision, ClockRow, StageRule
from earlyhelp.records.database import is_postgresql
from earlyhelp.records.prepared import Query

LONDON = ZoneInfo("Europe/London")
STAGES = (
    "warning_1",
    "warning_2",
    "warning_3",
    "breach",
    "escalation_1",
    "escalation_2",
    "escalation_3",
)
TIERS = {"escalation": 0, "breach": 1, "warning": 2}
NOT_URGENT = len(TIERS)
# Written out, not bound: SQLite plans a statement anew for each value that an index's condition depends on.
_UNSETTLED = Alert.status != literal_column("'resolved'")
# Built once: making a statement anew costs more than running it.
_START = insert(ClockRow).inline()
_KEEP = insert(ClockRevision).inline()
_CHANGE = update(ClockRow).where(ClockRow.id == bindparam("clock_id"))
_SETTLE = (
    update(Alert)
    .where(Alert.clock_id == bindparam("of_clock"), _UNSETTLED)
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


@cache
def _follow(ended: int) -> tuple[Any, Any]:
    """Give what is open of a case to somebody else, but for so many clocks and their alerts."""
    of_case: Any = bindparam("of_case")
    others: list[Any] = [bindparam(_of_ended(number)) for number in range(ended)]
    clocks = update(ClockRow).where(ClockRow.case_id == of_case, OPEN, *(ClockRow.id != id for id in others))
    alerts = update(Alert).where(Alert.case_id == of_case, _UNSETTLED)
    return clocks, alerts.where(*(Alert.clock_id != id for id in others))


def _of_ended(number: int) -> str:
    return f"ended_{number}"


class Moment(NamedTuple):
    """The event that changes the clocks: which case, which link of its history, when it happened and was typed."""

    case_id: int
    pathway_id: int
    sequence: int
    title: str
    occurred_at: datetime
    recorded_at: datetime
    team_id: int | None
    lead_professional_id: int | None
    by: str
    reason: str | None


def apply_clock_effects(
    connection: Connection, step: Step, *, clocks: Sequence[Row[Any]], moment: Moment
) -> datetime | None:
    """Write every clock change of a step. Returns the nearest due moment of the clocks left running.

    Only for a clock that is moved is anything read; `raise_what_passed` must have been asked before.
    """
    rows = {clock_key(row.name, row.about): row for row in clocks}
    due = {key: row.due_at for key, row in rows.items() if row.status == "running"}
    moved = {resume.name: resume.schedule for resume in step.resumes}
    for name in step.stops:
        _stop(connection, rows[name], moved.pop(name, None), moment=moment)
        due.pop(name, None)
    for name in step.voids:
        _void(connection, rows[name], moment=moment)
        due.pop(name, None)
    for move in step.moves:
        move_clock(
            connection,
            rows[move.key],
            move.schedule,
            span=written_span(move.span),
            moment=moment,
            gross_due_at=move.gross_due_at,
        )
        due[move.key] = move.schedule.due_at
    for pause in step.pauses:
        _pause(connection, rows[pause.name], moment=moment)
        due.pop(pause.name, None)
    for name, schedule in moved.items():
        _resume(connection, rows[name], schedule, moment=moment)
        due[name] = schedule.due_at
    if step.starts:
        connection.execute(_START, [_started(start, moment) for start in step.starts])
        due |= {start.key: start.schedule.due_at for start in step.starts}
    return min(due.values(), default=None)


def stage_moments(schedule: Schedule) -> dict[str, datetime | None]:
    """Every stage of a clock with its moment, None where it has no such stage."""
    warnings, rungs = list(schedule.warnings), list(schedule.escalations)
    moments: dict[str, datetime | None] = {"breach": schedule.due_at}
    for n in range(3):
        moments[f"warning_{n + 1}"] = warnings[n] if n < len(warnings) else None
        moments[f"escalation_{n + 1}"] = rungs[n] if n < len(rungs) else None
    return moments


def tier_of(stage: str, urgent: bool) -> int:
    """An alert's place among others, 0 the first: `sweep_statements` says the same in SQL."""
    kind = stage.partition("_")[0]
    return (0 if urgent else NOT_URGENT) + TIERS[kind]


def written_span(span: Span) -> dict[str, int]:
    """The span as a pathway file writes it: {"working_days": 5}."""
    return {span.kind: span.count}


def _columns(schedule: Schedule) -> dict[str, Any]:
    moments = stage_moments(schedule)
    columns = {f"{stage}_at": at for stage, at in moments.items() if stage != "breach"}
    return columns | {"due_at": schedule.due_at}


def _started(start: ClockStart, moment: Moment) -> dict[str, Any]:
    columns = _columns(start.schedule)
    return {
        "case_id": moment.case_id,
        "pathway_id": moment.pathway_id,
        "name": start.clock.name,
        "about": start.about,
        "kind": start.clock.kind,
        "status": "running",
        "recorded_late": False,
        "started_at": start.schedule.started_at,
        "start_recorded_at": moment.recorded_at,
        "started_by": moment.sequence,
        "gross_due_at": start.schedule.due_at,
        "next_moment": min(at for at in columns.values() if at is not None),
        "pauses": [],
        "span": written_span(start.span),
        "holder": start.clock.holder,
        "team_id": moment.team_id,
        "lead_professional_id": moment.lead_professional_id,
        **columns,
    }


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
            _raise(connection, writer, row, moment, _settled(moment, _happened(moment)))
        elif key in step.voids:
            _raise(connection, writer, row, moment, _settled(moment, _no_longer(moment)))
        elif any(key == pause.name for pause in step.pauses):
            _raise(connection, writer, row, moment, {})


def _raise(
    connection: Connection, writer: Connection, row: Row[Any], moment: Moment, settled: dict[str, Any]
) -> None:
    fallen = _fallen(connection, row, row.next_moment, moment.occurred_at, moment)
    if fallen:
        writer.execute(_RAISE[is_postgresql(connection)], [alert | settled for alert in fallen])


def _stop(connection: Connection, row: Row[Any], moved: Schedule | None, *, moment: Moment) -> None:
    """Judge the clock; `moved` is its schedule when a pause ends with it."""
    judgement = judge(moved.due_at if moved else row.due_at, moment.occurred_at, moment.recorded_at)
    if moved is not None:
        keep_revision(connection, row, moment=moment)
    stopped = {
        "status": judgement.status,
        "recorded_late": judgement.recorded_late,
        "team_id": moment.team_id,
        "lead_professional_id": moment.lead_professional_id,
        **(_columns(moved) if moved else {}),
    }
    connection.execute(_CHANGE, {**_ended(row, moment), **stopped})
    happened = _happened(moment)
    late = f"{happened}, recorded late on {_day(moment.recorded_at)}: the time limit was met"
    settle_alerts(connection, row.id, moment=moment, words=happened, recorded_late=late)


def _void(connection: Connection, row: Row[Any], *, moment: Moment) -> None:
    connection.execute(_CHANGE, {**_ended(row, moment), "status": "void"})
    settle_alerts(connection, row.id, moment=moment, words=_no_longer(moment))


def _happened(moment: Moment) -> str:
    return f"{moment.title}: happened on {_day(moment.occurred_at)}"


def _no_longer(moment: Moment) -> str:
    return f"{moment.title} on {_day(moment.occurred_at)}: this time limit no longer applies"


def _ended(row: Row[Any], moment: Moment) -> dict[str, Any]:
    return {
        "clock_id": row.id,
        "stopped_at": moment.occurred_at,
        "stop_recorded_at": moment.recorded_at,
        "stopped_by": moment.sequence,
        "next_moment": None,
        "pauses": _ended_pauses(row, moment),
    }


def _pause(connection: Connection, row: Row[Any], *, moment: Moment) -> None:
    keep_revision(connection, row, moment=moment)
    paused = {
        "paused_at": moment.occurred_at.isoformat(),
        "resumed_at": None,
        "reason": moment.reason or "",
        "by": moment.by,
        "paused_by": moment.sequence,
        "resumed_by": None,
    }
    connection.execute(
        update(ClockRow)
        .where(ClockRow.id == row.id)
        .values(status="paused", next_moment=None, pauses=[*row.pauses, paused])
    )
    words = f"The clock was paused from {_day(moment.occurred_at)}: {moment.reason or 'no reason given'}"
    connection.execute(
        _open_alerts(row.id).where(Alert.fell_due_at > moment.occurred_at).values(_settled(moment, words))
    )


def _resume(connection: Connection, row: Row[Any], schedule: Schedule, *, moment: Moment) -> None:
    pauses = _ended_pauses(row, moment)
    move_clock(connection, row, schedule, span=row.span, moment=moment, pauses=pauses)


def move_clock(
    connection: Connection,
    row: Row[Any],
    schedule: Schedule,
    *,
    span: dict[str, Any],
    moment: Moment,
    pauses: list[Any] | None = None,
    gross_due_at: datetime | None = None,
) -> None:
    """Give an open clock a new schedule, keeping what it said before.

    A stage already raised at the same moment is not raised again; an open alert whose stage has moved is
    settled with words, because nothing computed from a stale due moment may alert.
    """
    _hold(connection, row)
    keep_revision(connection, row, moment=moment)
    moments = stage_moments(schedule)
    raised = {
        (alert.stage, alert.fell_due_at)
        for alert in connection.execute(
            select(Alert.stage, Alert.fell_due_at).where(Alert.clock_id == row.id)
        )
    }
    waiting = [at for stage, at in moments.items() if at is not None and (stage, at) not in raised]
    connection.execute(
        update(ClockRow)
        .where(ClockRow.id == row.id)
        .values(
            status="running",
            started_at=schedule.started_at,
            span=span,
            next_moment=min(waiting, default=None),
            pauses=row.pauses if pauses is None else pauses,
            gross_due_at=gross_due_at or row.gross_due_at,
            **_columns(schedule),
        )
    )
    words = f"{moment.title}: now due {_day(schedule.due_at)}"
    _open_again(connection, row.id, moments, moment)
    for stage, fell_due_at in raised - set(moments.items()):
        connection.execute(
            _open_alerts(row.id)
            .where(Alert.stage == stage, Alert.fell_due_at == fell_due_at)
            .values(_settled(moment, words))
        )
    if raised:
        connection.execute(_open_alerts(row.id).values(clock_due_at=schedule.due_at))


def _open_again(
    connection: Connection, clock_id: int, moments: dict[str, datetime | None], moment: Moment
) -> None:
    """A stage that was settled because it had moved away, and now holds again, must be heard of again."""
    for stage, at in moments.items():
        if at is not None and at <= moment.recorded_at:
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


def keep_revision(connection: Connection, row: Row[Any], *, moment: Moment) -> None:
    """Keep what the clock says now, before it is changed: figures can be asked as known on an earlier day."""
    kept = (
        "status",
        "started_at",
        "due_at",
        "stopped_at",
        "recorded_late",
        "start_recorded_at",
        "stop_recorded_at",
    )
    was = {name: _plain(getattr(row, name)) for name in kept}
    replaced = {"clock_id": row.id, "replaced_at": moment.recorded_at, "replaced_by": moment.sequence}
    connection.execute(_KEEP, {**replaced, "was": was})


def raise_corrected_stages(connection: Connection, clock_id: int, *, until: datetime, moment: Moment) -> None:
    """Raise what a corrected clock that has ended, or is paused, is now known to have missed by `until`.

    No sweep looks at such a clock: what a correction brings to light would never be heard of.
    """
    row = connection.execute(select(ClockRow).where(ClockRow.id == clock_id)).one()
    _hold(connection, row)
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


def _hold(connection: Connection, row: Row[Any]) -> None:
    """Whoever writes alerts of a clock holds its row: a sweep passes over it, and neither waits for the other."""
    connection.execute(select(ClockRow.id).where(ClockRow.id == row.id).with_for_update())


def stage_moments_of(row: Row[Any]) -> dict[str, datetime | None]:
    return {stage: getattr(row, "due_at" if stage == "breach" else f"{stage}_at") for stage in STAGES}


def settle_alerts(
    connection: Connection, clock_id: int, *, moment: Moment, words: str, recorded_late: str | None = None
) -> None:
    """Resolve the clock's open alerts with words that say why; other words for those due only after it happened."""
    settled = {"of_clock": clock_id, "resolved_at": moment.recorded_at, "until": moment.occurred_at}
    connection.execute(_SETTLE, {**settled, "words": words, "late": recorded_late or words})


def _open_alerts(clock_id: int) -> Any:
    return update(Alert).where(Alert.clock_id == clock_id, Alert.status != "resolved")


def _settled(moment: Moment, words: str) -> dict[str, Any]:
    return {"status": "resolved", "resolved_at": moment.recorded_at, "resolution": words}


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


def _ended_pauses(row: Row[Any], moment: Moment) -> list[Any]:
    ended = {"resumed_at": moment.occurred_at.isoformat(), "resumed_by": moment.sequence}
    begun = [p for p in row.pauses if p["resumed_at"] or p["paused_at"] <= ended["resumed_at"]]
    return [pause if pause["resumed_at"] else {**pause, **ended} for pause in begun]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


@lru_cache(maxsize=256)
def _day(at: datetime) -> str:
    return f"{at.astimezone(LONDON):%d/%m/%Y}"


def follow_the_case(writer: Connection, step: Step, *, clocks: Sequence[Row[Any]], moment: Moment) -> None:
    """Running clocks and open alerts belong to the case's team and lead professional of now.

    Clocks that the step ends are passed over, whose alerts are settled: `writer` may send it all in one statement.
    """
    ends = {*step.stops, *step.voids}
    ended = [row.id for row in clocks if clock_key(row.name, row.about) in ends]
    given = {_of_ended(number): clock_id for number, clock_id in enumerate(ended)}
    given |= {"team_id": moment.team_id, "lead_professional_id": moment.lead_professional_id}
    for follow in _follow(len(ended)):
        writer.execute(follow, {**given, "of_case": moment.case_id})
