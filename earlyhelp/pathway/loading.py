"""Reading a pathway file: TOML to a checked `Pathway`, every fault with its file, line and key."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from earlyhelp.pathway.definition import Pathway
from earlyhelp.pathway.faults import Fault, PathwayError
from earlyhelp.pathway.form import form_faults
from earlyhelp.pathway.layers import Layer, Library, Places, layers_of, parse, resolved
from earlyhelp.pathway.terms import in_own_words

NATIONAL = "codes/national"
LEVEL_CODES = "level_of_need"
PAUSABLE_CODES = "pausable_clocks"
NAMED_TABLES = ("states", "actions", "clocks")
LARGEST_FILE = 2_000_000


def load(path: Path) -> Pathway:
    """The pathway of a file. Raises PathwayError with every fault found in its form; `lint` judges its sense."""
    return read(text_of(path), file=str(path), library=folder_library(path.parent))


def read(text: str, *, file: str, library: Library) -> Pathway:
    """The pathway written in `text`. `file` is what faults call it."""
    return validated(places_of(text, file=file, library=library))


def places_of(text: str, *, file: str, library: Library) -> Places:
    """What the text says with all that it extends and uses, not yet judged, and where each part was written."""
    layers = layers_of(text, file=file, library=library)
    national = _national(library)
    own = in_own_words(resolved(layers))
    whole = _with_names(_with_codes(own, national.content.get("codes", {})))
    return Places([*layers, national], whole)


def written_content(text: str, *, file: str, library: Library) -> dict[str, Any]:
    """What a file says itself."""
    return dict(layers_of(text, file=file, library=library)[0].content)


def resolved_content(text: str, *, file: str, library: Library) -> dict[str, Any]:
    """What a file says together with all that it extends, in its own words, as one file that extends nothing."""
    return in_own_words(resolved(layers_of(text, file=file, library=library)))


def validated(places: Places) -> Pathway:
    """The pathway, if its form is right. PathwayError with every fault of form otherwise."""
    try:
        return Pathway.model_validate(places.whole)
    except ValidationError as error:
        raise PathwayError(form_faults(error, places)) from None


def text_of(path: Path) -> str:
    """The text of a pathway file. PathwayError when it cannot be read, is not text, or is far too large."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise _unreadable(path, "the file is too large", "A pathway file is well under 2 MB")
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise _unreadable(path, "is not UTF-8 text", "Save it as UTF-8") from None
    except OSError as fault:
        reason = fault.strerror or "no reason given"
        raise _unreadable(path, f"cannot be read: {reason}", "Check its name") from None


def folder_library(*folders: Path) -> Library:
    """Finds `name.toml` in the first of these folders that has it."""

    def find(name: str) -> str:
        for folder in folders:
            path = folder / f"{name}.toml"
            if path.is_file():
                return text_of(path)
        raise KeyError(name)

    return find


def load_content(content: Mapping[str, Any]) -> Pathway:
    """The pathway from what `content_of` gave: how the database keeps it.

    A version that runs must go on running: whoever is told of an action but cannot be, since only a clock has a holder,
    is passed over, where the check of a file refuses it now.
    """
    actions = {name: _telling_people(action) for name, action in content["actions"].items()}
    return Pathway.model_validate({**content, "actions": actions})


def _telling_people(action: Mapping[str, Any]) -> dict[str, Any]:
    told = [who for who in action.get("tells", ()) if who != "holder"]
    return {**action, "tells": told} if told else {key: action[key] for key in action if key != "tells"}


def content_of(pathway: Pathway) -> dict[str, Any]:
    """The pathway as JSON-able data that `load_content` reads back equal."""
    return pathway.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def digest(pathway: Pathway) -> str:
    """A fingerprint of everything the pathway says."""
    text = json.dumps(content_of(pathway), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _unreadable(path: Path, problem: str, mend: str) -> PathwayError:
    return PathwayError([Fault(str(path), "", problem, mend)])


def _national(library: Library) -> Layer:
    try:
        return parse(library(NATIONAL), f"{NATIONAL}.toml")
    except KeyError:
        return Layer(f"{NATIONAL}.toml", {})


def _with_codes(content: Mapping[str, Any], national: Mapping[str, Any]) -> dict[str, Any]:
    """The content with every code list it uses: national ones under its own, and those built from the file."""
    own = content.get("codes", {})
    if not isinstance(own, dict):
        return dict(content)
    lists = {name: _entries(entries) for name, entries in {**national, **own}.items()}
    lists.setdefault(LEVEL_CODES, _level_codes(content.get("levels")))
    lists.setdefault(PAUSABLE_CODES, _pausable(content.get("clocks")))
    used = _used_lists(content)
    return {**content, "codes": {name: found for name, found in lists.items() if name in used or name in own}}


def _entries(entries: Any) -> Any:
    """`visit = "Visit at home"` is short for a table with that label."""
    if not isinstance(entries, dict):
        return entries
    return {code: {"label": entry} if isinstance(entry, str) else entry for code, entry in entries.items()}


def _level_codes(levels: Any) -> dict[str, Any]:
    return {
        str(level.get("code") or level.get("key")): {
            "label": f"Level {level.get('number')}: {level.get('name')}"
        }
        for level in (levels if isinstance(levels, list) else [])
        if isinstance(level, dict)
    }


def _pausable(clocks: Any) -> dict[str, Any]:
    return {
        name: {"label": clock.get("title", name)}
        for name, clock in (clocks.items() if isinstance(clocks, dict) else [])
        if isinstance(clock, dict) and clock.get("pausable") is True
    }


def _used_lists(content: Mapping[str, Any]) -> set[str]:
    actions = content.get("actions")
    fields = [
        field
        for action in (actions.values() if isinstance(actions, dict) else [])
        for field in (_list(action.get("fields")) if isinstance(action, dict) else [])
        if isinstance(field, dict)
    ]
    return {str(field["codes"]) for field in fields if "codes" in field}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _with_names(content: Mapping[str, Any]) -> dict[str, Any]:
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
