"""A history of any size: a part of it is lived through casework, and the rest are copies of that, row for row."""

from collections.abc import Callable
from datetime import date, datetime

from sqlalchemy import Engine, func, select

from earlyhelp.records.cases import Case
from earlyhelp.records.database import reading, transaction
from earlyhelp.simulation.history import Simulated, simulate
from earlyhelp.simulation.patterns import read_pattern
from earlyhelp.simulation.pouring import pour

LIVED = range(400, 801)
"""How many contacts may be lived through; of these, as many as divide what is asked for best."""
A_BOROUGH = 10_000
"""Contacts after which further copies belong to other teams: nobody leads thousands of cases."""


class NotEmpty(Exception):
    """There are cases already: copies must not meet what others have recorded."""


def simulate_fast(
    engine: Engine,
    *,
    contacts: int,
    seed: int,
    start: date,
    until: datetime,
    tell: Callable[[int], None] = lambda _contacts: None,
    among: range = LIVED,
) -> Simulated:
    """Make so many contacts, or a few more up to a whole number of copies, with the history of each.

    `tell` hears how many there are after every copy; `among` says how many may be lived through. Raises NotEmpty
    where there are cases, NothingToLiveOn and ValueError as `simulate` does. All copies are one transaction: whole,
    or not there.
    """
    with reading(engine) as connection:
        if connection.scalar(select(func.count()).select_from(Case)):
            raise NotEmpty("there are cases already: --fast fills a new database")
    lived = lived_of(contacts, among)
    made = simulate(engine, contacts=lived, seed=seed, start=start, until=until, most_latest=0)
    copies = -(-contacts // lived) - 1
    if copies:
        with transaction(engine) as connection:
            for number in pour(
                connection,
                read_pattern(connection),
                copies=copies,
                borough_of=lambda copy: copy * lived // A_BOROUGH,
            ):
                tell((number + 1) * lived)
    return Simulated(lived * (copies + 1), made.actions * (copies + 1))


def lived_of(contacts: int, among: range = LIVED) -> int:
    """How many to live through, so that copies of them come as near to what is asked for as can be."""
    if contacts < among.start:
        return contacts
    return min(among, key=lambda lived: (-contacts % lived, lived))
