"""Does every name in the file mean something that is in the file, once?"""

from collections.abc import Iterable, Iterator

from earlyhelp.pathway.definition import Action, Clock, Pathway
from earlyhelp.pathway.form import near
from earlyhelp.pathway.lint.finding import Finding, repeated
from earlyhelp.pathway.terms import missing_terms
from earlyhelp.pathway.vocabulary import BACK, SAME

RESERVED = {SAME, BACK}


def check_names(pathway: Pathway) -> Iterator[Finding]:
    yield from _tables(pathway)
    yield from _titles(pathway)
    yield from _terms(pathway)
    for action in pathway.actions.values():
        yield from _of_action(pathway, action)
    for clock in pathway.clocks.values():
        yield from _of_clock(pathway, clock)


def _tables(pathway: Pathway) -> Iterator[Finding]:
    for table in ("states", "actions", "clocks"):
        for name, part in getattr(pathway, table).items():
            if part.name != name:
                problem = f"is called '{part.name}' but its table is called '{name}'"
                yield Finding((table, name, "name"), problem, "Take the name out: the table names it")
    for name in pathway.states.keys() & RESERVED:
        problem = f"'{name}' cannot name a state: as a destination it has a meaning of its own"
        yield Finding(("states", name), problem, "Choose another name")


def _titles(pathway: Pathway) -> Iterator[Finding]:
    for table in ("states", "clocks"):
        parts = getattr(pathway, table)
        for title in repeated(part.title.strip().lower() for part in parts.values()):
            same = [name for name, part in parts.items() if part.title.strip().lower() == title]
            problem = f"has the same title as '{same[0]}': nobody can tell them apart"
            yield from (
                Finding((table, name, "title"), problem, "Give it a title of its own") for name in same[1:]
            )


def _terms(pathway: Pathway) -> Iterator[Finding]:
    """Words that people read must not show a `{term}` that the file has no word for."""
    for path, words in _read_by_people(pathway):
        for term in missing_terms(words):
            mend = near(term, pathway.terms)
            yield Finding(path, f"there is no word for '{{{term}}}' under terms", mend)


def _read_by_people(pathway: Pathway) -> Iterator[tuple[tuple[str, ...], str]]:
    for table in ("states", "actions", "clocks"):
        for name, part in getattr(pathway, table).items():
            for key in ("title", "description", "hint"):
                yield (table, name, key), getattr(part, key, "")
    for action in pathway.actions.values():
        for field in action.fields:
            for key in ("title", "hint", "otherwise"):
                yield ("actions", action.name, "fields", field.name, key), getattr(field, key)
    for name, codes in pathway.codes.items():
        for code, entry in codes.items():
            yield ("codes", name, code), entry.label


def _of_action(pathway: Pathway, action: Action) -> Iterator[Finding]:
    at = ("actions", action.name)
    targets = [*pathway.states, SAME, BACK]
    yield from _known((*at, "from"), action.sources, pathway.states, "state")
    yield from _known((*at, "to"), [action.to], targets, "state")
    for number, way in enumerate(action.ways):
        yield from _known((*at, "ways", str(number), "to"), [way.to], pathway.states, "state")
        if way.still is not None:
            yield from _known((*at, "ways", str(number), "while"), [way.still], pathway.clocks, "clock")
    yield from _known((*at, "outcomes_by_origin"), action.outcomes_by_origin, pathway.states, "state")
    yield from _once(at, "from", action.sources)
    yield from _once(at, "roles", action.roles)
    yield from _once(at, "fields", [field.name for field in action.fields])
    yield from _once(at, "guards", [guard.name for guard in action.guards])


def _of_clock(pathway: Pathway, clock: Clock) -> Iterator[Finding]:
    at = ("clocks", clock.name)
    for key in ("starts", "stops", "ends"):
        yield from _known((*at, key), getattr(clock, key), pathway.actions, "action")
        yield from _once(at, key, getattr(clock, key))
    yield from _known((*at, "into"), clock.into, pathway.states, "state")
    if clock.each is not None:
        starting = [pathway.actions[name] for name in clock.starts if name in pathway.actions]
        asked = {field.name for action in starting for field in action.fields if field.type == "text"}
        yield from _known((*at, "each"), [clock.each], sorted(asked), "text field of what starts it")
    yield from _once(at, "into", clock.into)
    for name in clock.due_after:
        if name not in clock.starts:
            problem = f"'{name}' does not start this clock"
            yield Finding((*at, "due_after", name), problem, near(name, clock.starts))


def _known(path: tuple[str, ...], names: Iterable[str], known: Iterable[str], noun: str) -> Iterator[Finding]:
    names_known = list(known)
    for name in names:
        if name not in names_known:
            yield Finding(path, f"there is no {noun} '{name}'", near(name, names_known))


def _once(at: tuple[str, ...], key: str, names: Iterable[str]) -> Iterator[Finding]:
    for name in repeated(names):
        yield Finding((*at, key), f"'{name}' is there twice", "Take one of them out")
