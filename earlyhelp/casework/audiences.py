"""Who is meant by the audiences of a pathway: for one case, or for many alerts at once, when people are read once."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Select, bindparam, literal_column, or_, select, union_all
from sqlalchemy.orm import aliased

from earlyhelp.permissions import Person, may_see
from earlyhelp.records.among import among_few
from earlyhelp.records.organisation import Team, User, UserRole
from earlyhelp.records.prepared import Query, rows_together

Group = tuple[str, str]
"""A role, and the kind of team in which it is held."""
ANY = "any"
GROUPS: dict[str, Group] = {
    "screener": ("screener", "front_door"),
    "front_door": ("screener", "front_door"),
    "agency": ("screener", "front_door"),
    "screening_manager": ("manager", "front_door"),
    "social_care_manager": ("manager", "social_care"),
    "social_care": ("manager", "social_care"),
    "service_manager": ("service_manager", ANY),
}
"""Audiences that are the same people for every case. An agency asked for information is chased by those who asked."""
LAST_RESORT = "service_manager"


@dataclass
class Audiences:
    """Everybody active, by what an audience may mean."""

    people: dict[int, Person] = field(default_factory=dict)
    groups: dict[Group, set[int]] = field(default_factory=lambda: defaultdict(set))
    managers_of: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))

    def meant(self, audience: Iterable[str], case: Any) -> set[int]:
        """Ids of the people to be told about this case.

        A restricted case is told only to people who may see it. Where nobody is left, service managers are told, also
        those who may not: a message names the case by its reference alone, and a clock must not run out unheard.
        """
        return self.named(audience, case) or self.last_resort(case)

    def named(self, audience: Iterable[str], case: Any) -> set[int]:
        """Those of the audience who may be told."""
        return self._allowed({user for who in audience for user in self._who(who, case)}, case)

    def last_resort(self, case: Any) -> set[int]:
        return self._who(LAST_RESORT, case)

    def _who(self, who: str, case: Any) -> set[int]:
        if who == "lead_professional":
            return {case.lead_professional_id} & self.people.keys()
        if who == "manager":
            return self.managers_of.get(case.team_id or 0, set()) or self.groups.get(("manager", ""), set())
        role, team_kind = GROUPS[who]
        return self.groups.get((role, team_kind)) or self.groups.get(
            (role, ""), set()
        )  # those of no team serve all

    def _allowed(self, users: set[int], case: Any) -> set[int]:
        if not case.restricted:
            return users
        return {user for user in users if may_see(self.people[user], case)}


_STAFF = (
    select(User.id, User.email, User.name, User.team_id, Team.kind, UserRole.role)
    .join(UserRole, UserRole.user_id == User.id)
    .outerjoin(Team, Team.id == User.team_id)
    .where(User.active)
)
_EVERYBODY = Query(_STAFF)
_MANAGER: Any = literal_column("'manager'")


def _holders(role: str, *conditions: Any) -> Query:
    """Who holds a role, where this is true of them, with all their roles."""
    holders = select(UserRole.user_id).where(UserRole.role == literal_column(f"'{role}'"))
    return Query(_STAFF.where(User.id.in_(holders), *conditions))


def _managers() -> Query:
    """Those of the case's team; and only where it has none those of no team, who may be many."""
    theirs, anybodys = aliased(User), aliased(User)
    of_team = _managing(theirs).where(theirs.team_id == bindparam("team_id"))
    of_none = _managing(anybodys).where(anybodys.team_id.is_(None), ~of_team.exists())
    return Query(_STAFF.where(among_few(User.id, union_all(of_team, of_none))))


def _managing(user: Any) -> Select[Any]:
    held = aliased(UserRole)
    return select(user.id).join(held, held.user_id == user.id).where(held.role == _MANAGER, user.active)


def _of_kind(kind: str) -> Sequence[Any]:
    return [] if kind == ANY else [or_(Team.kind == literal_column(f"'{kind}'"), User.team_id.is_(None))]


_MAY_BE_MEANT = {
    "lead_professional": Query(_STAFF.where(User.id == bindparam("lead_professional_id"))),
    "manager": _managers(),
    **{who: _holders(role, *_of_kind(kind)) for who, (role, kind) in GROUPS.items()},
}
"""For each audience all from whom it is chosen."""


def read_audiences(connection: Connection) -> Audiences:
    """Everybody who may be told anything, in one query: for many cases at once."""
    return _audiences(_EVERYBODY.rows(connection))


def told_about(connection: Connection, audience: Sequence[str], case: Any) -> set[int]:
    """Whom `Audiences.meant` means for one case: nobody is read who cannot be told of it, however many work here."""
    return _of(connection, audience, case).named(audience, case) or _of(
        connection, [LAST_RESORT], case
    ).last_resort(case)


def _of(connection: Connection, audience: Sequence[str], case: Any) -> Audiences:
    asked = {"lead_professional_id": case.lead_professional_id, "team_id": case.team_id}
    found = rows_together(connection, [_MAY_BE_MEANT[who] for who in audience], **asked)
    return _audiences(chain.from_iterable(found))


def _audiences(rows: Iterable[Any]) -> Audiences:
    roles: dict[int, set[str]] = defaultdict(set)
    about: dict[int, Any] = {}
    for row in rows:
        roles[row.id].add(row.role)
        about[row.id] = row
    audiences = Audiences()
    for user_id, row in about.items():
        _add(audiences, row, frozenset(roles[user_id]))
    return audiences


def _add(audiences: Audiences, row: Any, roles: frozenset[str]) -> None:
    audiences.people[row.id] = Person(
        id=row.id, email=row.email, name=row.name, roles=roles, team_id=row.team_id, team_kind=row.kind
    )
    for role in roles:
        audiences.groups[role, row.kind or ""].add(row.id)
        audiences.groups[role, ANY].add(row.id)
    if "manager" in roles and row.team_id is not None:
        audiences.managers_of[row.team_id].add(row.id)
