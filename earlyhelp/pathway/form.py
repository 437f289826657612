"""What pydantic finds wrong with the form of a pathway file, said in its owner's words."""

import difflib
from collections.abc import Iterable, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from earlyhelp.pathway.definition import Action, Clock, Pathway, State
from earlyhelp.pathway.faults import Fault
from earlyhelp.pathway.layers import Places

READ_MORE = "See docs/pathway-format.md"
NAMED_BY_TABLE = (State, Action, Clock)
"""Parts that take their name from their table: a file does not say it again."""

EMPTY = {
    "starts": ("nothing starts this clock", "Name the actions that start it"),
    "stops": ("nothing stops this clock", "Name the actions that stop it"),
    "to": ("nobody is told", "Name who is told"),
}
PATTERNS = {
    "warn": ("must warn before it is due", 'Write a share from "1%" to "99%", or { before = { … } }'),
    "version": ("is not a version", 'Write letters, digits, dots and hyphens, as "2026-04"'),
    "label": ("a code needs a label that people can read", "Write the label"),
    "title": ("must have words", "Write the title"),
}


SHAPES = {
    "model_type": ("must be a table", "Write it as { … }, or under a heading in [ ]"),
    "dict_type": ("must be a table", "Write it as { … }, or under a heading in [ ]"),
    "list_type": ("must be a list", 'Write it as ["…", "…"]'),
    "string_type": ("must be text", 'Write it in quotes, as "…"'),
    "bool_type": ("must be true or false", "Write it without quotes"),
    "bool_parsing": ("must be true or false", "Write it without quotes"),
    "int_type": ("must be a whole number", "Write it without quotes"),
    "int_parsing": ("must be a whole number", "Write it without quotes"),
    "string_too_long": ("is too long", "Use fewer words"),
}


def form_faults(
    error: ValidationError, places: Places, *, root: type[BaseModel] = Pathway, read_more: str = READ_MORE
) -> list[Fault]:
    """One fault for each place that is wrong, in the order of the file's parts. `root` is what the file holds."""
    found: dict[tuple[object, ...], Fault] = {}
    for fault in error.errors(include_url=False):
        path, model = _walk(fault["loc"], root)
        problem, mend = _words(fault, path, model, read_more)
        found.setdefault(path, places.fault(path, problem, mend))
    return [fault for path, fault in found.items() if not _said_elsewhere(path, found)]


def salvaged(whole: Mapping[str, Any]) -> tuple[Pathway | None, set[tuple[str, ...]]]:
    """The pathway less its unknown keys and unknown words in lists, so that its sense can be judged all the same.

    With it, the parts that lost something. None where more is wrong than can be left out.
    """
    try:
        return Pathway.model_validate(whole), set()
    except ValidationError as error:
        faults = error.errors(include_url=False)
    paths = [_walk(fault["loc"], Pathway)[0] for fault in faults if _can_be_left_out(fault)]
    try:
        rest = Pathway.model_validate(_without(whole, set(paths), ()))
    except ValidationError:
        return None, set()
    return rest, {tuple(map(str, path[:2])) for path in paths}


def _can_be_left_out(fault: Mapping[str, Any]) -> bool:
    in_a_list = isinstance(fault["loc"][-1], int)
    return fault["type"] == "extra_forbidden" or (in_a_list and fault["type"] == "literal_error")


def _without(part: Any, paths: set[tuple[object, ...]], here: tuple[object, ...]) -> Any:
    if isinstance(part, Mapping):
        kept = {key: value for key, value in part.items() if (*here, key) not in paths}
        return {key: _without(value, paths, (*here, key)) for key, value in kept.items()}
    if isinstance(part, list):
        numbered = [(n, value) for n, value in enumerate(part) if (*here, n) not in paths]
        return [_without(value, paths, (*here, n)) for n, value in numbered]
    return part


def _said_elsewhere(path: tuple[object, ...], found: Iterable[tuple[object, ...]]) -> bool:
    """Whether it is the other arm of a union, or a name that was refused as the name of its table already."""
    if len(path) == 3 and path[2] == "name" and path[:2] in found:
        return True
    return any(
        len(other) > len(path) and other[: len(path)] == path and other[-1] != "name" for other in found
    )


def near(word: str, known: Iterable[str]) -> str:
    """How to mend a word that is not known."""
    names = sorted(set(known))
    close = difflib.get_close_matches(word, names, n=1)
    return f"Did you mean '{close[0]}'?" if close else f"Known here: {', '.join(names) or 'none'}"


def _words(
    fault: Mapping[str, Any], path: tuple[object, ...], model: type[BaseModel] | None, read_more: str
) -> tuple[str, str]:
    last, kind = str(path[-1]) if path else "", fault["type"]
    if kind == "extra_forbidden":
        return f"there is no key '{last}' here", near(last, _keys_of(model))
    if kind == "missing":
        return f"{last} is missing", f"Add {last} = …"
    if kind == "literal_error":
        known = [word.strip(" '") for word in fault["ctx"]["expected"].replace(" or ", ", ").split(",")]
        return f"'{fault['input']}' is not known here", near(str(fault["input"]), known)
    if kind == "too_short" and last in EMPTY:
        return EMPTY[last]
    if kind in {"string_pattern_mismatch", "string_too_short"}:
        return _pattern_words(fault, path, read_more)
    return SHAPES.get(kind) or (str(fault["msg"]).removeprefix("Value error, "), read_more)


def _pattern_words(fault: Mapping[str, Any], path: tuple[object, ...], read_more: str) -> tuple[str, str]:
    for part in reversed(path[-2:]):
        if part in PATTERNS:
            return PATTERNS[str(part)]
    if "a-z0-9_" in str(fault.get("ctx", {}).get("pattern", "")):
        return (
            f"'{fault['input']}' is not a name",
            "Write small letters, digits and underscores, a letter first",
        )
    return str(fault["msg"]), read_more


def _keys_of(model: type[BaseModel] | None) -> set[str]:
    if model is None:
        return set()
    names = {setting.alias or name for name, setting in model.model_fields.items()}
    if model is Pathway:
        return names | {"extends", "remove"}
    return names - {"name"} if model in NAMED_BY_TABLE else names


def _walk(loc: Iterable[object], root: type[BaseModel]) -> tuple[tuple[object, ...], type[BaseModel] | None]:
    """The keys of an error's place, without pydantic's names for the arms of a union, and the model they end in."""
    path: list[object] = []
    kind: Any = root
    model: type[BaseModel] | None = None
    for part in loc:
        kind = _bare(kind)
        if get_origin(kind) in {Union, UnionType}:
            kind = next((arm for arm in get_args(kind) if getattr(arm, "__name__", "") == part), None)
        elif part != "[key]":
            path.append(part)
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                model = kind
            kind = _inner(kind, part)
    return tuple(path), model


def _bare(kind: Any) -> Any:
    """A type without its constraints and its None."""
    while get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    arms = [arm for arm in get_args(kind) if arm is not NoneType]
    return arms[0] if get_origin(kind) in {Union, UnionType} and len(arms) == 1 else kind


def _inner(kind: Any, part: object) -> Any:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        settings = ((setting.alias or name, setting) for name, setting in kind.model_fields.items())
        return next((setting.annotation for name, setting in settings if name == part), None)
    arguments = get_args(kind)
    return arguments[-1] if arguments else None
