r"""Every table as rows of plain text and back, the same from both databases.

Absent is `\N`; text that begins with a backslash has another before it. Moments and days are ISO 8601, moments in UTC;
yes and no are `true` and `false`; structured values are JSON.
"""

import ast
import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Date, DateTime, Float, Integer, LargeBinary, Table
from sqlalchemy.types import TypeDecorator, TypeEngine

from earlyhelp.records.base import Base
from earlyhelp.records.migrate import METADATA
from earlyhelp.records.naming_stamps import NamingStamp

ABSENT = r"\N"


class Unreadable(ValueError):
    """Text that is no value of its column."""


def all_tables() -> Sequence[Table]:
    """Every table of ours, each after those it refers to, but for what the database writes of itself."""
    return [table for table in METADATA.sorted_tables if table.name != NamingStamp.__tablename__]


def written(value: Any) -> str:
    """One value as text."""
    if value is None:
        return ABSENT
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (dict, list, tuple)):
        return json.dumps(value, ensure_ascii=False)
    text = str(value)
    return f"\\{text}" if text.startswith("\\") else text


def reader_of(column: Column[Any]) -> Callable[[str], Any]:
    """What turns this column's text into its value; it raises Unreadable."""
    read = _READERS.get(kind_of(column), str)

    def reader(text: str) -> Any:
        if text == ABSENT:
            if not column.nullable:
                raise Unreadable("a value is missing")
            return None
        plain = text[1:] if text.startswith("\\") else text
        try:
            return read(plain)
        except ValueError:
            raise Unreadable(f"'{plain[:40]}' is no {kind_of(column)}") from None

    return reader


def kind_of(column: Column[Any]) -> str:
    """`text`, `whole number`, `number`, `yes or no`, `day`, `moment` or `JSON`."""
    kind: TypeEngine[Any] = column.type
    if isinstance(kind, TypeDecorator):
        kind = kind.impl_instance
    return next((words for type_, words in _KINDS if isinstance(kind, type_)), "text")


def dictionary() -> list[tuple[str, str, str, str, str, str]]:
    """Table, column, kind, whether always there, what it refers to, and what it means, from the models themselves."""
    return [
        (
            table.name,
            column.name,
            kind_of(column),
            "no" if column.nullable else "yes",
            ", ".join(sorted(f"{key.column.table.name}.{key.column.name}" for key in column.foreign_keys)),
            _meanings(table.name).get(column.name, ""),
        )
        for table in all_tables()
        for column in table.columns
    ]


def meaning_of(table: Table) -> str:
    """The first paragraph of what the model says of itself."""
    model = _models().get(table.name)
    return (inspect.getdoc(model) or "").split("\n\n")[0].replace("\n", " ") if model else ""


def _boolean(text: str) -> bool:
    if text not in {"true", "false"}:
        raise ValueError(text)
    return text == "true"


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment


_KINDS: Sequence[tuple[type[Any], str]] = (
    (JSON, "JSON"),
    (LargeBinary, "JSON"),  # numbers that are kept in few bytes
    (Boolean, "yes or no"),
    (DateTime, "moment"),
    (Date, "day"),
    (Float, "number"),
    (Integer, "whole number"),
)
_READERS: Mapping[str, Callable[[str], Any]] = {
    "JSON": json.loads,
    "yes or no": _boolean,
    "moment": _moment,
    "day": date.fromisoformat,
    "number": float,
    "whole number": int,
}


@cache
def _models() -> dict[str, type[Any]]:
    return {mapper.local_table.name: mapper.class_ for mapper in Base.registry.mappers}  # type: ignore[attr-defined]


@cache
def _meanings(table: str) -> dict[str, str]:
    """What stands below each column in the model: Python itself forgets it."""
    model = _models().get(table)
    if model is None:
        return {}
    (found,) = ast.parse(inspect.getsource(model)).body
    assert isinstance(found, ast.ClassDef)
    return {
        above.target.id: " ".join(below.value.value.split())
        for above, below in zip(found.body, found.body[1:], strict=False)
        if isinstance(above, ast.AnnAssign)
        and isinstance(above.target, ast.Name)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
        and isinstance(below.value.value, str)
    }
