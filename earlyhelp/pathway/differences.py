"""What changes from one version of a pathway to another, in words that a manager can read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from earlyhelp.pathway.definition import Action, Pathway
from earlyhelp.pathway.spans import Span

Change = Literal["added", "removed", "changed"]
WORDS = {
    "sources": "from",
    "to": "leads to",
    "only_when": "only when",
    "due_by": "due by",
    "dues": "due",
    "due_after": "due after",
    "or_sooner": "or sooner",
    "count_from": "counted from",
    "cut_off": "cut-off",
    "until": "until",
    "breach": "told on breach",
    "escalate": "escalation",
    "warn": "warnings",
    "warn_to": "warned",
    "values": "values",
}
LONGEST = 160
"""Letters of a value that are shown: whole texts are in the file."""


@dataclass(frozen=True)
class Difference:
    """One thing that differs. `details` says what, for what changed."""

    part: str
    change: Change
    title: str
    details: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.part} {self.change}: {self.title}" + "".join(f"; {words}" for words in self.details)


def differences(old: Pathway, new: Pathway) -> list[Difference]:
    """Everything that differs between two versions, in the order of the file."""
    return [
        *_general(old, new),
        *_words("Term", old.terms, new.terms),
        *_parts("Level", _levels(old), _levels(new)),
        *_parts("State", old.states, new.states),
        *_parts("Action", old.actions, new.actions, leaving_out=frozenset({"fields"})),
        *_fields(old, new),
        *_parts("Time limit", old.clocks, new.clocks),
        *_codes(old, new),
    ]


def _general(old: Pathway, new: Pathway) -> Iterator[Difference]:
    details = _details(old, new, only=frozenset({"title", "summary", "effective_from", "office"}))
    if details:
        yield Difference("Pathway", "changed", new.title, details)


def _levels(pathway: Pathway) -> Mapping[str, BaseModel]:
    return {level.code or level.key: level for level in pathway.levels}


def _parts(
    part: str,
    old: Mapping[str, BaseModel],
    new: Mapping[str, BaseModel],
    leaving_out: frozenset[str] = frozenset(),
) -> Iterator[Difference]:
    for name in dict.fromkeys([*old, *new]):
        if name not in new:
            yield Difference(part, "removed", _title(old[name], name))
        elif name not in old:
            yield Difference(part, "added", _title(new[name], name))
        elif details := _details(old[name], new[name], leaving_out=leaving_out):
            yield Difference(part, "changed", _title(new[name], name), details)


def _fields(old: Pathway, new: Pathway) -> Iterator[Difference]:
    for name in [name for name in old.actions if name in new.actions]:
        before, after = _questions(old.actions[name]), _questions(new.actions[name])
        for difference in _parts("Question", before, after):
            title = f"{new.actions[name].title}: {difference.title}"
            yield Difference(difference.part, difference.change, title, difference.details)


def _questions(action: Action) -> Mapping[str, BaseModel]:
    return {field.name: field for field in action.fields}


def _codes(old: Pathway, new: Pathway) -> Iterator[Difference]:
    for name in dict.fromkeys([*old.codes, *new.codes]):
        before, after = old.codes.get(name, {}), new.codes.get(name, {})
        list_name = name.replace("_", " ")
        for difference in _parts("Choice", before, after):
            title = f"{list_name}: {difference.title}"
            yield Difference(difference.part, difference.change, title, difference.details)


def _words(part: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Difference]:
    for name in dict.fromkeys([*old, *new]):
        title = name.replace("_", " ")
        if name not in new:
            yield Difference(part, "removed", title)
        elif name not in old:
            yield Difference(part, "added", title, (f"“{new[name]}”",))
        elif old[name] != new[name]:
            yield Difference(part, "changed", title, (f"“{old[name]}” becomes “{new[name]}”",))


def _title(part: BaseModel, name: str) -> str:
    said = next((getattr(part, key) for key in ("title", "label") if hasattr(part, key)), "")
    return str(said or f"{name.replace('_', ' ')} {getattr(part, 'name', '')}".strip())


def _details(
    old: BaseModel,
    new: BaseModel,
    *,
    only: frozenset[str] | None = None,
    leaving_out: frozenset[str] = frozenset(),
) -> tuple[str, ...]:
    names = [
        name for name in type(new).model_fields if name not in leaving_out and (not only or name in only)
    ]
    return tuple(
        f"{WORDS.get(name, name.replace('_', ' '))}: {_said(getattr(old, name))} becomes {_said(getattr(new, name))}"
        for name in names
        if getattr(old, name) != getattr(new, name)
    )


def _said(value: Any) -> str:
    words = _in_words(value)
    return words if len(words) <= LONGEST else f"{words[:LONGEST]}…"


def _in_words(value: Any) -> str:
    if value is None or value in ("", [], {}):
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Span):
        return str(value)
    if isinstance(value, BaseModel):
        stated = {name: getattr(value, name) for name in sorted(value.model_fields_set)}
        extra = value.model_extra or {}
        return ", ".join(
            f"{name.replace('_', ' ')} {_in_words(part)}" for name, part in (stated | extra).items()
        )
    if isinstance(value, dict):
        return ", ".join(f"{name.replace('_', ' ')}: {_in_words(part)}" for name, part in value.items())
    if isinstance(value, list):
        return "; ".join(map(_in_words, value))
    return str(value).replace("_", " ") if isinstance(value, str) else str(value)
