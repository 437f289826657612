"""The code lists that every database holds, as they are shipped and as the council's own folder names their codes."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, bindparam, insert, select, update

from earlyhelp.pathway.definition import Code, CodeList as Codes
from earlyhelp.pathway.faults import Fault, PathwayError
from earlyhelp.records.reference import CodeEntry, CodeList

Lists = dict[str, Codes]
Row = dict[str, Any]


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
    _bring(connection, CodeList, ("name",), [_list_row(name, about.get(name, {})) for name in codes])
    _bring(connection, CodeEntry, ("code_list", "code"), list(_code_rows(codes)))
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


def _list_row(name: str, about: Mapping[str, Any]) -> Row:
    title = about.get("title", name.replace("_", " ").capitalize())
    return {"name": name, "title": title, "source": about.get("source", "")}


def _code_rows(codes: Lists) -> Iterator[Row]:
    for name, entries in codes.items():
        for position, (code, entry) in enumerate(entries.items()):
            told = entry.model_dump(include={"label", "valid_from", "valid_to"})
            yield {"code_list": name, "code": code, **told, "position": position}


def _bring(connection: Connection, model: Any, key: tuple[str, ...], rows: Sequence[Row]) -> None:
    """Add the rows that the table lacks and change those that differ, known by their key; others stay."""
    table = model.__table__
    held = [dict(row) for row in connection.execute(select(*(table.c[name] for name in rows[0]))).mappings()]
    known = {tuple(row[part] for part in key): row for row in held}
    told = [(known.get(tuple(row[part] for part in key)), row) for row in rows]
    if new := [row for before, row in told if before is None]:
        connection.execute(insert(table), new)
    if changed := [row for before, row in told if before not in (None, row)]:
        matches = [table.c[part] == bindparam(f"of_{part}") for part in key]
        values: dict[str, Any] = {name: bindparam(f"to_{name}") for name in changed[0] if name not in key}
        found = [{f"{'of' if n in key else 'to'}_{n}": value for n, value in row.items()} for row in changed]
        connection.execute(update(table).where(*matches).values(values), found)
