"""Counting many cases in transactions that are short enough for people to write in between."""

from collections.abc import Callable, Iterator

from sqlalchemy import Connection, Engine, select

from earlyhelp.records.cases import Case
from earlyhelp.records.database import transaction

BLOCK = 2_000
"""Cases of one transaction: on SQLite nobody writes meanwhile."""
BEHIND = 20_000
"""With more cases touched since, all is made anew: it costs no more."""


def following_cases(connection: Connection, last: int) -> tuple[int, ...]:
    """A block of cases, by id, after the last one that was counted."""
    return tuple(connection.scalars(select(Case.id).where(Case.id > last).order_by(Case.id).limit(BLOCK)))


def in_blocks(cases: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    for first in range(0, len(cases), BLOCK):
        yield cases[first : first + BLOCK]


def block_by_block(
    engine: Engine, count: Callable[[Connection], int], *, stopping: Callable[[], bool]
) -> int:
    """Have the next block counted, in a transaction of its own, until there is none; how many cases in all."""
    total = 0
    while not stopping():
        with transaction(engine) as connection:
            counted = count(connection)
        if not counted:
            break
        total += counted
    return total
