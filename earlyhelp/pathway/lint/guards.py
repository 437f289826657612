"""Is every guard one that we know, with parameters that it understands?"""

from collections.abc import Iterator
from typing import Any

from earlyhelp.pathway.definition import Action, Guard, Pathway
from earlyhelp.pathway.form import near
from earlyhelp.pathway.guards import GUARDS
from earlyhelp.pathway.lint.finding import Finding

MOST = 1000


def check_guards(pathway: Pathway) -> Iterator[Finding]:
    meant = {
        "levels": {level.code or level.key for level in pathway.levels},
        "outcomes": outcomes_of(pathway),
    }
    for action in pathway.actions.values():
        for guard in action.guards:
            yield from _of_guard(action, guard, meant)
        yield from _author(pathway, action)


def outcomes_of(pathway: Pathway) -> set[str]:
    """Every outcome with which a case of this pathway may close."""
    found: set[str] = set()
    for action in pathway.actions.values():
        found |= {*action.outcomes_by_origin.values(), *([action.outcome] if action.outcome else [])}
        field = action.field(action.outcome_field) if action.outcome_field else None
        if field is not None and field.codes in pathway.codes:
            found |= set(pathway.choices(field))
    return found


def _of_guard(action: Action, guard: Guard, meant: dict[str, set[str]]) -> Iterator[Finding]:
    at = ("actions", action.name, "guards", guard.name)
    rule = GUARDS.get(guard.name)
    if rule is None:
        yield Finding(at, f"there is no guard '{guard.name}'", near(guard.name, GUARDS))
        return
    for name in guard.parameters:
        if name not in rule.parameters:
            problem = f"the guard {guard.name} has no parameter '{name}'"
            yield Finding((*at, name), problem, near(name, rule.parameters))
    for name, kind in rule.parameters.items():
        if name not in guard.parameters:
            yield Finding(at, f"the guard {guard.name} needs '{name}'", f"Add {name} = …")
        else:
            yield from _value((*at, name), guard.parameters[name], kind, meant.get(name))


def _value(path: tuple[str, ...], value: Any, kind: type, known: set[str] | None) -> Iterator[Finding]:
    if kind is int:
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST:
            yield Finding(path, f"must be a whole number from 1 to {MOST}", "Write a number")
        return
    if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
        yield Finding(path, "must be a list of words, with one at least", 'Write it as ["…", "…"]')
        return
    for item in value:
        if known is not None and item not in known:
            yield Finding(path, f"'{item}' is none of this pathway's {path[-1]}", near(item, known))


def _author(pathway: Pathway, action: Action) -> Iterator[Finding]:
    if not any(guard.name == "not_the_author" for guard in action.guards):
        return
    if not any(other.kind == "assessment_submitted" for other in pathway.actions.values()):
        problem = "there is never an author: no action is of kind assessment_submitted"
        path = ("actions", action.name, "guards", "not_the_author")
        yield Finding(path, problem, "Take the guard out, or give the submitting action that kind")
