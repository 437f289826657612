"""A pathway written out as TOML again, in the form of our files: one table for each state, action, clock and list."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

BARE = re.compile(r"[A-Za-z0-9_-]+")


def as_toml(content: Mapping[str, Any]) -> str:
    """The content of a file as TOML that reads back equal."""
    plain = {key: value for key, value in content.items() if not _is_table(value)}
    tables = {key: value for key, value in content.items() if _is_table(value)}
    parts = [
        "\n".join(_lines(plain)),
        *(part for key, value in tables.items() for part in _table(key, value)),
    ]
    return "\n\n".join(parts)


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) or _holds_tables(value)


def _holds_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _table(key: str, value: Any) -> Iterator[str]:
    if isinstance(value, list):
        yield from ("\n".join([f"[[{_key(key)}]]", *_lines(item)]) for item in value)
    elif value and all(isinstance(inner, dict) for inner in value.values()):
        for name, inner in value.items():
            yield "\n".join([f"[{_key(key)}.{_key(name)}]", *_lines(inner)])
    else:
        yield "\n".join([f"[{_key(key)}]", *_lines(value)])


def _lines(table: Mapping[str, Any]) -> Iterator[str]:
    for key, value in table.items():
        if _holds_tables(value):
            yield "\n".join([f"{_key(key)} = [", *(f"  {_value(item)}," for item in value), "]"])
        else:
            yield f"{_key(key)} = {_value(value)}"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(key)} = {_value(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    return str(value.isoformat())


def _key(key: str) -> str:
    return key if BARE.fullmatch(key) else json.dumps(key, ensure_ascii=False)
