"""Whether a column holds one of very many values, asked with one parameter: thousands of them take long to write."""

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Dialect, Text, TypeDecorator, literal
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine


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
        return dialect.type_descriptor(ARRAY(self.each) if _has_arrays(dialect) else Text())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return list(value) if _has_arrays(dialect) else json.dumps(list(value))


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
