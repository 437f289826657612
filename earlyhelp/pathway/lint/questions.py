"""Can every field be asked and answered? Fields, code lists and levels."""

import re
from collections.abc import Iterator

from earlyhelp.pathway.definition import Action, CodeList, Field, Pathway, RequiredWhen
from earlyhelp.pathway.form import near
from earlyhelp.pathway.lint.finding import Finding, any_of, repeated
from earlyhelp.pathway.loading import LEVEL_CODES

CHOOSING = {"choice", "choices"}
MAY_HAVE_CODES = CHOOSING | {"services"}
CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.\-]{0,39}")
SETS_BY_TYPE = {
    "person": {"lead_professional"},
    "team": {"team"},
    "choice": {"level_of_need", "urgency", "agreement", "sharing_basis"},
}
"""Which facts a field of a type may set."""


def check_questions(pathway: Pathway) -> Iterator[Finding]:
    yield from _levels(pathway)
    for name, codes in pathway.codes.items():
        yield from _codes(name, codes)
    for action in pathway.actions.values():
        yield from _facts_set_twice(action)
        for field in action.fields:
            at = ("actions", action.name, "fields", field.name)
            yield from _choice(pathway, at, field)
            yield from _settings(at, field)
            yield from _fact(pathway, at, field)
            yield from _condition(pathway, at, action, field)


def _levels(pathway: Pathway) -> Iterator[Finding]:
    stored = [level.code or level.key for level in pathway.levels]
    for code in repeated(stored):
        problem = f"two levels are stored as '{code}'"
        yield Finding(("levels",), problem, "A level that is split needs a code of its own in each part")
    for number in repeated(level.number for level in pathway.levels):
        yield Finding(("levels",), f"two levels have the number {number}", "Give each its own number")
    own = pathway.codes.get(LEVEL_CODES)
    if own is not None and set(own) != set(stored):
        problem = f"must have the same codes as the levels: {', '.join(stored)}"
        yield Finding(("codes", LEVEL_CODES), problem, "Take the list out: it is made from the levels")


def _codes(name: str, codes: CodeList) -> Iterator[Finding]:
    if not codes:
        yield Finding(("codes", name), "has no codes: nothing could be chosen", "Add a code and its label")
    for code, entry in codes.items():
        if not CODE.fullmatch(code):
            problem = f"'{code}' is not a code"
            yield Finding(("codes", name, code), problem, "Write letters, digits, dots, hyphens, underscores")
        if entry.valid_from and entry.valid_to and entry.valid_to < entry.valid_from:
            yield Finding(("codes", name, code, "valid_to"), "ends before it begins", "Mend one of the dates")
    labels = {code: entry.label.strip().lower() for code, entry in codes.items() if entry.valid_to is None}
    for label in repeated(labels.values()):
        same = [code for code, other in labels.items() if other == label]
        problem = f"has the same label as '{same[0]}': nobody can tell them apart"
        yield from (
            Finding(("codes", name, code), problem, "Give it a label of its own") for code in same[1:]
        )


def _choice(pathway: Pathway, at: tuple[str, ...], field: Field) -> Iterator[Finding]:
    if field.codes is None:
        if field.type in CHOOSING:
            problem = f"is a {field.type} but has no code list to choose from"
            yield Finding(at, problem, 'Add codes = "…", naming a list')
    elif field.type not in MAY_HAVE_CODES:
        problem = f"a field of type {field.type} has nothing to choose from"
        yield Finding((*at, "codes"), problem, "Take codes out, or make it a choice")
    elif field.codes not in pathway.codes:
        problem = f"there is no code list '{field.codes}'"
        yield Finding((*at, "codes"), problem, near(field.codes, pathway.codes))
    known = pathway.codes.get(field.codes or "", {})
    for code in field.only:
        if code not in known:
            problem = f"the list has no code '{code}'"
            yield Finding((*at, "only"), problem, near(code, known))
    if field.otherwise and not field.only:
        yield Finding((*at, "otherwise"), "is never said: `only` is missing", "Add only = […]")


def _settings(at: tuple[str, ...], field: Field) -> Iterator[Finding]:
    for key in ("min", "max"):
        if getattr(field, key) is not None and field.type != "score":
            yield Finding((*at, key), f"a field of type {field.type} has no {key}", f"Take {key} out")
    if field.type == "score" and field.min is None and field.max is None:
        yield Finding(at, "a score needs its least or greatest value", "Add min = 1 and max = 10")
    if field.min is not None and field.max is not None and field.min > field.max:
        yield Finding((*at, "max"), "the greatest value is less than the least", "Change min or max")
    if "max_length" in field.model_fields_set and field.type not in {"text", "long_text"}:
        yield Finding((*at, "max_length"), f"a {field.type} has no length", "Take max_length out")
    if field.role is not None and field.type != "person":
        yield Finding((*at, "role"), "only a person has a role", "Take role out, or make it a person")


def _fact(pathway: Pathway, at: tuple[str, ...], field: Field) -> Iterator[Finding]:
    if field.sets is None:
        return
    if field.sets not in SETS_BY_TYPE.get(field.type, set()):
        wanted = next(kind for kind, facts in SETS_BY_TYPE.items() if field.sets in facts)
        problem = f"a field of type {field.type} cannot set {field.sets}"
        yield Finding((*at, "sets"), problem, f"Make it a {wanted}, or take sets out")
    elif field.sets == "level_of_need":
        stored = {level.code or level.key for level in pathway.levels}
        wrong = sorted(set(pathway.codes.get(field.codes or "", {})) - stored)
        if wrong:
            problem = f"{any_of(wrong)} would be no level of need"
            yield Finding((*at, "codes"), problem, f'Write codes = "{LEVEL_CODES}"')


def _condition(pathway: Pathway, at: tuple[str, ...], action: Action, field: Field) -> Iterator[Finding]:
    if isinstance(field.required, RequiredWhen):
        at = (*at, "required")
        yield from check_condition(
            pathway, action, field.required.when, field.required.values, at, but=field.name
        )


def check_condition(
    pathway: Pathway, action: Action, when: str, values: list[str], at: tuple[str, ...], but: str = ""
) -> Iterator[Finding]:
    """Whether a `when … is …` asks for an answer that another field of the action can give."""
    choices = [other.name for other in action.fields if other.type == "choice" and other.name != but]
    asked = action.field(when)
    if asked is None or when not in choices:
        problem = f"'{when}' is not another field of this action in which one answer is chosen"
        yield Finding((*at, "when"), problem, near(when, choices))
        return
    if asked.codes in pathway.codes:
        offered = pathway.choices(asked)
        for value in values:
            if value not in offered:
                problem = f"'{value}' is no answer to '{when}'"
                yield Finding((*at, "is"), problem, near(value, offered))


def _facts_set_twice(action: Action) -> Iterator[Finding]:
    for fact in repeated(field.sets for field in action.fields if field.sets):
        second = [field for field in action.fields if field.sets == fact][1]
        path = ("actions", action.name, "fields", second.name, "sets")
        yield Finding(path, f"two fields of this action set {fact}", "Let one of them set it")
