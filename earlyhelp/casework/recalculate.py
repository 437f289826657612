"""Moving open clocks to a calendar that changed: a bank holiday announced late, a day the office closed (rule 14).

First `preview` says what would move; then `apply_batch` moves it, with an event on each case. A clock is reckoned again
from its start with every pause it has had, so that a run that was broken off is finished by running again: what has
moved no longer differs.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, select, update

from earlyhelp.casework.clockwork import move_clock
from earlyhelp.casework.history import Happening, append_event
from earlyhelp.casework.moments import Moment, office_moment
from earlyhelp.casework.pathways import compiled
from earlyhelp.casework.reading import CaseRow, case_to_change, open_clock, pauses_of, schedule_in
from earlyhelp.casework.refusals import NotAllowed
from earlyhelp.pathway.clocks import Pause, Schedule
from earlyhelp.pathway.consequences import rescheduled
from earlyhelp.pathway.facts import BadFields
from earlyhelp.pathway.machine import CompiledPathway
from earlyhelp.permissions import SYSTEM, Person, may
from earlyhelp.records.cases import Case, Event
from earlyhelp.records.clocks import ClockRow

ACTION, KIND, TITLE = "recalculate", "moved", "Working days changed"
BATCH = 200
"""Cases of one transaction."""
OPEN = ("running", "paused")


class Move(NamedTuple):
    """One clock that differs on today's calendar. Where only its warnings or ladder move, the due moments are equal."""

    reference: str
    clock: str
    due_before: datetime
    due_after: datetime


class Applied(NamedTuple):
    """What one batch moved. `after` is where the next begins; None when there is no next."""

    moves: tuple[Move, ...]
    after: int | None


def preview(connection: Connection) -> list[Move]:
    """Every open clock that would move, by case."""
    moves: list[Move] = []
    after: int | None = 0
    while after is not None:
        cases, after = _batch(connection, after, BATCH)
        every = [clock for clocks in cases.values() for clock in clocks]
        moves += [move for move, _, _ in differing(connection, every)]
    return moves


def apply_batch(
    connection: Connection,
    *,
    person: Person,
    reason: str,
    now: datetime,
    after: int = 0,
    at_most: int = BATCH,
) -> Applied:
    """Move the clocks of the next `at_most` cases after the one with that id, in the caller's transaction.

    Raises NotAllowed for anybody but an administrator, BadFields without a reason.
    """
    if not (may(person, "administration") or "system" in person.roles):
        raise NotAllowed("Only an administrator may move the time limits of all cases")
    if not reason.strip():
        raise BadFields({"reason": ["Say why the working days changed"]})
    cases, following = _batch(connection, after, at_most)
    moves: list[Move] = []
    for case_id, clocks in cases.items():
        if any(differing(connection, clocks)):
            moves += _move_case(
                connection, case_id, clocks[0].reference, person=person, reason=reason, now=now
            )
    return Applied(tuple(moves), following)


def record_system_event(
    connection: Connection,
    case: CaseRow,
    *,
    action: str,
    kind: str,
    person: Person,
    reason: str,
    fields: Mapping[str, Any],
    now: datetime,
) -> None:
    """One event on a case that no action of its pathway makes and that leaves it where it is.

    The case must be locked. Its version counts the event, so that a page opened before is stale.
    """
    link = append_event(
        connection,
        Happening(
            reference=case.reference,
            sequence=case.version + 1,
            action=action,
            kind=kind,
            from_state=case.state,
            to_state=case.state,
            occurred_at=now,
            recorded_at=now,
            actor=person.email,
            actor_role="system" if "system" in person.roles else "administrator",
            reason=reason,
            fields=fields,
            pathway=case.pathway,
            pathway_version=case.pathway_version,
        ),
        case_id=case.id,
        pathway_id=case.pathway_id,
        actor_id=person.id,
        team_id=case.team_id,
        lead_professional_id=case.lead_professional_id,
        previous_hash=case.last_hash,
    )
    changed = {"version": case.version + 1, "last_hash": link, "last_event_at": max(case.last_event_at, now)}
    connection.execute(update(Case).where(Case.id == case.id).values(changed))


def _batch(connection: Connection, after: int, at_most: int) -> tuple[dict[int, list[Any]], int | None]:
    """The open clocks of the next cases, with the fields of the event that started each."""
    ids = connection.scalars(
        select(ClockRow.case_id)
        .where(ClockRow.status.in_(OPEN), ClockRow.case_id > after)
        .distinct()
        .order_by(ClockRow.case_id)
        .limit(at_most)
    ).all()
    cases: dict[int, list[Any]] = {case_id: [] for case_id in ids}
    for clock in open_clocks(connection, ClockRow.case_id.in_(ids)):
        cases[clock.case_id].append(clock)
    return cases, ids[-1] if len(ids) == at_most else None


def open_clocks(
    connection: Connection, those: ColumnElement[bool], *, by: Sequence[Any] = (ClockRow.case_id, ClockRow.id)
) -> Sequence[Any]:
    """Those of the open clocks, each with its case's reference and the fields of the event that started it."""
    return connection.execute(
        select(ClockRow, Case.reference, Event.fields.label("start_fields"))
        .join(Case, Case.id == ClockRow.case_id)
        .join(Event, (Event.case_id == ClockRow.case_id) & (Event.sequence == ClockRow.started_by))
        .where(those, ClockRow.status.in_(OPEN))
        .order_by(*by)
    ).all()


def differing(connection: Connection, clocks: Sequence[Any]) -> list[tuple[Move, Any, Schedule]]:
    """The clocks whose schedule on today's calendar is another than the one they have."""
    found = []
    engines = {one: compiled(connection, pathway_id=one) for one in {clock.pathway_id for clock in clocks}}
    for clock in clocks:
        anew = _schedule(engines[clock.pathway_id], clock, pauses_of(clock.pauses))
        if anew != schedule_in(clock):
            move = Move(clock.reference, clock.name, clock.due_at, anew.due_at)
            found.append((move, clock, anew))
    return found


def _schedule(engine: CompiledPathway, clock: Any, pauses: Sequence[Pause]) -> Schedule:
    declared = engine.pathway.clocks[clock.name]
    sooner = clock.start_fields.get(declared.or_sooner) if declared.or_sooner else None
    return rescheduled(
        declared,
        start=clock.started_at,
        span=open_clock(clock).span,
        pauses=pauses,
        calendar=engine.calendar,
        no_later_than=date.fromisoformat(sooner) if sooner else None,
    )


def _move_case(
    connection: Connection, case_id: int, reference: str, *, person: Person, reason: str, now: datetime
) -> list[Move]:
    """Reckon again under the lock: somebody may have acted since we looked."""
    case = case_to_change(connection, reference=reference, person=SYSTEM)
    found = differing(connection, open_clocks(connection, ClockRow.case_id == case_id))
    if not found:
        return []
    moves = [move for move, _, _ in found]
    written = [
        {
            "clock": move.clock,
            "due_before": move.due_before.isoformat(),
            "due_after": move.due_after.isoformat(),
        }
        for move in moves
    ]
    record_system_event(
        connection,
        case,
        action=ACTION,
        kind=KIND,
        person=person,
        reason=reason,
        fields={"clocks": written},
        now=now,
    )
    moment = office_moment(case, case.pathway_id, title=TITLE, person=person, reason=reason, now=now)
    for _, clock, schedule in found:
        _move(connection, clock, schedule, moment)
    _renew_next_due(connection, case_id)
    return moves


def _move(connection: Connection, clock: Any, schedule: Schedule, moment: Moment) -> None:
    engine = compiled(connection, pathway_id=clock.pathway_id)
    gross = _schedule(engine, clock, ()).due_at
    move_clock(connection, clock, schedule, span=clock.span, moment=moment, gross_due_at=gross)


def _renew_next_due(connection: Connection, case_id: int) -> None:
    running = (ClockRow.case_id == case_id, ClockRow.status == "running")
    nearest = select(ClockRow.due_at).where(*running).order_by(ClockRow.due_at).limit(1).scalar_subquery()
    connection.execute(update(Case).where(Case.id == case_id).values(next_due_at=nearest))
