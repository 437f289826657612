"""Reading a pathway file: TOML to a checked `Pathway`, every fault with its file, line and key."""

import difflib
import hashlib
import json
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from earlyhelp.pathway.definition import (
    Action,
    Clock,
    Code,
    Field,
    Guard,
    Level,
    Office,
    Part,
    Pathway,
    Rung,
    Stage,
    State,
    Way,
)
from earlyhelp.pathway.faults import Fault, PathwayError
from earlyhelp.pathway.lines import LineFinder

Library = Callable[[str], str]
"""Gives the text of another pathway file or code list by name; KeyError when there is none."""

NATIONAL = "codes/national"
LEVEL_CODES = "level_of_need"
PAUSABLE_CODES = "pausable_clocks"
NAMED_TABLES = ("states", "actions", "clocks")
LARGEST_FILE = 2_000_000


def load(path: Path) -> Pathway:
    """The pathway of a file. Raises PathwayError with every fault found in its form; `lint` judges its sense."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise PathwayError(
                [Fault(str(path), "", "the file is too large", "A pathway file is well under 2 MB")]
            )
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise PathwayError([Fault(str(path), "", "is not UTF-8 text", "Save it as UTF-8")]) from None
    except OSError as fault:
        reason = fault.strerror or "cannot be read"
        raise PathwayError([Fault(str(path), "", f"cannot be read: {reason}", "Check its name")]) from None
    return read(text, file=str(path), library=folder_library(path.parent))


def folder_library(*folders: Path) -> Library:
    """Finds `name.toml` in the first of these folders that has it."""

    def find(name: str) -> str:
        for folder in folders:
            path = folder / f"{name}.toml"
            if path.is_file():
                return path.read_text(encoding="utf-8")
        raise KeyError(name)

    return find


def read(text: str, *, file: str, library: Library) -> Pathway:
    """The pathway written in `text`. `file` is what faults call it."""
    lines = LineFinder(text)
    content = _resolved(_parse(text, file), file=file, library=library, lines=lines, above=())
    return _validated(_with_names(_with_codes(content, file, library)), file, lines)


def load_content(content: Mapping[str, Any]) -> Pathway:
    """The pathway from what `content_of` gave: how the database keeps it."""
    return Pathway.model_validate(content)


def content_of(pathway: Pathway) -> dict[str, Any]:
    """The pathway as JSON-able data that `load_content` reads back equal."""
    return pathway.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def digest(pathway: Pathway) -> str:
    """A fingerprint of everything the pathway says."""
    text = json.dumps(content_of(pathway), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _parse(text: str, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as fault:
        line = re.search(r"at line (\d+)", str(fault))
        problem = re.sub(r" \(at .*\)$", "", str(fault)) or "cannot be read"
        raise PathwayError(
            [Fault(file, "", f"not valid TOML: {problem}", "Mend the line", int(line[1]) if line else 0)]
        ) from None


def _resolved(
    content: dict[str, Any], *, file: str, library: Library, lines: LineFinder, above: tuple[str, ...]
) -> dict[str, Any]:
    """The content laid over the file that it extends, if it does: tables merge, all else replaces."""
    base_name = content.pop("extends", None)
    removed = content.pop("remove", [])
    if base_name is None:
        return content
    line = lines.of(("extends",))
    if not isinstance(base_name, str) or base_name in above:
        raise PathwayError(
            [Fault(file, "extends", "must name another file, not itself", "Name it once", line)]
        )
    try:
        text = library(base_name)
    except KeyError:
        known = f"There is no file {base_name}.toml beside it"
        raise PathwayError([Fault(file, "extends", known, "Check the name", line)]) from None
    inner = _parse(text, f"{base_name}.toml")
    base = _resolved(
        inner, file=f"{base_name}.toml", library=library, lines=LineFinder(text), above=(*above, base_name)
    )
    for path in removed if isinstance(removed, list) else []:
        _remove(base, str(path), file, lines)
    return _merged(base, content)


def _remove(base: dict[str, Any], path: str, file: str, lines: LineFinder) -> None:
    *tables, last = path.split(".")
    place: Any = base
    for table in tables:
        place = place.get(table) if isinstance(place, dict) else None
    if not isinstance(place, dict) or last not in place:
        problem = f"'{path}' is not in the file that this one extends"
        raise PathwayError([Fault(file, "remove", problem, "Check the path", lines.of(("remove",)))])
    del place[last]


WHOLE = frozenset({"due", "breach", "office"})
"""Tables that replace the one below: merged, { weeks = 6 } over { months = 3 } would be two spans at once."""
TABLES_OF_SPANS = frozenset({"dues", "due_after"})


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        if not (isinstance(value, dict) and isinstance(below, dict)) or key in WHOLE:
            merged[key] = value
        else:
            merged[key] = {**below, **value} if key in TABLES_OF_SPANS else _merged(below, value)
    return merged


def _with_codes(content: dict[str, Any], file: str, library: Library) -> dict[str, Any]:
    """The content with every code list it may use: national ones under its own, and those built from the file."""
    try:
        national = _parse(library(NATIONAL), "codes/national.toml").get("codes", {})
    except KeyError:
        national = {}
    own = content.get("codes", {})
    lists = {**national, **own} if isinstance(own, dict) else own
    if isinstance(lists, dict):
        lists = {name: _entries(entries) for name, entries in lists.items()}
        lists.setdefault(LEVEL_CODES, _level_codes(content.get("levels")))
        lists.setdefault(PAUSABLE_CODES, _pausable(content.get("clocks")))
        used = _used_lists(content)
        lists = {name: entries for name, entries in lists.items() if name in used or name in own}
    return {**content, "codes": lists}


def _entries(entries: Any) -> Any:
    """`visit = "Visit at home"` is short for a table with that label."""
    if not isinstance(entries, dict):
        return entries
    return {code: {"label": entry} if isinstance(entry, str) else entry for code, entry in entries.items()}


def _level_codes(levels: Any) -> dict[str, Any]:
    if not isinstance(levels, list):
        return {}
    return {
        str(level.get("code") or level.get("key")): {
            "label": f"Level {level.get('number')}: {level.get('name')}"
        }
        for level in levels
        if isinstance(level, dict)
    }


def _pausable(clocks: Any) -> dict[str, Any]:
    if not isinstance(clocks, dict):
        return {}
    return {
        name: {"label": clock.get("title", name)}
        for name, clock in clocks.items()
        if isinstance(clock, dict) and clock.get("pausable") is True
    }


def _used_lists(content: dict[str, Any]) -> set[str]:
    actions = content.get("actions")
    fields = [
        field
        for action in (actions.values() if isinstance(actions, dict) else [])
        for field in (action.get("fields", []) if isinstance(action, dict) else [])
        if isinstance(field, dict)
    ]
    return {str(field["codes"]) for field in fields if "codes" in field}


def _with_names(content: dict[str, Any]) -> dict[str, Any]:
    """Each part knows the name of its table."""
    named = dict(content)
    for table in NAMED_TABLES:
        parts = content.get(table)
        if isinstance(parts, dict):
            named[table] = {
                name: {"name": name, **part} if isinstance(part, dict) else part
                for name, part in parts.items()
            }
    return named


def _validated(content: dict[str, Any], file: str, lines: LineFinder) -> Pathway:
    try:
        return Pathway.model_validate(content)
    except ValidationError as error:
        raise PathwayError([_fault(file, fault, lines) for fault in error.errors()]) from None


MODELS: dict[str, type[BaseModel]] = {"states": State, "actions": Action, "clocks": Clock, "levels": Level}
INNER: dict[str, type[BaseModel]] = {
    "fields": Field,
    "guards": Guard,
    "ways": Way,
    "escalate": Rung,
    "breach": Stage,
    "office": Office,
    "codes": Code,
}


def _fault(file: str, error: Any, lines: LineFinder) -> Fault:
    place = tuple(part for part in error["loc"] if part not in {"constrained-str", "Before", "[key]"})
    key = ".".join(str(part) for part in place)
    if error["type"] == "extra_forbidden":
        problem, mend = f"there is no key '{place[-1]}' here", _did_you_mean(str(place[-1]), place)
    elif error["type"] == "missing":
        problem, mend = "is missing", f"Add {place[-1]} = …"
    else:
        problem = str(error["msg"]).removeprefix("Value error, ")
        mend = "See docs/pathway-format.md"
    return Fault(file, key, problem, mend, lines.of(place))


def _did_you_mean(word: str, place: tuple[Any, ...]) -> str:
    known = sorted(_known_keys(place))
    near = difflib.get_close_matches(word, known, n=1)
    return f"Did you mean '{near[0]}'?" if near else f"Known here: {', '.join(known)}"


def _known_keys(place: tuple[Any, ...]) -> set[str]:
    model: type[BaseModel] = Pathway
    for part in place[:-1]:
        model = INNER.get(str(part), MODELS.get(str(part), model)) if isinstance(part, str) else model
    names = {setting.alias or name for name, setting in model.model_fields.items()}
    return names - ({"name"} if issubclass(model, Part) and model in MODELS.values() else set())
