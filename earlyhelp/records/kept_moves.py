"""How cases left their states, kept so that the picture of how families travel need not read a whole history again.

All of it can be made anew from the history. `earlyhelp.insight.moves` says how it is read exactly in step.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from earlyhelp.records.base import Base


@dataclass(frozen=True)
class Move:
    """One way out of a state, on a day, after so many calendar days there."""

    pathway: str
    day: date
    from_state: str
    action: str
    to_state: str
    days: int


class KeptMoves(Base):
    """One row: how far the rest goes."""

    __tablename__ = "kept_moves_state"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    event_mark: Mapped[int]
    """Of every case counted, all up to this event is in it, and nothing later."""
    cases_to: Mapped[int]
    """Cases up to this id have been counted."""
    last_retention: Mapped[int]
    """The newest retention run when it was begun: a later one took history away."""
    turn: Mapped[int]
    """Goes up with every change, so that a reader sees that it read across one."""


class KeptMove(Base):
    """How many moves of one pathway's cases went one way on one day, after so many days in the state they left."""

    __tablename__ = "kept_moves"
    pathway: Mapped[str] = mapped_column(String(60), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    from_state: Mapped[str] = mapped_column(String(60), primary_key=True)
    action: Mapped[str] = mapped_column(String(60), primary_key=True)
    to_state: Mapped[str] = mapped_column(String(60), primary_key=True)
    days: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    times: Mapped[int]


class LeftOutOfMoves(Base):
    """A case that was restricted when it was counted last: none of its moves is among those kept.

    No foreign key: retention deletes the case, and then all is made anew.
    """

    __tablename__ = "kept_moves_left_out"
    case_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
