"""Can every action be taken, told apart from others, and counted?"""

from collections.abc import Iterator
from itertools import combinations

from earlyhelp.pathway.definition import Action, Pathway
from earlyhelp.pathway.form import near
from earlyhelp.pathway.lint.finding import Finding, any_of
from earlyhelp.pathway.lint.questions import check_condition
from earlyhelp.pathway.lint.travel import DONE_BY_THE_SYSTEM, Travel
from earlyhelp.pathway.vocabulary import SAME


def check_actions(pathway: Pathway, ways: Travel) -> Iterator[Finding]:
    for action in pathway.actions.values():
        yield from _roles(action)
        yield from _possible(pathway, action, ways)
        yield from _ways(pathway, action)
        yield from _outcome(pathway, action, ways)
        yield from _children(action)
    yield from _look_alikes(pathway)


def _roles(action: Action) -> Iterator[Finding]:
    at, roles = ("actions", action.name, "roles"), set(action.roles)
    if not roles:
        yield Finding(at, "nobody may take this action", 'Add roles = ["…"]')
    elif roles <= DONE_BY_THE_SYSTEM and action.kind != "contact_joined":
        problem = f"only the system may take it, and the system takes no action of kind {action.kind}"
        yield Finding(at, problem, "Add a role that people have")
    if "public" in roles and not action.opens_a_case:
        problem = "the public can begin a case, but never act on one"
        yield Finding(at, problem, "Take 'public' out")
    if roles == {"manager"} or "manager" in roles:
        return
    if any(guard.name == "manager_confirms_repeat" for guard in action.guards):
        problem = "a manager must confirm a repeat, but a manager may not take this action"
        yield Finding(at, problem, "Add 'manager'")


def _possible(pathway: Pathway, action: Action, ways: Travel) -> Iterator[Finding]:
    at = ("actions", action.name)
    if action.opens_a_case and action.to == SAME:
        yield Finding((*at, "to"), "begins a case, so there is no same state to stay in", "Name a state")
    for source in action.sources:
        here = source in ways.reached and action.roles and (source, action.name) not in ways.taken
        if here and action.guards:
            names = any_of(guard.name for guard in action.guards)
            problem = f"can never be taken from '{source}': what is known there never satisfies {names}"
            yield Finding((*at, "guards"), problem, f"Change the guard, or take '{source}' out of from")
        elif here and action.to in {*pathway.states, SAME}:
            problem = f"can never be taken from '{source}'"
            yield Finding((*at, "from"), problem, f"Take '{source}' out of from")
    if action.sources and not set(action.sources) & (
        ways.reached | (set(action.sources) - set(pathway.states))
    ):
        problem = "can never be taken: no case reaches a state it starts from"
        yield Finding((*at, "from"), problem, "Name a state that cases reach")


def _ways(pathway: Pathway, action: Action) -> Iterator[Finding]:
    for number, way in enumerate(action.ways):
        at = ("actions", action.name, "ways", str(number))
        if way.when is not None:
            yield from check_condition(pathway, action, way.when, way.values, at)


def _outcome(pathway: Pathway, action: Action, ways: Travel) -> Iterator[Finding]:
    at = ("actions", action.name)
    closes = any(
        pathway.states[edge.to].final and edge.moves for edge in ways.edges if edge.action == action.name
    )
    given = action.outcome or action.outcome_field or action.outcomes_by_origin
    if closes and not given:
        problem = "closes a case without an outcome: no measure could count it"
        yield Finding(at, problem, "Add outcome = …, or outcome_field naming a choice")
    if (
        given
        and not closes
        and (None in {s for s, a in ways.taken if a == action.name} or _taken(action, ways))
    ):
        key = (
            "outcome" if action.outcome else "outcome_field" if action.outcome_field else "outcomes_by_origin"
        )
        yield Finding((*at, key), "gives an outcome but never closes a case", f"Take {key} out")
    if action.outcome_field:
        yield from _outcome_field(action, action.outcome_field)
    origins = {edge.source for edge in ways.edges if edge.to in action.sources}
    for origin in action.outcomes_by_origin:
        if origin in pathway.states and origin not in origins:
            problem = f"no case comes from '{origin}' to a state where this action is taken"
            mend = near(origin, {str(name) for name in origins if name})
            yield Finding((*at, "outcomes_by_origin", origin), problem, mend)


def _taken(action: Action, ways: Travel) -> bool:
    return any(name == action.name for _, name in ways.taken)


def _outcome_field(action: Action, name: str) -> Iterator[Finding]:
    at = ("actions", action.name, "outcome_field")
    field = action.field(name)
    choices = [other.name for other in action.fields if other.type == "choice"]
    if field is None or field.type != "choice":
        yield Finding(at, f"'{name}' is not a field in which one answer is chosen", near(name, choices))
    elif field.required is not True and not action.outcome:
        problem = f"'{name}' may be left empty, and then there is no outcome"
        yield Finding(at, problem, f"Make {name} required, or add outcome = …")


def _children(action: Action) -> Iterator[Finding]:
    children = [field for field in action.fields if field.type == "children"]
    at = ("actions", action.name)
    if action.opens_a_case:
        if [(field.name, field.required) for field in children] != [("children", True)]:
            problem = "begins a case, but does not ask once which children it is about"
            mend = 'Add one field { name = "children", title = "Children", type = "children" }'
            yield Finding((*at, "fields"), problem, mend)
    elif children:
        problem = "children are named when a case begins, not by a later action"
        yield Finding((*at, "fields", children[0].name), problem, "Take the field out")


def _look_alikes(pathway: Pathway) -> Iterator[Finding]:
    for one, other in combinations(pathway.actions.values(), 2):
        if one.title.strip().lower() != other.title.strip().lower() or not set(one.roles) & set(other.roles):
            continue
        if set(one.sources) & set(other.sources) or (one.opens_a_case and other.opens_a_case):
            role = min(set(one.roles) & set(other.roles))
            problem = f"a {role.replace('_', ' ')} cannot tell it from '{one.name}': both have this title"
            yield Finding(("actions", other.name, "title"), problem, "Give it a title of its own")
