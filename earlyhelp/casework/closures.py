"""Days on which the council is closed: one rule for the page and the command line."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from earlyhelp.casework.calendar_days import FIRST_DAY_YEAR, LAST_DAY_YEAR
from earlyhelp.casework.pathways import close_office, open_office
from earlyhelp.pathway.calendar import england
from earlyhelp.permissions import Person
from earlyhelp.records.cases import Closure
from earlyhelp.records.closure_changes import ClosureChange

LONGEST_NAME = 100


class ClosureRefused(Exception):
    """The day cannot be closed or opened so. `field` is what to mend: on or name."""

    def __init__(self, field: str, words: str) -> None:
        self.field = field
        super().__init__(words)


def close_day(connection: Connection, *, on: date, name: str, by: Person, now: datetime) -> None:
    """Close the council on a working day; raises ClosureRefused. Open clocks move only when recalculated."""
    named = name.strip()
    if not named or len(named) > LONGEST_NAME or not named.isprintable():
        raise ClosureRefused("name", f"Say why the council is closed, in 1 to {LONGEST_NAME} characters")
    if not FIRST_DAY_YEAR <= on.year <= LAST_DAY_YEAR:
        raise ClosureRefused("on", f"Give a day from {FIRST_DAY_YEAR} to {LAST_DAY_YEAR}")
    why = england().why_not_working(on)
    if why is not None:
        words = "at a weekend" if why == "weekend" else f"a bank holiday ({why})"
        raise ClosureRefused("on", f"{on:%d/%m/%Y} is {words}: no time limit counts it anyway")
    if connection.scalar(select(Closure.on).where(Closure.on == on)) is not None:
        raise ClosureRefused("on", f"The council is closed on {on:%d/%m/%Y} already")
    close_office(connection, on=on, name=named)
    _note(connection, on, "closed", named, by, now)


def open_day(connection: Connection, *, on: date, by: Person, now: datetime) -> None:
    """Take a closure back; raises ClosureRefused when there is none on that day."""
    name = connection.scalar(select(Closure.name).where(Closure.on == on))
    if name is None:
        raise ClosureRefused("on", f"The council is not closed on {on:%d/%m/%Y}")
    open_office(connection, on=on)
    _note(connection, on, "opened", name, by, now)


def closure_changes(connection: Connection, *, limit: int = 50) -> Sequence[Any]:
    """Who closed and opened days, latest first."""
    return connection.execute(select(ClosureChange).order_by(ClosureChange.id.desc()).limit(limit)).all()


def _note(connection: Connection, on: date, what: str, name: str, by: Person, now: datetime) -> None:
    connection.execute(insert(ClosureChange).values(on=on, what=what, name=name, by=by.name, at=now))
