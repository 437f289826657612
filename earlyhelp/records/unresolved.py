"""Alerts that are not resolved: said so that a database looks among those alone, and expects as many as there are."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Boolean, ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement


def unresolved(status: Any, *, among: Collection[str]) -> ColumnElement[bool]:
    """`status` is one of these, of which none is `resolved`."""
    return _Unresolved(status.in_(among), status != "resolved")


class _Unresolved(FunctionElement[bool]):
    """SQLite uses an index of what is not resolved only if the query says so too.

    PostgreSQL sees that it follows. Told so, it took it for a second condition and expected a twentieth of them.
    """

    type = Boolean()
    inherit_cache = True
    name = "unresolved"


@compiles(_Unresolved, "postgresql")
def _on_postgresql(element: Any, compiler: Any, **given: Any) -> str:
    among, _ = element.clauses
    return f"({compiler.process(among, **given)})"


@compiles(_Unresolved)
def _elsewhere(element: Any, compiler: Any, **given: Any) -> str:
    return "({} AND {})".format(*(compiler.process(clause, **given) for clause in element.clauses))
