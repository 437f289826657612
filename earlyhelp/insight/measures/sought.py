"""What is sought of a kept figure: all of it, or what is of some parts of a split."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, func, select

from earlyhelp.insight.measures.kept import WHOLE, split_of, wanted_of
from earlyhelp.insight.measures.kept_cases import Amount, Cell, Counted
from earlyhelp.insight.measures.kept_rules import PLACES, is_kept_by
from earlyhelp.insight.measures.kept_times import APART, TOGETHER, Parts, Wanted
from earlyhelp.insight.measures.measure import Measure
from earlyhelp.insight.measures.narrowing import Narrowed
from earlyhelp.insight.measures.parts import Within, as_id
from earlyhelp.insight.measures.told import OF_CONTACTS, Told
from earlyhelp.records.organisation import Team, User

NOBODY = ""
"""The part of those that belong to none."""


class Sought(NamedTuple):
    """Of one figure: only its rows with a value of 1, or all; and of which parts, everything without a split."""

    ones: bool
    split: str = ""
    parts: frozenset[str] = frozenset()

    @property
    def is_of_nobody(self) -> bool:
        return NOBODY in self.parts and self.split not in OF_CONTACTS

    @property
    def whole(self) -> "Sought":
        """The same of every part."""
        return Sought(self.ones)

    @property
    def wanted(self) -> Wanted:
        """What to read of what is kept to know how many there are: who is of nobody is the whole less its parts.

        Who told nothing is a part of its own.
        """
        if not self.split:
            return WHOLE
        return WHOLE | {self.split: None} if self.is_of_nobody else {self.split: self.parts}

    @property
    def of_parts(self) -> Parts:
        return APART if self.is_of_nobody else TOGETHER

    def total(self, amounts: Mapping[Amount, int]) -> int:
        """How many rows there are, out of what was read of what is `wanted`."""
        return sum(self._share_of(amount) * times for amount, times in amounts.items())

    def _share_of(self, amount: Amount) -> int:
        _, split, _, part, value = amount
        if not self._counts(value):
            return 0
        if split and self.is_of_nobody:
            return 0 if part in self.parts else -1
        return 1

    def rows_of(self, counted: Counted) -> int:
        """How many rows a case has in it, by what it counts for in this figure alone."""
        return sum(times for cell, times in counted.cells.items() if self.has(cell, counted.told))

    def has(self, cell: Cell, told: Told) -> bool:
        """Whether what a case counts is of it."""
        if not self.split or not self._counts(cell[-1]):
            return self._counts(cell[-1])
        return not self.parts.isdisjoint(parts_of_cell(self.split, cell, told))

    def is_told(self, told: Told) -> bool:
        """Whether what was told of a case is sought, where that is what parts it."""
        return not self.parts.isdisjoint(told[self.split])

    def _counts(self, value: int) -> bool:
        return value == 1 or not self.ones


def parts_of_cell(split: str, cell: Cell, told: Told) -> Sequence[str]:
    """The parts of a split that what a case counts is in."""
    if split in told:
        return told[split]
    _, _, team, worker, own, _ = cell
    part = {"team": team, "worker": worker}.get(split, own)
    return (NOBODY if part is None else str(part),)


def sought_of(
    connection: Connection, measure: Measure, narrowed: Narrowed, within: Within | None, *, ones: bool
) -> Sought | None:
    """What is asked for, in the words of what is kept; None where nothing is kept of that."""
    if measure.key not in PLACES:
        return None
    if within is not None:
        return _within(connection, measure, within, ones) if narrowed.is_everywhere else None
    return sought_in(connection, narrowed, ones=ones)


def sought_in(connection: Connection, narrowed: Narrowed, *, ones: bool = False) -> Sought | None:
    """The same of whatever figure is kept, in one part of the council or everywhere."""
    split = split_of(narrowed)
    if not split:
        return Sought(ones) if split == "" else None
    parts = wanted_of(connection, narrowed)[split]
    return Sought(ones, split, parts) if parts is not None else None


def _within(connection: Connection, measure: Measure, within: Within, ones: bool) -> Sought | None:
    by, key = within
    if by == "locality":
        teams = select(Team.id).where(func.coalesce(Team.locality, NOBODY) == key)
        return Sought(ones, "team", _ids(connection, teams, key))
    if by == "agency":
        agency = User.agency_id == as_id(key) if key else User.agency_id.is_(None)
        return Sought(ones, "worker", _ids(connection, select(User.id).where(agency), key))
    if is_kept_by(measure, by):
        return Sought(ones, by, frozenset({key}))
    return None


def _ids(connection: Connection, statement: Select[Any], key: str) -> frozenset[str]:
    nobody = () if key else (NOBODY,)
    return frozenset((*map(str, connection.scalars(statement)), *nobody))
