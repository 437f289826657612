"""A clock with its working: every day from its start, whether it counted and why, and whose day it was."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from earlyhelp.pathway.clocks import Pause, describe_span, reaches_past_known_holidays
from earlyhelp.pathway.definition import Pathway
from earlyhelp.pathway.machine import CompiledPathway
from earlyhelp.pathway.spans import Span
from earlyhelp.pathway.working import DayLine, HolderSpell, gross_days, net_days, whose_days, working
from earlyhelp.records.cases import Event
from earlyhelp.records.clocks import Alert, ClockRow
from earlyhelp.records.organisation import User

HELD_ELSEWHERE = {"information": "agency", "authorisation": "manager", "step_up": "social_care"}
"""While a case waits in a state of this kind, its days are not the fault of whoever holds the clock (rule 13)."""
PASSED_ON = frozenset({"front_door", "lead_professional"})


class Working(NamedTuple):
    """One run of a clock, shown day by day."""

    clock: Any
    engine: CompiledPathway
    """The version that it ran on."""
    rule: str
    pathway_version: str
    days: list[DayLine]
    whose: dict[str, int]
    gross_days: int
    net_days: int
    past_known_holidays: bool
    alerts: Sequence[Any]


def workings_of(
    connection: Connection,
    *,
    case: Any,
    engine_of: Callable[[int], CompiledPathway],
    name: str,
    now: datetime,
) -> list[Working]:
    """Every run of one clock of a case, latest first, each by the version that it ran on; empty when it never ran."""
    clocks = connection.execute(
        select(ClockRow)
        .where(ClockRow.case_id == case.id, ClockRow.name == name)
        .order_by(ClockRow.id.desc())
    ).all()
    if not clocks:
        return []
    events = _events(connection, case.id)
    ids = [clock.id for clock in clocks]
    alerts = connection.execute(
        select(Alert).where(Alert.clock_id.in_(ids)).order_by(Alert.fell_due_at, Alert.id)
    ).all()
    return [
        _working(clock, engine_of, events, [a for a in alerts if a.clock_id == clock.id], now)
        for clock in clocks
    ]


def _events(connection: Connection, case_id: int) -> Sequence[Any]:
    return connection.execute(
        select(
            Event.occurred_at,
            Event.sequence,
            Event.to_state,
            Event.pathway_id,
            Event.fields,
            User.name.label("lead"),
        )
        .outerjoin(User, User.id == Event.lead_professional_id)
        .where(Event.case_id == case_id)
        .order_by(Event.sequence)
    ).all()


def _working(
    clock: Any,
    engine_of: Callable[[int], CompiledPathway],
    events: Sequence[Any],
    alerts: Sequence[Any],
    now: datetime,
) -> Working:
    engine = engine_of(clock.pathway_id)
    counting = engine.pathway.clocks[clock.name].counting
    span = Span.model_validate(clock.span)
    until = clock.stopped_at or max(now, clock.due_at)
    pauses = [
        Pause(
            datetime.fromisoformat(pause["paused_at"]),
            datetime.fromisoformat(pause["resumed_at"]) if pause["resumed_at"] else None,
            pause["reason"],
        )
        for pause in clock.pauses
    ]
    spells = list(_holders(clock, engine_of, events))
    elapsed = clock.stopped_at or max(now, clock.started_at)
    counted = working(clock.started_at, elapsed, pauses, span, counting, engine.calendar, spells)
    return Working(
        clock=clock,
        engine=engine,
        rule=describe_span(span, counting),
        pathway_version=f"{engine.pathway.name} {engine.pathway.version}",
        days=working(clock.started_at, until, pauses, span, counting, engine.calendar, spells),
        whose=whose_days(counted),
        gross_days=gross_days(clock.started_at, elapsed, span, counting, engine.calendar),
        net_days=net_days(clock.started_at, elapsed, pauses, span, counting, engine.calendar),
        past_known_holidays=reaches_past_known_holidays(clock.due_at, engine.calendar),
        alerts=alerts,
    )


def _holders(
    clock: Any, engine_of: Callable[[int], CompiledPathway], events: Iterable[Any]
) -> Iterable[HolderSpell]:
    """From when on each holder had it: the clock's own, or whoever the case's state waits for."""
    latest = None
    for event in events:
        pathway = engine_of(event.pathway_id).pathway
        state = pathway.states.get(event.to_state)
        holder = clock.holder
        if holder in PASSED_ON and state is not None:
            holder = HELD_ELSEWHERE.get(state.kind, holder)
        named = clock.about if holder == "agency" else ""
        name = named or _name(holder, event, pathway)
        if name != latest:
            yield HolderSpell(max(event.occurred_at, clock.started_at), name)
            latest = name


def _name(holder: str, event: Any, pathway: Pathway) -> str:
    if holder == "lead_professional" and event.lead:
        return str(event.lead)
    if holder == "agency":
        return str(event.fields.get("from_whom") or "The agency asked")
    words = pathway.term(holder)
    return words[:1].upper() + words[1:]
