"""Whether a column holds one of very many values, asked with one parameter: thousands of them take long to write."""

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import BigInteger, Boolean, ColumnElement, Dialect, Integer, Text, TypeDecorator, literal
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine, UserDefinedType


def among(column: Any, values: Collection[int] | Collection[str]) -> ColumnElement[bool]:
    """`column IN values`, by an index of the column where it has one."""
    return _Among(column, literal(tuple(values), _Together(column.type)))


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


class _Among(FunctionElement[bool]):
    type = Boolean()
    inherit_cache = True
    name = "among"


def _has_arrays(dialect: Dialect) -> bool:
    return dialect.name == "postgresql"


@compiles(_Among, "postgresql")
def _among_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    column, values = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"({column} = ANY ({values}))"


@compiles(_Among, "sqlite")
def _among_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    column, values = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"({column} IN (SELECT value FROM json_each({values})))"  # noqa: S608  names of columns and parameters
