"""Correcting when something happened. The wrong date stays in history; the clocks are judged again by the right one."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, func, select, update

from earlyhelp.casework.clockwork import keep_revision, move_clock, settle_paused
from earlyhelp.casework.moments import Moment
from earlyhelp.casework.pathways import compiled
from earlyhelp.casework.reading import CaseRow, open_clock, pauses_of
from earlyhelp.casework.settling import raise_corrected_stages, settle_alerts
from earlyhelp.casework.stages import stage_moments
from earlyhelp.pathway.clocks import Schedule, judge
from earlyhelp.pathway.consequences import rescheduled
from earlyhelp.pathway.facts import BadFields
from earlyhelp.pathway.machine import CompiledPathway
from earlyhelp.records.cases import Contact, Event
from earlyhelp.records.clocks import ClockRow

PAUSING = frozenset({"clock_paused", "clock_resumed"})
NOT_CORRECTABLE = frozenset({"correction", "moved", "pathway_moved"})


class Correction(NamedTuple):
    """Which event, and when it truly happened."""

    event: Row[Any]
    happened_at: datetime

    def of_pause(self, pause: Mapping[str, Any]) -> dict[str, Any]:
        """The pause with whichever of its ends this event made set right.

        What ended clock and pause together may turn out to have come before the pause: then it lasted no time.
        """
        right = dict(pause)
        if pause.get("paused_by") == self.event.sequence:
            right["paused_at"] = self.happened_at.isoformat()
        if pause.get("resumed_by") == self.event.sequence:
            paused_at = datetime.fromisoformat(pause["paused_at"])
            right["resumed_at"] = max(paused_at, self.happened_at).isoformat()
        return right

    def keeps_in_order(self, clock: Row[Any]) -> bool:
        """Whether the clock still begins before it is paused and before it ends, if this event is one of its own."""
        begins, ends = (self.event.sequence == number for number in (clock.started_by, clock.stopped_by))
        pauses = [self.of_pause(pause) for pause in clock.pauses]
        if not (begins or ends) and pauses == clock.pauses:
            return True
        start = self.happened_at if begins else clock.started_at
        end = self.happened_at if ends else clock.stopped_at
        moments = [start]
        moments += [at for pause in pauses_of(pauses) for at in (pause.paused_at, pause.resumed_at) if at]
        return moments == sorted(moments) and (end is None or clock.status == "void" or start <= end)


def read_correction(
    connection: Connection, *, case_id: int, fields: Mapping[str, Any], now: datetime
) -> Correction:
    """The correction that these fields ask for.

    BadFields when there is no such event, or when the new moment would put the history out of order.
    """
    happened_at = datetime.fromisoformat(fields["happened_at"])
    events = effective_events(connection, case_id=case_id)
    correction = _checked(events, int(fields["event"]), happened_at, now)
    if not all(correction.keeps_in_order(row) for row in _clocks_of(connection, case_id)):
        raise BadFields({"happened_at": ["A time limit cannot be met or paused before it began"]})
    return correction


def apply_correction(
    connection: Connection,
    engine: CompiledPathway,
    *,
    case: CaseRow,
    correction: Correction,
    moment: Moment,
) -> dict[str, Any]:
    """Judge again every clock that the corrected event started, stopped or paused.

    Returns the case's columns that change with it.
    """
    events = effective_events(connection, case_id=case.id)
    for row in _clocks_of(connection, case.id):
        _judge_again(connection, engine, row, correction, events, moment)
    return _case_columns(connection, case, correction, events)


def effective_events(connection: Connection, *, case_id: int) -> list[tuple[Row[Any], datetime]]:
    """Every event of a case with the moment it is now held to have happened: the latest correction, or its own."""
    events = connection.execute(select(Event).where(Event.case_id == case_id).order_by(Event.sequence)).all()
    right = {
        event.corrects: datetime.fromisoformat(event.fields["happened_at"])
        for event in events
        if event.corrects is not None and "happened_at" in event.fields
    }
    return [(event, right.get(event.sequence, event.occurred_at)) for event in events]


def _checked(
    events: Sequence[tuple[Row[Any], datetime]], sequence: int, happened_at: datetime, now: datetime
) -> Correction:
    found = next((event for event, _ in events if event.sequence == sequence), None)
    if found is None:
        raise BadFields({"event": [f"This case's history has no event {sequence}"]})
    if found.kind in NOT_CORRECTABLE:
        raise BadFields({"event": ["A correction cannot itself be corrected: correct the first event again"]})
    if happened_at > now:
        raise BadFields({"happened_at": ["The date and time it happened must not be in the future"]})
    earlier = [at for event, at in events if event.sequence < sequence and _moves_state(event)]
    later = [at for event, at in events if event.sequence > sequence and _moves_state(event)]
    if earlier and happened_at < max(earlier):
        raise BadFields({"happened_at": ["That is before the step that came before it"]})
    if later and _moves_state(found) and happened_at > min(later):
        raise BadFields({"happened_at": ["That is after the step that followed it"]})
    if found.kind in PAUSING and not _pauses_in_order(events, found, happened_at):
        raise BadFields(
            {"happened_at": ["A clock must be paused before it resumes, and resume before its next pause"]}
        )
    return Correction(found, happened_at)


def _pauses_in_order(
    events: Sequence[tuple[Row[Any], datetime]], corrected: Row[Any], happened_at: datetime
) -> bool:
    clock = corrected.fields.get("clock")
    moments = [
        happened_at if event.sequence == corrected.sequence else at
        for event, at in events
        if event.kind in PAUSING and event.fields.get("clock") == clock
    ]
    return moments == sorted(moments)


def _moves_state(event: Row[Any]) -> bool:
    return bool(event.from_state != event.to_state)


def _clocks_of(connection: Connection, case_id: int) -> Sequence[Row[Any]]:
    return connection.execute(select(ClockRow).where(ClockRow.case_id == case_id).order_by(ClockRow.id)).all()


def _judge_again(
    connection: Connection,
    engine: CompiledPathway,
    row: Row[Any],
    correction: Correction,
    events: Sequence[tuple[Row[Any], datetime]],
    moment: Moment,
) -> None:
    started = row.started_by == correction.event.sequence
    stopped = row.stopped_by == correction.event.sequence
    pauses = [correction.of_pause(pause) for pause in row.pauses]
    if not (started or stopped or pauses != row.pauses):
        return
    start = correction.happened_at if started else row.started_at
    if row.pathway_id != moment.pathway_id:
        engine = compiled(connection, pathway_id=row.pathway_id)
    schedule = _schedule(engine, row, start, pauses, events)
    gross = _schedule(engine, row, start, (), events).due_at
    if row.status in {"running", "paused"}:
        _set_running(connection, row, schedule, pauses, moment, gross)
        return
    keep_revision(connection, row, moment=moment)
    stopped_at = correction.happened_at if stopped else row.stopped_at
    judgement = judge(schedule.due_at, stopped_at, row.stop_recorded_at)
    columns: dict[str, Any] = {
        f"{stage}_at": at for stage, at in stage_moments(schedule).items() if stage != "breach"
    }
    if row.status != "void":
        columns |= {"status": judgement.status, "recorded_late": judgement.recorded_late}
    columns |= {"started_at": start, "due_at": schedule.due_at, "gross_due_at": gross}
    connection.execute(
        update(ClockRow).where(ClockRow.id == row.id).values(stopped_at=stopped_at, pauses=pauses, **columns)
    )
    raise_corrected_stages(connection, row.id, until=stopped_at, moment=moment)
    words = {"void": "it no longer applied", "met": "it was met"}.get(
        columns.get("status", "void"), "it was missed"
    )
    settle_alerts(connection, row.id, moment=moment, words=f"{moment.title}: by the right date {words}")


def _schedule(
    engine: CompiledPathway,
    row: Row[Any],
    start: datetime,
    pauses: Sequence[Mapping[str, Any]],
    events: Sequence[tuple[Row[Any], datetime]],
) -> Schedule:
    clock = engine.pathway.clocks[row.name]
    running = open_clock(row)
    by = next(event for event, _ in events if event.sequence == row.started_by)
    sooner = by.fields.get(clock.or_sooner) if clock.or_sooner else None
    return rescheduled(
        clock,
        start=start,
        span=running.span,
        pauses=pauses_of(pauses),
        calendar=engine.calendar,
        no_later_than=date.fromisoformat(sooner) if sooner else None,
    )


def _set_running(
    connection: Connection,
    row: Row[Any],
    schedule: Schedule,
    pauses: list[Any],
    moment: Moment,
    gross_due_at: datetime,
) -> None:
    move_clock(
        connection, row, schedule, span=row.span, moment=moment, pauses=pauses, gross_due_at=gross_due_at
    )
    if row.status == "paused":
        settle_paused(connection, row.id, pauses[-1], moment=moment)


def _case_columns(
    connection: Connection,
    case: CaseRow,
    correction: Correction,
    events: Sequence[tuple[Row[Any], datetime]],
) -> dict[str, Any]:
    sequence, happened_at = correction.event.sequence, correction.happened_at
    due = select(func.min(ClockRow.due_at)).where(ClockRow.case_id == case.id, ClockRow.status == "running")
    columns: dict[str, Any] = {"next_due_at": connection.scalar(due)}
    last_move = max(event.sequence for event, _ in events if _moves_state(event))
    if sequence == last_move:
        columns["state_entered_at"] = happened_at
        if case.closed_at is not None:
            columns["closed_at"] = happened_at
    if sequence == 1:
        columns["opened_at"] = happened_at
        connection.execute(update(Contact).where(Contact.case_id == case.id).values(received_at=happened_at))
    return columns
