"""A case without a database: walks a compiled pathway step by step, as casework would."""

import random
from datetime import datetime, timedelta
from typing import Any

from earlyhelp.pathway.definition import Action, Field, Pathway, RequiredWhen
from earlyhelp.pathway.facts import Actor, Facts, OpenClock, Refused, Step
from earlyhelp.pathway.machine import CompiledPathway
from earlyhelp.pathway.vocabulary import PEOPLE_ROLES

SOMEBODY = Actor(id=1, roles=frozenset({*PEOPLE_ROLES, "public"}), team_kind="social_care")
"""May take every action: what a walk shows is the pathway, not the rota."""

HOUR = timedelta(hours=1)


class Walk:
    """One case on its way. `path` holds the names of the actions that were taken."""

    def __init__(self, engine: CompiledPathway, *, begun_at: datetime, chance: random.Random) -> None:
        self.engine, self.chance, self.now = engine, chance, begun_at
        self.facts = Facts(state=None)
        self.path: list[str] = []

    @property
    def pathway(self) -> Pathway:
        return self.engine.pathway

    @property
    def is_closed(self) -> bool:
        return self.facts.state is not None and self.pathway.states[self.facts.state].final

    def possible(self) -> list[str]:
        return list(self.engine.possible(self.facts, SOMEBODY, self.now))

    def take(self, name: str, **given: Any) -> Step:
        """Take an action with believable answers, or with those given. Refused is the engine's own answer."""
        self.now += HOUR
        fields = {**self._answers(self.pathway.actions[name]), **given}
        step = self.engine.step(self.facts, name, fields, SOMEBODY, self.now)
        self._follow(step)
        self.path.append(name)
        return step

    def wander(self, steps: int) -> None:
        """Take so many actions at random; one that is refused for its answers counts as none."""
        for _ in range(steps):
            try:
                self.take(self.chance.choice(self.possible()))
            except Refused:
                continue

    def _answers(self, action: Action) -> dict[str, Any]:
        given: dict[str, Any] = {}
        for field in action.fields:
            needed = field.required
            if isinstance(needed, RequiredWhen):
                needed = given.get(needed.when) in needed.values
            if needed or self.chance.random() < 0.5:
                given[field.name] = self._answer(field)
        return given

    def _answer(self, field: Field) -> Any:
        codes = [
            code
            for code, entry in self.pathway.choices(field).items()
            if entry.is_valid_on(self.now.date()) and self._is_open(field, code)
        ]
        anything: dict[str, Any] = {
            "date": (self.now + 24 * HOUR).date().isoformat(),
            "moment": self.now.isoformat(),
            "yes_no": True,
            "score": field.min if field.min is not None else field.max,
            "children": [{"given_name": "Ada"}],
            "choice": self.chance.choice(codes) if codes else "",
            "choices": codes[:2],
            "services": {"a service": codes[0]} if codes else ["a service"],
        }
        return anything.get(field.type, "1")

    def _is_open(self, field: Field, code: str) -> bool:
        return field.codes != "pausable_clocks" or code in {clock.name for clock in self.facts.clocks}

    def _follow(self, step: Step) -> None:
        ended = {*step.stops, *step.voids}
        kept = [clock for clock in self.facts.clocks if clock.key not in ended]
        started = [OpenClock(s.clock.name, self.now, s.schedule, s.span, about=s.about) for s in step.starts]
        known = {
            fact: step.sets[fact] for fact in ("level_of_need", "urgency", "agreement") if fact in step.sets
        }
        self.facts = self.facts._replace(
            state=step.to_state,
            came_from=step.came_from,
            outcome=step.outcome,
            closed_at=self.now if step.final else None,
            clocks=tuple(kept + started),
            **known,
        )
