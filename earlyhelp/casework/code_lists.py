"""The code lists that every database holds, as they are shipped and as the council's own folder names their codes."""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, insert, update

from earlyhelp.pathway.definition import Code, CodeList as Codes
from earlyhelp.pathway.faults import Fault, PathwayError
from earlyhelp.records.reference import CodeEntry, CodeList

Lists = dict[str, Codes]


def seed_codes(connection: Connection, *, shipped: Path, own: Path | None) -> int:
    """Bring the lists to what the files say; returns how many codes there are. PathwayError with every fault.

    A list that a pathway uses is named anew in the pathway's own file, so that a case keeps the words it began with.
    """
    about, codes = _shipped(sorted((shipped / "codes").glob("*.toml")))
    mine = {name for name, told in about.items() if told.get("own_labels")}
    files = sorted((own / "codes").glob("*.toml")) if own is not None else []
    faults: list[Fault] = []
    for path in files:
        if (shipped / "codes" / path.name).exists():
            faults.append(Fault(str(path), "", "a shipped file has this name", "Give it another name"))
            continue
        faults += _take_own(path, codes, mine)
    if faults:
        raise PathwayError(faults)
    for name, entries in codes.items():
        _write(connection, name, about.get(name, {}), entries)
    return sum(map(len, codes.values()))


def _shipped(files: Iterable[Path]) -> tuple[dict[str, Any], Lists]:
    lists: dict[str, Any] = {}
    codes: Lists = {}
    for path in files:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        lists |= content.get("lists", {})
        for name, entries in content.get("codes", {}).items():
            codes[name] = {code: _code(entry) for code, entry in entries.items()}
    return lists, codes


def _take_own(path: Path, codes: Lists, mine: set[str]) -> list[Fault]:
    """Put the council's own labels and days over the shipped ones; what is wrong with them."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        return [Fault(str(path), "", f"it is not sound TOML: {fault}", "Mend the text")]
    told = content.get("codes")
    if set(content) != {"codes"} or not isinstance(told, dict):
        return [Fault(str(path), "", "it is no file of codes", "Write [codes.ethnicity] and one code a line")]
    faults = []
    for name, entries in told.items():
        if name not in mine or not isinstance(entries, dict):
            mend = (
                f"Give [codes.LIST] for one of: {', '.join(sorted(mine))}; others are named in a pathway file"
            )
            faults.append(Fault(str(path), f"codes.{name}", "this list cannot be named anew here", mend))
            continue
        faults += _rename(f"{path}", name, entries, codes[name])
    return faults


def _rename(path: str, name: str, entries: Mapping[str, Any], known: Codes) -> list[Fault]:
    faults = []
    for code, entry in entries.items():
        key = f"codes.{name}.{code}"
        if code not in known:
            faults.append(Fault(path, key, "there is no such code", f"Use one of: {', '.join(known)}"))
            continue
        try:
            known[code] = _code(entry)
        except (ValidationError, TypeError):
            mend = 'Write a label in quotes, or { label = "…", valid_to = 2026-03-31 }'
            faults.append(Fault(path, key, "this is no code", mend))
    return faults


def _code(entry: Any) -> Code:
    return Code.model_validate({"label": entry} if isinstance(entry, str) else entry)


def _write(connection: Connection, name: str, about: Mapping[str, Any], entries: Codes) -> None:
    title = about.get("title", name.replace("_", " ").capitalize())
    _put(connection, CodeList, {"name": name}, {"title": title, "source": about.get("source", "")})
    for position, (code, entry) in enumerate(entries.items()):
        values = {**entry.model_dump(include={"label", "valid_from", "valid_to"}), "position": position}
        _put(connection, CodeEntry, {"code_list": name, "code": code}, values)


def _put(connection: Connection, table: Any, key: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    matches = [getattr(table, name) == value for name, value in key.items()]
    if connection.execute(update(table).where(*matches).values(**values)).rowcount == 0:
        connection.execute(insert(table).values(**key, **values))
