"""The dashboard of a large council, and who is in which state: counted once for all who see everybody's cases.

It was so at the moment that it names, which is of today and at most two minutes ago. Restricted cases are left out of
it; for whoever may see some of those, they are counted as they are now and added. Who sees less is never told from it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection, bindparam, func, select

from earlyhelp.insight.case_lists import council_days
from earlyhelp.insight.dashboard import Board, board, together
from earlyhelp.insight.flow import states_now
from earlyhelp.insight.left_out import Few, few_board, few_seen, few_states, restricted_that_count
from earlyhelp.pathway.calendar import england
from earlyhelp.permissions import Person, sees_all
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
    left_out: Sequence[int]
    """Ids of the restricted cases that would have counted."""


@dataclass(frozen=True)
class Told:
    """The same for one person: what was counted, and those of the left out that they may see, as they are now."""

    counted: Counted
    few: Few


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
        left_out=connection.scalars(restricted_that_count(now)).all(),
    )


def as_json(counted: Counted) -> dict[str, Any]:
    """As it is kept."""
    return dict(_COUNTED.dump_python(counted, mode="json"))


def last_counted(connection: Connection, *, now: datetime, within: timedelta = SERVES) -> Counted | None:
    """What was counted last, if it was today and not longer ago than that. One query."""
    today = england().start_of(england().date_of(now))
    kept = _KEPT.first(connection, since=max(now - within, today), now=now)
    try:
        return _COUNTED.validate_python(kept.counted) if kept else None
    except ValidationError:
        return None  # kept by a worker of another version, while one follows the other


def kept_board(connection: Connection, *, person: Person, now: datetime) -> Told | None:
    """What was counted last, for whoever sees everybody's cases; None where it must be counted for them.

    One query, and one more for whoever may see restricted cases.
    """
    counted = last_counted(connection, now=now) if sees_all(person) else None
    return Told(counted, few_seen(connection, person=person, cases=counted.left_out)) if counted else None


def told_board(connection: Connection, told: Told, *, now: datetime) -> Board:
    """The dashboard. Two queries if there are a few to add."""
    most = told.counted.board
    return together(most, few_board(connection, told.few, now=now)) if told.few else most


def told_states(told: Told, *, pathway: str) -> Mapping[str, int]:
    """Open cases of a pathway by state."""
    return Counter(told.counted.states.get(pathway, {})) + few_states(told.few, pathway=pathway)


def is_large(connection: Connection, *, above: int) -> bool:
    """Whether there are more open cases than that."""
    some = select(Case.id).where(Case.is_open).limit(above + 1).subquery()
    return (connection.scalar(select(func.count()).select_from(some)) or 0) > above
