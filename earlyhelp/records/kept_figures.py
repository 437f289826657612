"""What measures counted in months, kept so that a scorecard need not count a whole history again.

All of it can be made anew from the history. `earlyhelp.insight.measures.kept` says how it is read exactly in step.
"""

import struct
import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Dialect, LargeBinary, String, TypeDecorator
from sqlalchemy.orm import Mapped, mapped_column

from earlyhelp.records.base import Base
from earlyhelp.records.organisation import Team, User


class SmallNumbers(TypeDecorator[Sequence[int]]):
    """Whole numbers below 65,536 in their order, two bytes each: as JSON they would take three times as much."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Sequence[int] | None, dialect: Dialect) -> bytes | None:
        return None if value is None else struct.pack(f"<{len(value)}H", *value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Sequence[int] | None:
        return None if value is None else small_numbers(value)


def small_numbers(written: bytes) -> Sequence[int]:
    """The numbers that a database keeps so; read where they are looked at, for of most lists few are."""
    if sys.byteorder == "big":
        return struct.unpack(f"<{len(written) // 2}H", written)
    return memoryview(written).cast("H")


class KeptFigures(Base):
    """One row: how far the rest goes. Whatever happened to a case after `event_mark` is not in it yet."""

    __tablename__ = "kept_figures"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    rules: Mapped[str] = mapped_column(String(64))
    """A digest of everything but the history that figures depend on: others, and all is to be made anew."""
    last_day: Mapped[date]
    """The last day of the latest month kept."""
    users_to: Mapped[int]
    """The newest account when it was begun: of later ones nothing was counted."""
    event_mark: Mapped[int]
    """The last event that is surely in it."""
    seen_at: Mapped[datetime]
    """Merges of people since then are not surely in it."""
    judged_at: Mapped[datetime]
    """What time alone has changed since then is not surely in it: what fell due, what has held."""
    cases_to: Mapped[int]
    """Cases up to this id have been counted."""
    turn: Mapped[int]
    """Goes up with every change, so that a reader sees that it read across one."""


class KeptCase(Base):
    """What one case counted for: `[measure, month, team, worker, value, times]` each, the first two by their place;
    and last the part it belongs to, where the measure has a split of its own.

    No foreign key: retention deletes the case, and then all is made anew.
    """

    __tablename__ = "kept_cases"
    case_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    counted: Mapped[list[Any]]


class KeptList(Base):
    """Which cases a list names, out of so many numbers one after the other, counted from the first of these.

    `earlyhelp.insight.measures.kept_lists` says which lists there are, and how `place` is made.
    """

    __tablename__ = "kept_lists"
    place: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    cases: Mapped[Sequence[int]] = mapped_column(SmallNumbers)


class KeptAmount(Base):
    """How often a measure counted a value in a month: of one part of a split (`team`, `worker`, `source`, one of a
    measure's own), of a group of these (`locality`, `agency`), or of all, where `split` and `part` are empty."""

    __tablename__ = "kept_amounts"
    measure: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    split: Mapped[str] = mapped_column(String(20), primary_key=True)
    month: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    part: Mapped[str] = mapped_column(String(254), primary_key=True)
    value: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    times: Mapped[int]


class KeptMember(Base):
    """Which locality a team, and which agency a worker, was of when what is kept of these groups was added up."""

    __tablename__ = "kept_members"
    split: Mapped[str] = mapped_column(String(20), primary_key=True)
    part: Mapped[str] = mapped_column(String(254), primary_key=True)
    of: Mapped[str] = mapped_column(String(254))
    """The part of the group's split."""


class Group(NamedTuple):
    """A split whose parts are made of whole parts of another: of the column of its members that says to which."""

    members: str
    id: Any
    of: Any


GROUPS: Mapping[str, Group] = {
    "locality": Group("team", Team.id, Team.locality),
    "agency": Group("worker", User.id, User.agency_id),
}
