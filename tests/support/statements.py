"""What SQLAlchemy has worked out of our statements, kept for all databases of a kind that a process of tests opens.

A web process keeps what its own pages ask. Tests ask everything there is, of hundreds of databases: to compile it
for each of them again took a fifth of the time of those that open every page.
"""

from typing import Any

from sqlalchemy import Compiled

from earlyhelp.records.statements import Statements

ROOM = 4_000_000
"""Characters: all that all tests ask."""


class ForEveryDatabase(Statements):
    """A key begins with the dialect of one engine. Those of one kind of database compile alike."""

    def __getitem__(self, key: Any) -> Compiled:
        return super().__getitem__(_of_any(key))

    def __setitem__(self, key: Any, compiled: Compiled) -> None:
        super().__setitem__(_of_any(key), compiled)

    def __delitem__(self, key: Any) -> None:
        super().__delitem__(_of_any(key))


def _of_any(key: Any) -> Any:
    return (type(key[0]), *key[1:])
