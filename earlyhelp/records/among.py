"""Whether a column holds one of very many values, or of few that a query finds, asked so that an index answers."""

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Dialect,
    Integer,
    SelectBase,
    Text,
    TypeDecorator,
    bindparam,
    literal,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine, UserDefinedType

from earlyhelp.records.sql_functions import sql_function


def among(
    column: Any, values: Collection[int] | Collection[str], *, called: str | None = None
) -> ColumnElement[bool]:
    """`column IN values` with one parameter: thousands of them take long to write.

    Of what it is `called`, a statement that is spelled out once can be given other values.
    """
    of, written = _Together(column.type), tuple(values)
    return _AMONG(column, bindparam(called, written, of) if called else literal(written, of))


def among_few(column: Any, ids: SelectBase) -> ColumnElement[bool]:
    """`column IN (ids)` for ids that are few against the table that `column` is of, and named by an index there."""
    return _AMONG_FEW(column, ids.scalar_subquery())


_AMONG = sql_function(
    "among",
    Boolean(),
    postgresql="({0} = ANY ({1}))",
    sqlite="({0} IN (SELECT value FROM json_each({1})))",
)
# PostgreSQL guesses far too many for a condition on columns that hang together, and would read whole tables.
# An array made beforehand it takes for a short one. SQLite goes by the ids as they come.
_AMONG_FEW = sql_function("among_few", Boolean(), postgresql="{0} = ANY (ARRAY{1})", sqlite="{0} IN {1}")


class _Together(TypeDecorator[Any]):
    """Any number of values as one parameter."""

    impl = Text
    cache_ok = True

    def __init__(self, each: TypeEngine[Any]) -> None:
        super().__init__()
        self.each = each

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        if not _has_arrays(dialect):
            return dialect.type_descriptor(Text())
        return _WrittenIds(self.each) if self._are_ids else dialect.type_descriptor(ARRAY(self.each))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if not _has_arrays(dialect):
            return json.dumps(list(value))
        return "{" + ",".join(map(str, value)) + "}" if self._are_ids else list(value)

    @property
    def _are_ids(self) -> bool:
        return isinstance(self.each, Integer)


class _WrittenIds(UserDefinedType[Any]):
    """An array of ids that is text already: the driver would write it id by id, ten times as long.

    Its type is said of the parameter itself, so that PostgreSQL takes it for a constant when it plans.
    """

    cache_ok = True
    render_bind_cast = True

    def __init__(self, each: TypeEngine[Any]) -> None:
        self.each = each

    def get_col_spec(self, **_given: Any) -> str:
        return "BIGINT[]" if isinstance(self.each, BigInteger) else "INTEGER[]"


def _has_arrays(dialect: Dialect) -> bool:
    return dialect.name == "postgresql"
