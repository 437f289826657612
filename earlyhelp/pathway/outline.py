"""What there is to show of a pathway, state by state: the same for the picture and for its words."""

from typing import NamedTuple

from earlyhelp.pathway.definition import Action, Clock, Pathway, Way
from earlyhelp.pathway.lint.running import runs_of
from earlyhelp.pathway.lint.travel import travel
from earlyhelp.pathway.vocabulary import BACK, SAME, STATE_KINDS

BEGINNING = "A case begins"


class Step(NamedTuple):
    """One action as it is seen from a state. `to` is a state, `back`, or None where the case stays."""

    title: str
    roles: str
    to: str | None
    where: str
    """Where it leads, in words; empty where the case stays."""


class Station(NamedTuple):
    """One state with everything that can happen there. `name` is None for the beginning of a case."""

    name: str | None
    title: str
    kind: str
    final: bool
    description: str
    steps: tuple[Step, ...]
    clocks: tuple[str, ...]

    @property
    def leaving(self) -> list[Step]:
        return [step for step in self.steps if step.to is not None]

    @property
    def staying(self) -> list[Step]:
        return [step for step in self.steps if step.to is None]


def outline(pathway: Pathway) -> list[Station]:
    """The beginning, then every state in the order in which families travel: by kind, then as the file has them."""
    ways = travel(pathway)
    runs = {name: runs_of(pathway, clock, ways).states for name, clock in pathway.clocks.items()}
    opening = tuple(step for action in pathway.opening_actions() for step in _steps(pathway, action))
    stations = [Station(None, BEGINNING, "", False, "", opening, ())]
    for state in sorted(pathway.states.values(), key=lambda state: STATE_KINDS.index(state.kind)):
        steps = (step for action in pathway.actions_from(state.name) for step in _steps(pathway, action))
        clocks = (
            limit_of(pathway, clock) for name, clock in pathway.clocks.items() if state.name in runs[name]
        )
        kind = state.kind.replace("_", " ")
        stations.append(
            Station(
                state.name, state.title, kind, state.final, state.description, tuple(steps), tuple(clocks)
            )
        )
    return stations


def role_words(pathway: Pathway, role: str) -> str:
    """What this council calls a role."""
    return pathway.term(role)


def limit_of(pathway: Pathway, clock: Clock) -> str:
    """A time limit in a few words."""
    if clock.due_by is not None:
        spans = ", ".join(f"{code} {span}" for code, span in clock.dues.items())
        return f"{clock.title}: {spans}"
    later = "".join(
        f", after ‘{pathway.actions[name].title}’ {span}" for name, span in clock.due_after.items()
    )
    sooner = ", or sooner if so agreed" if clock.or_sooner else ""
    only = "".join(
        f", only where {fact} is {' or '.join(values)}" for fact, values in clock.only_when.items()
    )
    return f"{clock.title}: {clock.due}{later}{sooner}{only}"


def _steps(pathway: Pathway, action: Action) -> list[Step]:
    steps = [_step(pathway, action, way.to, way) for way in action.ways]
    return [*steps, _step(pathway, action, action.to, None)]


def _step(pathway: Pathway, action: Action, to: str, way: Way | None) -> Step:
    title = action.title
    if way is not None:
        title = f"{title}: {_said(pathway, action, way)}"
    roles = ", ".join(role_words(pathway, role) for role in action.roles)
    if to == SAME:
        return Step(title, roles, None, "")
    return Step(title, roles, to, "where it came from" if to == BACK else pathway.states[to].title)


def _said(pathway: Pathway, action: Action, way: Way) -> str:
    """When this way is taken, in a few words."""
    if way.when is None:
        clock = pathway.clocks.get(way.still or "")
        return f"while ‘{clock.title if clock else way.still}’ still runs"
    field = action.field(way.when)
    answers = pathway.choices(field) if field else {}
    return " or ".join(answers[value].label if value in answers else value for value in way.values)
