"""How the columns of a list are read: guessed from their names, told by a map, remembered from the last time."""

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping as Map, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from earlyhelp.records.imports import ImportMap
from earlyhelp.spreadsheets import Sheet

LONGEST_MAP = 200_000
TABLES = ("columns", "defaults", "values")


class MapRefused(Exception):
    """The map cannot be used, in one line."""


@dataclass(frozen=True)
class Mapping:
    """Which column holds what, what holds where a cell is empty, and what the council's own words mean.

    A column mapped to an empty text is not imported. `system` keeps apart references of two systems.
    """

    columns: Map[str, str] = field(default_factory=dict)
    defaults: Map[str, str] = field(default_factory=dict)
    values: Map[str, Map[str, str]] = field(default_factory=dict)
    system: str = ""

    def as_json(self) -> dict[str, Any]:
        values = {name: dict(labels) for name, labels in self.values.items()}
        plain = {"columns": dict(self.columns), "defaults": dict(self.defaults), "values": values}
        return {**plain, "system": self.system}

    def over(self, guessed: "Mapping") -> "Mapping":
        """This mapping, and for what it does not say the guessed one."""
        said = {plain(name): held for name, held in self.columns.items()}
        taken = {held for held in said.values() if held}
        rest = {
            name: held
            for name, held in guessed.columns.items()
            if plain(name) not in said and held not in taken
        }
        return Mapping({**rest, **self.columns}, self.defaults, self.values, self.system)

    def field_of(self, column: str) -> str:
        """What the column holds; an empty text where it is not imported."""
        return {plain(name): held for name, held in self.columns.items()}.get(plain(column), "")


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads((files("earlyhelp.casework") / "import_columns.toml").read_text(encoding="utf-8"))


@cache
def _names() -> dict[str, str]:
    """Each name of a column with the field that it holds."""
    own = {plain(name): name for name in _data()["columns"]}
    return {plain(word): name for name, words in _data()["columns"].items() for word in words} | own


def known_fields() -> tuple[str, ...]:
    """All that a column may hold."""
    return tuple(_data()["columns"])


def labels_of(name: str) -> dict[str, str]:
    """What councils write for the codes of a field."""
    listed = _data()["labels"].get(name, {})
    return {plain(label): code for code, labels in listed.items() for label in labels}


def plain(text: str) -> str:
    """A name or label as it is compared: small letters and single spaces, without punctuation."""
    apart = re.sub(r"['\N{RIGHT SINGLE QUOTATION MARK}]", "", text.casefold())
    return " ".join(re.sub(r"[\W_]+", " ", apart).split())


def is_known(column: str) -> bool:
    """Whether a text is the name of a column that we know."""
    return plain(column) in _names()


def guessed(columns: Iterable[str]) -> Mapping:
    """What the columns hold, as far as their names tell; of two that would hold the same, the first."""
    found: dict[str, str] = {}
    for column in columns:
        held = _names().get(plain(column), "")
        if column and held and held not in found.values():
            found[column] = held
    return Mapping(found)


def mapping_for(connection: Connection, sheets: Sequence[Sheet], told: Mapping | None) -> Mapping:
    """The mapping told, or the one remembered for these columns; guessed where neither says anything."""
    columns = all_columns(sheets)
    chosen = told or remembered(connection, columns) or Mapping()
    return chosen.over(guessed(columns))


def all_columns(sheets: Sequence[Sheet]) -> list[str]:
    """The names of the columns of all sheets, each once."""
    return list(dict.fromkeys(column for sheet in sheets for column in sheet.columns if column))


def fingerprint_of(columns: Iterable[str]) -> str:
    """The same for the same names in any order."""
    return hashlib.sha256("\n".join(sorted({plain(column) for column in columns})).encode()).hexdigest()


def remembered(connection: Connection, columns: Iterable[str]) -> Mapping | None:
    """The mapping that was last used for a list with these columns."""
    statement = select(ImportMap.mapping).where(ImportMap.fingerprint == fingerprint_of(columns))
    found = connection.scalar(statement)
    return read_mapping(found) if found else None


def remember(
    connection: Connection, columns: Iterable[str], mapping: Mapping, *, by: str, now: datetime
) -> None:
    """Use this mapping from now on for lists with these columns."""
    fingerprint = fingerprint_of(columns)
    connection.execute(delete(ImportMap).where(ImportMap.fingerprint == fingerprint))
    connection.execute(
        insert(ImportMap).values(
            fingerprint=fingerprint, mapping=mapping.as_json(), saved_at=now, saved_by=by
        )
    )


def load_map(text: bytes) -> Mapping:
    """A map file. MapRefused with what is wrong in it."""
    if len(text) > LONGEST_MAP:
        raise MapRefused("the map is larger than a map may be")
    try:
        return read_mapping(tomllib.loads(text.decode("utf-8-sig")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise MapRefused(f"the map is not sound TOML: {fault}") from None


def read_mapping(content: Map[str, Any]) -> Mapping:
    """A mapping out of plain values. MapRefused with what is wrong in it."""
    unknown = sorted(content.keys() - {*TABLES, "system"})
    if unknown:
        raise MapRefused(f"the map has a part that is not known: {unknown[0]}")
    columns, defaults = (_texts(content, name) for name in ("columns", "defaults"))
    values = content.get("values", {})
    if not isinstance(values, dict):
        raise MapRefused("values must be a table")
    for held in (*columns.values(), *defaults, *values):
        if held and held not in known_fields():
            raise MapRefused(f"there is no field {held!r}: the fields are {', '.join(known_fields())}")
    twice = [held for held in columns.values() if held and list(columns.values()).count(held) > 1]
    if twice:
        raise MapRefused(f"two columns hold {twice[0]}")
    system = content.get("system", "")
    if not isinstance(system, str):
        raise MapRefused("system must be a text")
    return Mapping(columns, defaults, {name: _texts(values, name) for name in values}, system)


def _texts(content: Map[str, Any], name: str) -> dict[str, str]:
    table = content.get(name, {})
    if not isinstance(table, dict) or any(not isinstance(value, str) for value in table.values()):
        raise MapRefused(f"{name} must be a table of texts")
    return {str(key): value for key, value in table.items()}


def digest_of(value: list[Any]) -> str:
    """SHA-256 of texts and of lists of texts, as any Python writes them: that takes a quarter of the time of JSON."""
    return hashlib.sha256(ascii(value).encode()).hexdigest()
