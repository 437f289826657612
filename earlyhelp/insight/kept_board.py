"""The dashboard of a large council, and who is in which state: counted once for all who see the same, read in one row.

It was so at the moment that it names, which is of today and at most two minutes ago; whoever wants to know what is so
now has it counted. Who sees fewer cases than all that are not restricted, or one more, is never told from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection, bindparam, func, select

from earlyhelp.insight.case_lists import council_days
from earlyhelp.insight.dashboard import Board, board
from earlyhelp.insight.flow import states_now
from earlyhelp.pathway.calendar import england
from earlyhelp.permissions import Person, sees_all_but_restricted
from earlyhelp.records.cases import Case
from earlyhelp.records.kept_board import KeptBoard
from earlyhelp.records.prepared import Query
from earlyhelp.records.reference import PublishedPathway
from earlyhelp.records.workload import own_rules

SERVES = timedelta(minutes=2)
"""The worker counts once a minute: it may be late by one more."""
ANY_HEAD = Person(id=None, email="", name="Whoever sees all", roles=frozenset({"service_manager"}))
"""Stands for everybody who sees all cases but the restricted."""


@dataclass(frozen=True)
class Counted:
    """What was counted at one moment of all cases that are not restricted."""

    at: datetime
    board: Board
    states: Mapping[str, Mapping[str, int]]
    """Open cases by pathway and state."""


_COUNTED = TypeAdapter(Counted)
_KEPT = Query(
    select(KeptBoard.counted).where(
        KeptBoard.counted_at.between(bindparam("since"), bindparam("now")), KeptBoard.rules == own_rules()
    )
)


def count_board(connection: Connection, *, now: datetime) -> Counted:
    pathways = connection.scalars(select(PublishedPathway.name).distinct()).all()
    return Counted(
        at=now,
        board=board(connection, person=ANY_HEAD, now=now, calendar=council_days(connection)),
        states={name: states_now(connection, person=ANY_HEAD, pathway=name) for name in pathways},
    )


def as_json(counted: Counted) -> dict[str, Any]:
    """As it is kept."""
    return dict(_COUNTED.dump_python(counted, mode="json"))


def kept_board(connection: Connection, *, person: Person, now: datetime) -> Counted | None:
    """What was counted last, if it is what this person sees; None where it must be counted for them. One query."""
    if not sees_all_but_restricted(person):
        return None
    today = england().start_of(england().date_of(now))
    kept = _KEPT.first(connection, since=max(now - SERVES, today), now=now)
    try:
        return _COUNTED.validate_python(kept.counted) if kept else None
    except ValidationError:
        return None  # kept by a worker of another version, while one follows the other


def is_large(connection: Connection, *, above: int) -> bool:
    """Whether there are more open cases than that."""
    some = select(Case.id).where(Case.is_open).limit(above + 1).subquery()
    return (connection.scalar(select(func.count()).select_from(some)) or 0) > above
