"""What is kept of localities and agencies: what is kept of their teams and workers, added up beforehand.

Added up for those who were of a group at that time. Who has moved since is told apart, so that a figure is always that
of its members of now: a council's own agency has nearly all of its workers.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, String, and_, case as when, cast, func, or_, select

from earlyhelp.insight.measures.kept_cases import Amount
from earlyhelp.records.among import among
from earlyhelp.records.kept_figures import GROUPS, KeptAmount, KeptMember


class Members(frozenset[str]):
    """The parts that make up one part of a group now, and who has joined or left it since it was added up."""

    split: str
    part: str
    joined: frozenset[str]
    left: frozenset[str]

    @property
    def times(self) -> ColumnElement[int]:
        """What one row that is kept adds."""
        if not self.left:
            return KeptAmount.times.expression
        of_left = and_(KeptAmount.split != self.split, among(KeptAmount.part, sorted(self.left)))
        return when((of_left, -KeptAmount.times), else_=KeptAmount.times)

    @property
    def rows(self) -> ColumnElement[bool]:
        """Which rows that are kept make it up."""
        together = and_(KeptAmount.split == self.split, KeptAmount.part == self.part)
        if not (moved := self.joined | self.left):
            return together
        apart = and_(KeptAmount.split == GROUPS[self.split].members, among(KeptAmount.part, sorted(moved)))
        return or_(together, apart)


def members_of(connection: Connection, split: str, part: str | int) -> Members:
    """Who makes up this part of a group."""
    # All in one statement: who moves between two would be of the group by one and not by the other.
    rows = connection.execute(_members(split, str(part))).all()
    members = Members(str(row.id) for row in rows if row.is_now)
    members.split, members.part = split, str(part)
    members.joined = frozenset(str(row.id) for row in rows if not row.was_then)
    members.left = frozenset(str(row.id) for row in rows if not row.is_now)
    return members


def have_moved(connection: Connection) -> bool:
    """Whether a team or worker is of another group than when these were added up."""
    return any(connection.execute(_moved(split).limit(1)).first() is not None for split in GROUPS)


def with_groups(connection: Connection, amounts: Mapping[Amount, int]) -> dict[Amount, int]:
    """The same with what it adds to groups, as they were when they were added up."""
    found = dict(amounts)
    of = {(row.split, row.part): row.of for row in connection.execute(select(KeptMember.__table__))}
    for group, (members, *_) in GROUPS.items():
        for (measure, split, month, part, value), times in amounts.items():
            if split == members and (to := of.get((group, part))) is not None:
                place = (measure, group, month, to, value)
                found[place] = found.get(place, 0) + times
    return found


def _members(split: str, part: str) -> Select[Any]:
    """Who is of this part of a group, or was when it was added up."""
    rows, now, then = _now_and_then(split)
    return rows.add_columns((now == part).label("is_now"), (then == part).label("was_then")).where(
        or_(now == part, then == part)
    )


def _moved(split: str) -> Select[Any]:
    """Members who are of another part of a group than they were when it was added up."""
    rows, now, then = _now_and_then(split)
    return rows.where(now != then)


def _now_and_then(split: str) -> tuple[Select[Any], ColumnElement[str], ColumnElement[str]]:
    """All members of a group, with the part that each is of now and was of then."""
    group = GROUPS[split]
    known = and_(KeptMember.split == split, KeptMember.part == cast(group.id, String))
    rows = select(group.id.label("id")).outerjoin(KeptMember, known)
    return rows, func.coalesce(cast(group.of, String), ""), func.coalesce(KeptMember.of, "")
