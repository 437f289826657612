"""Every way a case can go, with what may be known about it in each state.

An over-estimate on purpose: what is impossible here is impossible for every case, so that a complaint is never wrong.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from earlyhelp.pathway.definition import Action, Field, Guard, Pathway, RequiredWhen, Way
from earlyhelp.pathway.vocabulary import BACK, SAME

Values = frozenset[str | None]
Known = Mapping[str, Values]
"""For each fact, the values it may have; None among them where it may be unset."""

NOTHING: Values = frozenset({None})
SOMEBODY: Values = frozenset({"somebody"})
FACTS = ("level_of_need", "urgency", "agreement", "lead_professional", "outcome")
DONE_BY_THE_SYSTEM = frozenset({"system"})


class Edge(NamedTuple):
    """One step that some case can take: from a state (None: it begins), by an action, and what is known after it."""

    source: str | None
    action: str
    to: str
    known: Known
    goes_back: bool = False

    @property
    def moves(self) -> bool:
        return self.source != self.to


@dataclass(frozen=True)
class Travel:
    """All steps that can be taken, and the states that cases can reach."""

    pathway: Pathway
    edges: tuple[Edge, ...]

    @cached_property
    def reached(self) -> frozenset[str]:
        return frozenset(edge.to for edge in self.edges)

    @cached_property
    def taken(self) -> frozenset[tuple[str | None, str]]:
        """Each action with a state from which some case can take it."""
        return frozenset((edge.source, edge.action) for edge in self.edges)

    @cached_property
    def reaching_an_end(self) -> frozenset[str]:
        """The states from which people can bring a case to a final state."""
        ends = {name for name, state in self.pathway.states.items() if state.final}
        return self.backwards_from(ends, [edge for edge in self.edges if self.by_people(edge)])

    def by_people(self, edge: Edge) -> bool:
        return not set(self.pathway.actions[edge.action].roles) <= DONE_BY_THE_SYSTEM

    @staticmethod
    def backwards_from(goals: set[str], edges: list[Edge]) -> frozenset[str]:
        """The goals, and every state from which these edges lead to one."""
        found = set(goals)
        while more := {e.source for e in edges if e.source is not None and e.to in found} - found:
            found |= more
        return frozenset(found)


def travel(pathway: Pathway) -> Travel:
    """Walk every action from every state that can be reached, until nothing new is learnt."""
    known: dict[str, dict[str, Values]] = {}
    origins: dict[str, set[str]] = defaultdict(set)
    while True:
        edges = list(_edges(pathway, known, origins))
        learnt = False
        for edge in edges:
            learnt |= _learn(known.setdefault(edge.to, {}), edge.known)
            learnt |= _came_from(pathway, origins, edge)
        if not learnt:
            return Travel(pathway, tuple(edges))


def _learn(here: dict[str, Values], news: Known) -> bool:
    before = dict(here)
    for fact in FACTS:
        here[fact] = here.get(fact, frozenset()) | news[fact]
    return here != before


def _came_from(pathway: Pathway, origins: dict[str, set[str]], edge: Edge) -> bool:
    """Where a step up came from: kept when a case enters a state of that kind (see machine.py)."""
    if edge.source is None or not edge.moves or pathway.states[edge.to].kind != "step_up":
        return False
    new = edge.source not in origins[edge.to]
    origins[edge.to].add(edge.source)
    return new


def _edges(pathway: Pathway, known: Mapping[str, Known], origins: Mapping[str, set[str]]) -> Iterator[Edge]:
    unset: Known = dict.fromkeys(FACTS, NOTHING)
    for action in pathway.actions.values():
        if not action.roles:
            continue
        begins: list[str | None] = [None]
        for source in action.sources or begins:
            before = unset if source is None else known.get(source)
            if before is None:
                continue
            for way, to in _destinations(pathway, action, source, origins):
                after = _after(pathway, action, way, before, source, to)
                if after is not None:
                    yield Edge(source, action.name, to, after, way is None and action.to == BACK)


def _destinations(
    pathway: Pathway, action: Action, source: str | None, origins: Mapping[str, set[str]]
) -> Iterator[tuple[Way | None, str]]:
    for way in action.ways:
        if way.to in pathway.states:
            yield way, way.to
    if action.to == SAME and source is not None:
        yield None, source
    elif action.to == BACK and source is not None:
        yield from ((None, origin) for origin in sorted(origins.get(source, ())))
    elif action.to in pathway.states:
        yield None, action.to


def _after(
    pathway: Pathway, action: Action, way: Way | None, before: Known, source: str | None, to: str
) -> Known | None:
    """What is known after the step; None when a guard or the fields make it impossible."""
    if way is not None and way.when is not None and not answers(pathway, action, way.when, way):
        return None
    by_answer = [other.when for other in action.ways if other.when is not None]
    if way is None and not all(answers(pathway, action, name, None) for name in by_answer):
        return None
    after = dict(before)
    for field in action.fields:
        if field.sets in FACTS:
            given = answers(pathway, action, field.name, way)
            after[field.sets] = (given - NOTHING) | (before[field.sets] if None in given else frozenset())
    for guard in action.guards:
        _narrow(pathway, guard, action, way, before, after, source)
    if not all(after.values()):
        return None
    return after | {"outcome": _outcomes(pathway, action, way, before)} if pathway.states[to].final else after


def answers(pathway: Pathway, action: Action, name: str, way: Way | None) -> Values:
    """What a field may hold when the action goes this way; None among them where it may be left empty."""
    field = action.field(name)
    if field is None:
        return NOTHING
    given = _given(pathway, field)
    if way is not None and way.when == name:
        return given & frozenset(way.values)
    if way is None:
        given -= {value for other in action.ways if other.when == name for value in other.values}
    return given if _is_required(pathway, action, field, way) else given | NOTHING


def _given(pathway: Pathway, field: Field) -> Values:
    if field.codes is None:
        return SOMEBODY
    codes = pathway.codes.get(field.codes, {})
    return frozenset(code for code in codes if not field.only or code in field.only)


def _is_required(pathway: Pathway, action: Action, field: Field, way: Way | None) -> bool:
    if not isinstance(field.required, RequiredWhen):
        return field.required
    deciding = action.field(field.required.when)
    if deciding is None or isinstance(deciding.required, RequiredWhen):
        return False
    return answers(pathway, action, deciding.name, way) <= frozenset(field.required.values)


def _narrow(
    pathway: Pathway,
    guard: Guard,
    action: Action,
    way: Way | None,
    before: Known,
    after: dict[str, Values],
    source: str | None,
) -> None:
    """Leave of each fact only what this guard lets pass (see guards.py); nothing left means impossible."""
    if guard.name == "agreement_given":
        _let_pass("agreement", frozenset({"given"}), _asked(pathway, action, "agreement", way, before), after)
    elif guard.name == "level_in":
        asked = _asked(pathway, action, "level_of_need", way, before)
        _let_pass("level_of_need", _listed(guard, "levels", asked), asked, after)
    elif guard.name == "takes_part" and not before["lead_professional"] & SOMEBODY:
        after["lead_professional"] = frozenset()
    elif guard.name == "outcome_in":
        after["outcome"] = before["outcome"] & _listed(guard, "outcomes", before["outcome"])
    elif guard.name == "closed_within" and (source is None or not pathway.states[source].final):
        after["outcome"] = frozenset()


def _let_pass(fact: str, wanted: Values, asked: Values, after: dict[str, Values]) -> None:
    """Only these values pass. A field that is asked but sets no fact says nothing about the fact."""
    if asked == after[fact] or not asked & wanted:
        after[fact] = asked & wanted


def _asked(pathway: Pathway, action: Action, name: str, way: Way | None, before: Known) -> Values:
    """What a guard reads: the field of that name, or the fact where the field is left empty."""
    given = answers(pathway, action, name, way)
    return (given - NOTHING) | (before[name] if None in given else frozenset())


def _listed(guard: Guard, parameter: str, otherwise: Values) -> Values:
    """The words that a guard lets pass. A parameter of another form is another fault: then all pass."""
    value = guard.parameters.get(parameter)
    return frozenset(map(str, value)) if isinstance(value, list) else otherwise


def _outcomes(pathway: Pathway, action: Action, way: Way | None, before: Known) -> Values:
    """With what outcome a case may close by this action (see machine.py)."""
    fixed = frozenset({*action.outcomes_by_origin.values(), *([action.outcome] if action.outcome else [])})
    if action.outcome_field is None:
        return fixed or before["outcome"]
    given = answers(pathway, action, action.outcome_field, way)
    return (given - NOTHING) | ((fixed or before["outcome"]) if None in given else frozenset())
