"""One file laid over another that it extends, and where each thing of the result was written."""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from earlyhelp.pathway.faults import Fault, PathwayError
from earlyhelp.pathway.lines import lines_of

Library = Callable[[str], str]
"""Gives the text of another pathway file or code list by name; KeyError when there is none."""

NAMED_LISTS = frozenset({"fields", "guards"})
"""Lists whose items have a name: an item laid over one of the same name changes it, any other is added."""

WHOLE = frozenset({"due", "breach", "office"})
"""Tables that replace the one below: merged, { weeks = 6 } over { months = 3 } would be two spans at once."""

TABLES_OF_SPANS = frozenset({"dues", "due_after"})

LIBRARY_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
OWN_KEYS = ("name", "title", "version")
"""What a file that extends another must say itself: it is another pathway."""


@dataclass(frozen=True)
class Layer:
    """One file as it was written."""

    file: str
    content: Mapping[str, Any]
    text: str = field(default="", repr=False)

    @cached_property
    def lines(self) -> Mapping[tuple[str, ...], int]:
        """The line of each key: looked for when something is wrong. None in a text too deep to be walked again."""
        try:
            return lines_of(self.text)
        except RecursionError:
            return {}

    def has_of(self, path: Sequence[object], whole: Any) -> tuple[str, ...]:
        """As much of a path into the resolved content as this file has written, in its own positions."""
        found: list[str] = []
        here: Any = self.content
        for part in path:
            whole = _item(whole, part)
            key = _position(here, whole, part) if isinstance(here, list) else part
            here = _item(here, key)
            if here is None:
                break
            found.append(str(key))
        return tuple(found)

    def line_of(self, path: tuple[str, ...]) -> int:
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 0)


@dataclass(frozen=True)
class Places:
    """Where each thing of a resolved pathway was written: the file itself first, then what it extends."""

    layers: Sequence[Layer]
    whole: Mapping[str, Any] = field(repr=False)

    def fault(self, path: Sequence[object], problem: str, mend: str) -> Fault:
        """The fault, at the line of the path or of the nearest part around it that was written down."""
        best = max(self.layers, key=lambda layer: len(layer.has_of(path, self.whole)))
        line = best.line_of(best.has_of(path, self.whole))
        return Fault(best.file, _in_words(path, self.whole), problem, mend, line)


@lru_cache(maxsize=64)
def parse(text: str, file: str) -> Layer:
    """A TOML file as a layer, not to be changed: a council's pathways share what they extend, read once.

    PathwayError with the line where its form breaks.
    """
    try:
        content = tomllib.loads(text)
        return Layer(file, content, text)
    except (tomllib.TOMLDecodeError, RecursionError) as fault:
        line = re.search(r"at line (\d+)", str(fault))
        problem = re.sub(r" \(at .*\)$", "", str(fault)) or "cannot be read"
        number = int(line[1]) if line else text.count("\n") + 1
        raise PathwayError([Fault(file, "", f"not valid TOML: {problem}", "Mend the line", number)]) from None


def layers_of(text: str, *, file: str, library: Library) -> list[Layer]:
    """The file, then the one it extends, and so on down."""
    layers, texts = [parse(text, file)], [text]
    while "extends" in layers[-1].content:
        top = layers[-1]
        name = _base_name(top)
        try:
            base = library(name)
        except KeyError:
            raise _at(top, "extends", f"there is no file {name}.toml beside it", "Check the name") from None
        if base in texts:
            raise _at(top, "extends", f"goes in a circle: {name} was read already", "Extend another file")
        texts.append(base)
        layers.append(parse(base, f"{name}.toml"))
    return layers


def resolved(layers: Sequence[Layer]) -> dict[str, Any]:
    """What the layers say together, the first on top: tables merge, all else replaces."""
    content: dict[str, Any] = {}
    for layer in reversed(layers):
        _check_own_keys(layer)
        for path in _removals(layer):
            content = _without(content, path.split("."), path, layer)
        content = merged(content, {k: v for k, v in layer.content.items() if k not in {"extends", "remove"}})
    return content


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """One table over another. Lists of named items merge by name; spans and other lists replace."""
    result = dict(base)
    for key, value in over.items():
        below = result.get(key)
        if key in NAMED_LISTS and isinstance(value, list) and isinstance(below, list):
            result[key] = _by_name(below, value)
        elif not (isinstance(value, dict) and isinstance(below, dict)) or key in WHOLE:
            result[key] = value
        else:
            result[key] = {**below, **value} if key in TABLES_OF_SPANS else merged(below, value)
    return result


def _by_name(below: Sequence[Any], over: Sequence[Any]) -> list[Any]:
    result = list(below)
    for item in over:
        name = _item(item, "name")
        found = [place for place, old in enumerate(below) if name is not None and _item(old, "name") == name]
        if found and isinstance(item, dict):
            result[found[0]] = {**below[found[0]], **item}
        else:
            result.append(item)
    return result


def _base_name(layer: Layer) -> str:
    name = layer.content["extends"]
    if not isinstance(name, str) or not LIBRARY_NAME.fullmatch(name):
        raise _at(layer, "extends", "must name a file beside this one, without .toml", "Check the name")
    return name


def _check_own_keys(layer: Layer) -> None:
    missing = [key for key in OWN_KEYS if key not in layer.content]
    if missing and "extends" in layer.content:
        words = f"a file that extends another needs its own {', '.join(missing)}"
        raise _at(layer, "extends", words, f"Add {missing[0]} = …")


def _removals(layer: Layer) -> list[str]:
    paths = layer.content.get("remove", [])
    if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
        raise _at(layer, "remove", "must be a list of paths", 'Write it as remove = ["actions.x"]')
    if paths and "extends" not in layer.content:
        raise _at(layer, "remove", "there is nothing to remove from", "Say which file it extends")
    return paths


def _without(content: Any, parts: Sequence[str], path: str, layer: Layer) -> Any:
    """The content without what the path names: a key of a table, or an item of a list by its name."""
    inner = _item(content, parts[0])
    if inner is None:
        problem = f"'{path}' is not in the file that this one extends"
        raise _at(layer, "remove", problem, "Check the path")
    left = None if len(parts) == 1 else _without(inner, parts[1:], path, layer)
    if isinstance(content, list):
        return [left if item is inner else item for item in content if left is not None or item is not inner]
    if left is None:
        return {key: value for key, value in content.items() if key != parts[0]}
    return {**content, parts[0]: left}


def _at(layer: Layer, key: str, problem: str, mend: str) -> PathwayError:
    return PathwayError([Fault(layer.file, key, problem, mend, layer.line_of((key,)))])


def _item(of: Any, part: object) -> Any:
    """A key of a table, or an item of a list by position or by name; None where there is none."""
    if isinstance(of, Mapping):
        return of.get(part, of.get(str(part)))
    if isinstance(of, list):
        if str(part).isdigit():
            return of[int(str(part))] if int(str(part)) < len(of) else None
        return next((item for item in of if isinstance(item, Mapping) and item.get("name") == part), None)
    return None


def _position(items: Sequence[Any], wanted: Any, part: object) -> object:
    """Where an item of the resolved list stands in this layer's: the same name, or the same position."""
    name = _item(wanted, "name") if isinstance(wanted, Mapping) else None
    if name is None:
        return part
    places = [place for place, item in enumerate(items) if _item(item, "name") == name]
    return places[0] if places else len(items)


def _in_words(path: Sequence[object], whole: Any) -> str:
    """The path as a person says it: an item of a list by its name if it has one."""
    words: list[str] = []
    for part in path:
        listed = isinstance(whole, list)
        whole = _item(whole, part)
        name = whole.get("name") if listed and isinstance(whole, Mapping) else None
        words.append(str(name or part))
    return ".".join(words)
