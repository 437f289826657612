"""Functions of SQL that the two databases say in different words."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement
from sqlalchemy.types import TypeEngine


def sql_function(
    name: str, of: TypeEngine[Any], *, postgresql: str, sqlite: str
) -> Callable[..., FunctionElement[Any]]:
    """A function that gives values of a type; {0}, {1} and so on are what it is given. Make it once, when loaded."""
    made = type(name, (FunctionElement,), {"type": of, "name": name, "inherit_cache": True})
    compiles(made, "postgresql")(_saying(postgresql))
    compiles(made)(_saying(sqlite))
    return made


def _saying(words: str) -> Callable[..., str]:
    def say(element: Any, compiler: Any, **given: Any) -> str:
        return words.format(*(compiler.process(clause, **given) for clause in element.clauses))

    return say
