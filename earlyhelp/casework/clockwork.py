"""Writing what a step does to the clock rows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from earlyhelp.casework.moments import Moment, day_words, happened, no_longer
from earlyhelp.casework.reading import OPEN
from earlyhelp.casework.settling import (
    FRONT,
    UNSETTLED,
    hold_clock,
    open_again,
    open_alerts,
    raise_corrected_stages,
    settle_alerts,
    settled,
)
from earlyhelp.casework.stages import stage_columns, stage_moments
from earlyhelp.pathway.clocks import Schedule, Span, judge
from earlyhelp.pathway.facts import ClockStart, Step, clock_key
from earlyhelp.records.clocks import BEHIND, Alert, ClockRevision, ClockRow

# Built once: making a statement anew costs more than running it.
_START = insert(ClockRow).inline()
_KEEP = insert(ClockRevision).inline()
_CHANGE = update(ClockRow).where(ClockRow.id == bindparam("clock_id"))


@cache
def _follow(ended: int) -> tuple[Any, Any]:
    """Give what is open of a case to somebody else, but for so many clocks and their alerts."""
    of_case: Any = bindparam("of_case")
    others: list[Any] = [bindparam(_of_ended(number)) for number in range(ended)]
    clocks = update(ClockRow).where(ClockRow.case_id == of_case, OPEN, *(ClockRow.id != id for id in others))
    alerts = update(Alert).where(Alert.case_id == of_case, UNSETTLED)
    return clocks, alerts.where(*(Alert.clock_id != id for id in others))


def _of_ended(number: int) -> str:
    return f"ended_{number}"


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
        if move.key in due:
            due[move.key] = move.schedule.due_at
    for pause in step.pauses:
        _pause(connection, rows[pause.name], moment=moment)
        due.pop(pause.name, None)
    for name, schedule in moved.items():
        _resume(connection, rows[name], schedule, moment=moment)
        due[name] = schedule.due_at
    if step.starts:
        connection.execute(_START, [started(start, moment) for start in step.starts])
        due |= {start.key: start.schedule.due_at for start in step.starts}
    return min(due.values(), default=None)


def written_span(span: Span) -> dict[str, int]:
    """The span as a pathway file writes it: {"working_days": 5}."""
    return {span.kind: span.count}


def started(start: ClockStart, moment: Moment) -> dict[str, Any]:
    columns = stage_columns(start.schedule)
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
        **(stage_columns(moved) if moved else {}),
    }
    connection.execute(_CHANGE, {**_ended(row, moment), **stopped})
    words = happened(moment)
    late = f"{words}, recorded late on {day_words(moment.recorded_at)}: the time limit was met"
    settle_alerts(connection, row.id, moment=moment, words=words, recorded_late=late)


def _void(connection: Connection, row: Row[Any], *, moment: Moment) -> None:
    connection.execute(_CHANGE, {**_ended(row, moment), "status": "void"})
    settle_alerts(connection, row.id, moment=moment, words=no_longer(moment))


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
    settle_paused(connection, row.id, paused, moment=moment)


def settle_paused(connection: Connection, clock_id: int, pause: Mapping[str, Any], *, moment: Moment) -> None:
    """Nobody is to be alarmed by what would have fallen due in a pause."""
    paused_at = datetime.fromisoformat(pause["paused_at"])
    words = f"The clock was paused from {day_words(paused_at)}: {pause['reason'] or 'no reason given'}"
    connection.execute(
        open_alerts(clock_id).where(Alert.fell_due_at > paused_at).values(settled(moment, words))
    )
    connection.execute(open_alerts(clock_id).where(Alert.tier >= BEHIND).values(tier=FRONT))


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
    """Give an open clock a new schedule, keeping what it said before. It stays paused while its last pause lasts.

    A stage already raised at the same moment is not raised again; an open alert whose stage has moved is
    settled with words, because nothing computed from a stale due moment may alert. What is now known to have fallen
    due before a pause that lasts is raised at once: no sweep looks at a paused clock.
    """
    hold_clock(connection, row)
    keep_revision(connection, row, moment=moment)
    moments, raised = stage_moments(schedule), _raised_of(connection, row.id)
    pauses = row.pauses if pauses is None else pauses
    paused_at = next((datetime.fromisoformat(p["paused_at"]) for p in pauses if not p["resumed_at"]), None)
    waiting = [at for stage, at in moments.items() if at is not None and (stage, at) not in raised]
    connection.execute(
        update(ClockRow)
        .where(ClockRow.id == row.id)
        .values(
            status="paused" if paused_at else "running",
            started_at=schedule.started_at,
            span=span,
            next_moment=None if paused_at else min(waiting, default=None),
            pauses=pauses,
            gross_due_at=gross_due_at or row.gross_due_at,
            **stage_columns(schedule),
        )
    )
    open_again(connection, row.id, moments, until=paused_at or moment.recorded_at)
    if raised:
        _move_alerts(connection, row.id, raised, schedule, moment=moment)
    if paused_at:
        raise_corrected_stages(connection, row.id, until=paused_at, moment=moment)


def _raised_of(connection: Connection, clock_id: int) -> set[tuple[str, datetime | None]]:
    """The stages of a clock that alerts were raised for, each with its moment."""
    raised = select(Alert.stage, Alert.fell_due_at).where(Alert.clock_id == clock_id)
    return {(alert.stage, alert.fell_due_at) for alert in connection.execute(raised)}


def _move_alerts(
    connection: Connection,
    clock_id: int,
    raised: set[tuple[str, datetime | None]],
    schedule: Schedule,
    *,
    moment: Moment,
) -> None:
    """Settle the open ones whose stage has moved away; those that stay say when the clock is due now."""
    words = f"{moment.title}: now due {day_words(schedule.due_at)}"
    for stage, fell_due_at in raised - set(stage_moments(schedule).items()):
        of_stage = open_alerts(clock_id).where(Alert.stage == stage, Alert.fell_due_at == fell_due_at)
        connection.execute(of_stage.values(settled(moment, words)))
    connection.execute(open_alerts(clock_id).values(clock_due_at=schedule.due_at, tier=FRONT))


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


def _ended_pauses(row: Row[Any], moment: Moment) -> list[Any]:
    ended = {"resumed_at": moment.occurred_at.isoformat(), "resumed_by": moment.sequence}
    begun = [p for p in row.pauses if p["resumed_at"] or p["paused_at"] <= ended["resumed_at"]]
    return [pause if pause["resumed_at"] else {**pause, **ended} for pause in begun]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


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
