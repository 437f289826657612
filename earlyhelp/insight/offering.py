"""Whom a form offers by name: a list while they are few. Where very many work, it asks for an email address."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select

FEW = 100
"""Of more, nobody reads the list."""


def few_of(
    connection: Connection, people: Select[*tuple[Any, ...]]
) -> Sequence[Row[*tuple[Any, ...]]] | None:
    """Those whom this finds, or None where they are more than FEW."""
    found = connection.execute(people.limit(FEW + 1)).all()
    return found if len(found) <= FEW else None
