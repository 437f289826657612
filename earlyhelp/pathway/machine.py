"""A pathway compiled once into one shared `transitions` machine, and the step that one action takes.

The machine never sees a case or a string it could import: it is fired on a throw-away cursor, and its only
conditions are our own closures. Safe from any number of threads, because nothing in it changes after building.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from transitions import EventData, Machine, Transition

from earlyhelp.pathway.calendar import Calendar
from earlyhelp.pathway.consequences import effects_on_clocks, stopped_by
from earlyhelp.pathway.definition import Action, Guard, Pathway, Way
from earlyhelp.pathway.facts import (
    Actor,
    BadFields,
    Facts,
    GuardRefused,
    Step,
    UnknownAction,
    WrongRole,
    WrongState,
)
from earlyhelp.pathway.fields import read_fields
from earlyhelp.pathway.guards import GUARDS, Situation
from earlyhelp.pathway.vocabulary import BACK, SAME

NOWHERE = "(nowhere)"
"""Where a case is before it exists; cannot be the name of a state."""


class Cursor:
    """The one-attribute model on which the shared machine is fired."""

    __slots__ = ("state",)

    def __init__(self, state: str) -> None:
        self.state = state


class Straight(Transition):
    """A transition without callbacks. There are none here, and to look for them took a quarter of a step's time."""

    dest: str

    def execute(self, event_data: EventData) -> bool:
        if not self._eval_conditions(event_data):
            return False
        event_data.machine.set_state(self.dest, event_data.model)
        return True


class SharedMachine(Machine):
    """Serves every case; only conditions are ever added to it."""

    transition_cls = Straight


@dataclass(frozen=True)
class CompiledPathway:
    """A pathway ready to answer. Built by `compile_pathway`, shared by every case on this version."""

    pathway: Pathway
    calendar: Calendar
    machine: Machine
    never_stopped: Mapping[str, frozenset[str]]

    def step(
        self,
        facts: Facts,
        action: str,
        fields: Mapping[str, Any],
        actor: Actor,
        occurred_at: datetime,
        known_errors: Mapping[str, list[str]] | None = None,
    ) -> Step:
        """What follows when `actor` takes `action`.

        `known_errors` are faults that the caller found already (a person who does not exist): they are told
        together with ours. Raises UnknownAction, WrongRole, WrongState, BadFields or GuardRefused.
        """
        declared = self._declared(action)
        self._check_role(declared, actor)
        self._check_state(declared, facts, actor)
        clean, errors = read_fields(self.pathway, declared, fields, self.calendar.date_of(occurred_at))
        errors |= known_errors or {}
        if errors:
            raise BadFields(errors)
        situation = Situation(facts, clean, actor, occurred_at, self.calendar, self.pathway.terms)
        return self._follow(declared, situation, self._destination(declared, situation))

    def possible(self, facts: Facts, actor: Actor, now: datetime) -> tuple[str, ...]:
        """Names of the actions this actor may take now, as far as can be told before fields are given."""
        situation = Situation(facts, {}, actor, now, self.calendar, self.pathway.terms)
        here = (
            self.pathway.actions_from(facts.state)
            if facts.state is not None
            else self.pathway.opening_actions()
        )
        return tuple(
            action.name
            for action in here
            if not actor.roles.isdisjoint(action.takers)
            and not any(_objection(guard, situation) for guard in action.guards if _asked_early(guard))
            and self._clock_action_makes_sense(action, facts)
        )

    def _declared(self, action: str) -> Action:
        declared = self.pathway.actions.get(action)
        if declared is None:
            raise UnknownAction(f"The pathway '{self.pathway.title}' has no action '{action}'")
        return declared

    def _check_role(self, action: Action, actor: Actor) -> None:
        if actor.roles.isdisjoint(action.takers):
            who = " or ".join(map(self.pathway.term, action.roles)) or "nobody"
            raise WrongRole(f"{action.title}: only for {who}")

    def _check_state(self, action: Action, facts: Facts, actor: Actor) -> None:
        if (facts.state in action.sources) if facts.state else action.opens_a_case:
            return
        state = self.pathway.states.get(facts.state or "")
        possible = tuple(
            other.name
            for other in (self.pathway.actions_from(facts.state) if facts.state else ())
            if not actor.roles.isdisjoint(other.takers)
        )
        where = state.title if state else "a case that does not exist yet"
        raise WrongState(f"{action.title} is not possible from: {where}", possible)

    def _destination(self, action: Action, situation: Situation) -> str:
        cursor = Cursor(situation.facts.state or NOWHERE)
        moved = self.machine.events[action.name].trigger(cursor, situation=situation)
        if not moved:
            raise WrongState(f"{action.title}: there is no state to go back to", ())
        return cursor.state

    def _follow(self, action: Action, situation: Situation, to_state: str) -> Step:
        facts, fields = situation.facts, situation.fields
        destination = self.pathway.states[to_state]
        sets: dict[str, Any] = {fact: fields[name] for fact, name in action.setting if name in fields}
        # Whoever goes on with the case after a step up sees that there is no agreement any more.
        if action.kind == "agreement_withdrawn":
            sets["agreement"] = "refused"
        clocks = effects_on_clocks(
            self.pathway,
            action,
            situation,
            sets=sets,
            to_state=to_state,
            never_stopped=self.never_stopped[to_state],
        )
        return Step(
            action=action,
            from_state=facts.state,
            to_state=to_state,
            to_kind=destination.kind,
            final=destination.final,
            came_from=self._came_from(facts, to_state),
            outcome=self._outcome(action, facts, fields, destination.final),
            fields=fields,
            sets=sets,
            starts=clocks.starts,
            stops=clocks.stops,
            voids=clocks.voids,
            moves=clocks.moves,
            pauses=clocks.pauses,
            resumes=clocks.resumes,
        )

    def _came_from(self, facts: Facts, to_state: str) -> str | None:
        entering = self.pathway.states[to_state].kind == "step_up" and facts.state != to_state
        return facts.state if entering else facts.came_from

    def _outcome(self, action: Action, facts: Facts, fields: Mapping[str, Any], final: bool) -> str | None:
        if not final:
            return None
        if action.outcome_field and action.outcome_field in fields:
            return str(fields[action.outcome_field])
        return action.outcome_from(facts.came_from) or facts.outcome

    def _clock_action_makes_sense(self, action: Action, facts: Facts) -> bool:
        wants_paused = {"clock_paused": False, "clock_resumed": True}.get(action.kind)
        if wants_paused is None:
            return True
        return any(
            clock.paused is wants_paused and self.pathway.clocks[clock.name].pausable
            for clock in facts.clocks
        )


def objections(engine: CompiledPathway, facts: Facts, actor: Actor, now: datetime) -> dict[str, str]:
    """Actions this actor could take from here but for a guard, with its words: what would make it possible."""
    situation = Situation(facts, {}, actor, now, engine.calendar, engine.pathway.terms)
    return {
        action.name: objection.words
        for action in (engine.pathway.actions_from(facts.state) if facts.state is not None else ())
        if not actor.roles.isdisjoint(action.takers)
        for guard in action.guards
        if _asked_early(guard) and (objection := _objection(guard, situation)) is not None
    }


def compile_pathway(pathway: Pathway, calendar: Calendar) -> CompiledPathway:
    """Build the shared machine. The pathway must have passed lint: here only its shape is relied on."""
    machine = SharedMachine(
        model=None,
        states=[NOWHERE, *pathway.states],
        initial=NOWHERE,
        auto_transitions=False,
        send_event=True,
    )
    for action in pathway.actions.values():
        for source in action.sources or [NOWHERE]:
            _add_ways(machine, pathway, action, source)
    return CompiledPathway(pathway, calendar, machine, _never_stopped(pathway))


def _add_ways(machine: Machine, pathway: Pathway, action: Action, source: str) -> None:
    guarded = [_guard_condition(action.guards)] if action.guards else []
    for way in action.ways:
        conditions = [_way_condition(pathway, action, way), *guarded]
        machine.add_transition(action.name, source, way.to, conditions=conditions)
    if action.to == BACK:
        for target in pathway.states:
            machine.add_transition(
                action.name, source, target, conditions=[_back_condition(target), *guarded]
            )
        return
    machine.add_transition(action.name, source, source if action.to == SAME else action.to, guarded)


def _guard_condition(guards: list[Guard]) -> Any:
    def guarded(event: EventData) -> bool:
        situation: Situation = event.kwargs["situation"]
        for guard in guards:
            objection = _objection(guard, situation)
            if objection is not None:
                raise GuardRefused(objection.words, objection.field)
        return True

    return guarded


def _way_condition(pathway: Pathway, action: Action, way: Way) -> Any:
    def taken(event: EventData) -> bool:
        situation: Situation = event.kwargs["situation"]
        if way.when is not None:
            return situation.fields.get(way.when) in way.values
        stopped = stopped_by(pathway, action, situation.facts, situation.fields)
        return any(clock.name == way.still and clock.key not in stopped for clock in situation.facts.clocks)

    return taken


def _back_condition(target: str) -> Any:
    def came_from_there(event: EventData) -> bool:
        return bool(event.kwargs["situation"].facts.came_from == target)

    return came_from_there


def _objection(guard: Guard, situation: Situation) -> Any:
    return GUARDS[guard.name].check(situation, **guard.parameters)


def _asked_early(guard: Guard) -> bool:
    return not GUARDS[guard.name].reads_fields


def _never_stopped(pathway: Pathway) -> dict[str, frozenset[str]]:
    """For each final state, the clocks that no action possible there could stop; none for other states."""
    found: dict[str, frozenset[str]] = {}
    for state in pathway.states.values():
        possible = {
            action.name for action in pathway.actions_from(state.name) if action.to in {SAME, state.name}
        }
        found[state.name] = (
            frozenset(c.name for c in pathway.clocks.values() if not possible & set(c.stops))
            if state.final
            else frozenset()
        )
    return found
