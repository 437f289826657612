"""Moving open cases to another version of their pathway, with every clock shown before and after.

A case keeps the version it started on until an administrator moves it. What is past stays as it is: events, clocks that
have ended, and a time limit that has passed, which goes on as it was until something stops it. The other clocks are
reckoned again from their original start. New kinds of clock begin with the next action that starts them.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, func, literal, select, union_all, update

from earlyhelp.casework.clockwork import move_clock, written_span
from earlyhelp.casework.history import Happening, append_event
from earlyhelp.casework.moments import Moment, office_moment
from earlyhelp.casework.pathways import compiled
from earlyhelp.casework.reading import CaseRow, case_to_change, facts_of, pauses_of, running_clocks
from earlyhelp.casework.refusals import NotAllowed
from earlyhelp.casework.settling import settle_alerts
from earlyhelp.pathway.clocks import Pause, Schedule, Span
from earlyhelp.pathway.consequences import rescheduled
from earlyhelp.pathway.definition import Clock
from earlyhelp.pathway.facts import BadFields
from earlyhelp.pathway.machine import CompiledPathway
from earlyhelp.permissions import SYSTEM, Person, may
from earlyhelp.records.cases import Case, Event
from earlyhelp.records.clocks import ClockRow
from earlyhelp.records.reference import PublishedPathway

ACTION, KIND, TITLE = "move_to_version", "pathway_moved", "Moved to another version of the pathway"
BATCH = 200
"""Cases of one transaction, where somebody moves more than they can wait for."""
MOST_COUNTED = 1_000
"""Open cases of a version that are counted: of more, nobody is told how many."""
NO_MAPPING: Mapping[str, str] = {}


class MoveRefused(Exception):
    """A case cannot be moved as asked; nothing has been. `plans` are those that refuse."""

    def __init__(self, plans: Sequence["Plan"]) -> None:
        self.plans = plans
        super().__init__("; ".join(f"{plan.reference}: {plan.refusal}" for plan in plans))


class ClockChange(NamedTuple):
    """One open clock before and after. `due_after` is None where the new version has no such time limit."""

    row: Any
    title: str
    due_before: datetime
    due_after: datetime | None
    breached_before: bool
    breached_after: bool
    schedule: Schedule | None = None
    span: Span | None = None
    gross_due_at: datetime | None = None

    @property
    def stays(self) -> bool:
        """Nothing of it moves: its limit has passed, and past breaches never change."""
        return self.breached_before


class Plan(NamedTuple):
    """What moving one case would do. With a `refusal` it cannot be moved; `missing` are the states without a place."""

    case_id: int
    reference: str
    from_version: str
    state: str
    to_state: str | None
    came_from: str | None
    clocks: tuple[ClockChange, ...]
    refusal: str | None = None
    missing: tuple[str, ...] = ()


def waiting_to_move(connection: Connection, *, pathway_id: int) -> int:
    """How many open cases run on other versions of the same pathway."""
    return int(connection.scalar(select(func.count()).select_from(_others(pathway_id).subquery())) or 0)


def open_by_version(connection: Connection, *, name: str) -> dict[int, int]:
    """Open cases of each version of a pathway, counted until there is one more than MOST_COUNTED."""
    versions = connection.scalars(select(PublishedPathway.id).where(PublishedPathway.name == name)).all()
    if not versions:
        return {}
    return dict(connection.execute(union_all(*map(_open_of_version, versions))).all())


def _open_of_version(pathway_id: int) -> Select[int, int]:
    """By id in the statement, so that PostgreSQL looks into an index that holds open cases only, and no case."""
    cases = select(Case.pathway_id).where(Case.is_open, Case.pathway_id == pathway_id)
    number = select(func.count()).select_from(cases.limit(MOST_COUNTED + 1).subquery()).scalar_subquery()
    return select(literal(pathway_id), number)


def preview_moves(
    connection: Connection,
    *,
    pathway_id: int,
    now: datetime,
    states: Mapping[str, str] = NO_MAPPING,
    after: int = 0,
    at_most: int = BATCH,
) -> list[Plan]:
    """What would become of the next open cases on other versions, after the case of that id. Nothing moves."""
    ids = connection.scalars(
        _others(pathway_id).where(Case.id > after).order_by(Case.id).limit(at_most)
    ).all()
    target = compiled(connection, pathway_id=pathway_id)
    cases = connection.execute(
        select(Case, PublishedPathway.version.label("pathway_version"))
        .join(PublishedPathway, PublishedPathway.id == Case.pathway_id)
        .where(Case.id.in_(ids))
        .order_by(Case.id)
    ).all()
    clocks: dict[int, list[Any]] = {case_id: [] for case_id in ids}
    for clock in connection.execute(_open_clocks(ids)):
        clocks[clock.case_id].append(clock)
    return [_plan(connection, target, case, clocks[case.id], states, now) for case in cases]


def move_cases(
    connection: Connection,
    *,
    pathway_id: int,
    references: Sequence[str],
    person: Person,
    reason: str,
    now: datetime,
    states: Mapping[str, str] = NO_MAPPING,
) -> list[Plan]:
    """Move these cases to the version of that id, in the caller's transaction: all of them, or none.

    `states` gives, for a state that the version does not have, the one in which the case goes on. Raises NotAllowed
    for anybody but an administrator, BadFields without a reason, MoveRefused when a case cannot be moved.
    """
    if not (may(person, "administration") or "system" in person.roles):
        raise NotAllowed("Only an administrator may move cases to another version")
    if not reason.strip():
        raise BadFields({"reason": ["Say why the cases move"]})
    target = compiled(connection, pathway_id=pathway_id)
    asked: list[tuple[CaseRow, Plan]] = []
    for reference in sorted(set(references)):
        case = case_to_change(connection, reference=reference, person=SYSTEM)
        if case.pathway_id != pathway_id:
            clocks = connection.execute(_open_clocks([case.id])).all()
            asked.append((case, _plan(connection, target, case, clocks, states, now)))
    if refused := [plan for _, plan in asked if plan.refusal is not None]:
        raise MoveRefused(refused)
    for case, plan in asked:
        _move(connection, target, pathway_id, case, plan, person=person, reason=reason.strip(), now=now)
    return [plan for _, plan in asked]


def _others(pathway_id: int) -> Any:
    mine = select(PublishedPathway.name).where(PublishedPathway.id == pathway_id).scalar_subquery()
    versions = select(PublishedPathway.id).where(
        PublishedPathway.name == mine, PublishedPathway.id != pathway_id
    )
    return select(Case.id).where(Case.is_open, Case.pathway_id.in_(versions))


def _open_clocks(case_ids: Sequence[int]) -> Any:
    return (
        select(ClockRow, Event.fields.label("start_fields"), Event.action.label("start_action"))
        .join(Event, (Event.case_id == ClockRow.case_id) & (Event.sequence == ClockRow.started_by))
        .where(ClockRow.case_id.in_(case_ids), ClockRow.status.in_(("running", "paused")))
        .order_by(ClockRow.case_id, ClockRow.id)
    )


def _plan(
    connection: Connection,
    target: CompiledPathway,
    case: Any,
    clocks: Sequence[Any],
    states: Mapping[str, str],
    now: datetime,
) -> Plan:
    changes = tuple(_change(connection, target, case, row, now) for row in clocks)
    to_state, came_from = _place(target, case.state, states), None
    missing = () if to_state else (case.state,)
    if case.came_from is not None:
        came_from = _place(target, case.came_from, states)
        if came_from is None and case.state_kind == "step_up":
            missing += (case.came_from,)
    refusal = _refusal(connection, target, case, changes, to_state, missing)
    return Plan(
        case.id,
        case.reference,
        case.pathway_version,
        case.state,
        to_state,
        came_from,
        changes,
        refusal,
        missing,
    )


def _place(target: CompiledPathway, state: str, states: Mapping[str, str]) -> str | None:
    place = states.get(state, state) if state not in target.pathway.states else state
    return place if place in target.pathway.states else None


def _refusal(
    connection: Connection,
    target: CompiledPathway,
    case: Any,
    changes: Sequence[ClockChange],
    to_state: str | None,
    missing: Sequence[str],
) -> str | None:
    version = target.pathway.version
    if target.pathway.name != compiled(connection, pathway_id=case.pathway_id).pathway.name:
        return "it runs on another pathway"
    if not case.is_open:
        return "it is closed: it keeps the version it was closed on"
    if missing:
        names = " and ".join(name.replace("_", " ") for name in dict.fromkeys(missing))
        return f"version {version} has no state “{names}”: say in which state it goes on"
    if to_state is not None and target.pathway.states[to_state].final:
        return "a case can only be closed by an action of its pathway, not by moving it"
    levels = {level.code or level.key for level in target.pathway.levels}
    if case.level_of_need is not None and case.level_of_need not in levels:
        return f"version {version} has no level of need “{case.level_of_need}”"
    gone = [
        change.title for change in changes if change.stays and change.row.name not in target.pathway.clocks
    ]
    if gone:
        return f"“{gone[0]}” has passed, and version {version} has no such time limit: a breach stays until it ends"
    return None


def _change(
    connection: Connection, target: CompiledPathway, case: Any, row: Any, now: datetime
) -> ClockChange:
    own = compiled(connection, pathway_id=row.pathway_id).pathway.clocks[row.name]
    breached = row.status == "running" and row.due_at <= now
    declared = target.pathway.clocks.get(row.name)
    if breached:
        return ClockChange(row, own.title, row.due_at, row.due_at, breached_before=True, breached_after=True)
    span = _span(declared, case, row) if declared else None
    if declared is None or span is None:
        return ClockChange(row, own.title, row.due_at, None, breached_before=False, breached_after=False)
    schedule = _schedule(target, declared, row, span, pauses_of(row.pauses))
    gross = _schedule(target, declared, row, span, ()).due_at
    late = row.status == "running" and schedule.due_at <= now
    return ClockChange(
        row, declared.title, row.due_at, schedule.due_at, breached, late, schedule, span, gross
    )


def _span(declared: Clock, case: Any, row: Any) -> Span | None:
    """The span by the new rules; None where they have no such time limit for this case."""
    facts = facts_of(case, ()).deciding()
    if not declared.holds_for(facts) or (row.about != "") != (declared.each is not None):
        return None
    try:
        return declared.span_for(action=row.start_action, facts=facts)
    except KeyError:
        return None


def _schedule(
    target: CompiledPathway, declared: Clock, row: Any, span: Span, pauses: Sequence[Pause]
) -> Schedule:
    sooner = row.start_fields.get(declared.or_sooner) if declared.or_sooner else None
    return rescheduled(
        declared,
        start=row.started_at,
        span=span,
        pauses=pauses,
        calendar=target.calendar,
        no_later_than=date.fromisoformat(sooner) if sooner else None,
    )


def _move(
    connection: Connection,
    target: CompiledPathway,
    pathway_id: int,
    case: Any,
    plan: Plan,
    *,
    person: Person,
    reason: str,
    now: datetime,
) -> None:
    assert plan.to_state is not None
    moment = office_moment(case, pathway_id, title=TITLE, person=person, reason=reason, now=now)
    link = _write_event(connection, target, case, plan, moment, person)
    for change in plan.clocks:
        _move_clock(connection, pathway_id, change, moment)
    running = [row for row in running_clocks(connection, case_id=case.id) if row.status == "running"]
    changed: dict[str, Any] = {
        "pathway_id": pathway_id,
        "state": plan.to_state,
        "state_kind": target.pathway.states[plan.to_state].kind,
        "came_from": plan.came_from,
        "version": case.version + 1,
        "last_hash": link,
        "last_event_at": max(case.last_event_at, now),
        "next_due_at": min((row.due_at for row in running), default=None),
    }
    if plan.to_state != case.state:
        changed["state_entered_at"] = now
    connection.execute(update(Case).where(Case.id == case.id).values(changed))


def _write_event(
    connection: Connection,
    target: CompiledPathway,
    case: Any,
    plan: Plan,
    moment: Moment,
    person: Person,
) -> str:
    return append_event(
        connection,
        Happening(
            reference=case.reference,
            sequence=moment.sequence,
            action=ACTION,
            kind=KIND,
            from_state=case.state,
            to_state=plan.to_state or case.state,
            occurred_at=moment.occurred_at,
            recorded_at=moment.recorded_at,
            actor=person.email,
            actor_role="system" if "system" in person.roles else "administrator",
            reason=moment.reason,
            fields={
                "from_version": plan.from_version,
                "to_version": target.pathway.version,
                "clocks": [_written(change) for change in plan.clocks],
            },
            pathway=target.pathway.name,
            pathway_version=target.pathway.version,
        ),
        case_id=case.id,
        pathway_id=moment.pathway_id,
        actor_id=person.id,
        team_id=case.team_id,
        lead_professional_id=case.lead_professional_id,
        previous_hash=case.last_hash,
    )


def _written(change: ClockChange) -> dict[str, str | None]:
    return {
        "clock": change.row.name,
        "due_before": change.due_before.isoformat(),
        "due_after": change.due_after.isoformat() if change.due_after else None,
    }


def _move_clock(connection: Connection, pathway_id: int, change: ClockChange, moment: Moment) -> None:
    """A passed one keeps its row as it is, rules and all; one that is gone ends; any other is set anew."""
    if change.stays:
        return
    this = update(ClockRow).where(ClockRow.id == change.row.id)
    if change.schedule is None or change.span is None:
        ended = {"status": "void", "stopped_at": moment.occurred_at, "stop_recorded_at": moment.recorded_at}
        connection.execute(this.values(**ended, stopped_by=moment.sequence, next_moment=None))
        words = f"{TITLE}: this time limit no longer applies"
        settle_alerts(connection, change.row.id, moment=moment, words=words)
        return
    connection.execute(this.values(pathway_id=pathway_id))  # whose ladder it is that may be raised now
    move_clock(
        connection,
        change.row,
        change.schedule,
        span=written_span(change.span),
        moment=moment,
        gross_due_at=change.gross_due_at,
    )
