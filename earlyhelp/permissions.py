"""Who may do what, and see which case: one table and one rule, denied unless allowed.

The rule about cases is written twice, as SQL for lists and as Python for one row; a property test holds them equal.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    false,
    func,
    or_,
    select,
    true,
)

from earlyhelp.records.access import CaseAccess
from earlyhelp.records.cases import Case, CasePerson
from earlyhelp.records.feedback import Feedback
from earlyhelp.records.matching import on_restricted_case, restricted_people
from earlyhelp.records.organisation import Agency, Team, User, UserRole
from earlyhelp.records.people import Person as PersonRow
from earlyhelp.records.prepared import Query

THE_DOORS = frozenset({"screening", "information", "enquiry", "step_up", "closed"})
"""Cases of no team in these kinds of state are the front door's; in any other, no manager may overlook them."""
FRONT_DOOR_KINDS = frozenset({"screening", "information", "enquiry", "allocation"})

SCOPES: Mapping[str, str] = {
    "lead_professional": "own",
    "manager": "team",
    "partner": "agency",
    "screener": "all",
    "service_manager": "all",
    "auditor": "all",
}
"""How far each role sees cases that are not restricted; a role that is not here sees none.

`own`: those they lead. `team`: those of their team, and of no team past the front door; a front door's also what is at
it, social care's also its step ups; a manager of no team manages all. `agency`: what their agency's own account sent,
until the family withdraws its agreement (casework/agreement.py).
"""
_SEE_ALL = {role for role, scope in SCOPES.items() if scope == "all"} | {"system"}

SCREENS = "screener"
"""Who decides on contacts searches everyone's records, and says why they open one that is not before them."""

MATRIX: Mapping[str, frozenset[str]] = {
    "front_door": frozenset({"screener", "manager", "service_manager"}),
    "contact.record": frozenset({"screener"}),
    "step_down.record": frozenset({"screener", "manager"}),
    "case.open": frozenset({"screener", "lead_professional", "manager", "service_manager", "auditor"}),
    "directory": frozenset({"screener", "lead_professional", "manager", "service_manager"}),
    "my_cases": frozenset({"lead_professional"}),
    "management": frozenset({"manager", "service_manager"}),
    "scorecard": frozenset({"manager", "service_manager", "analyst", "auditor"}),
    "scorecard.comment": frozenset({"manager", "service_manager"}),
    "scorecard.set": frozenset({"service_manager"}),
    "statutory": frozenset({"service_manager", "analyst"}),
    "administration": frozenset({"administrator"}),
    "people.see": frozenset(
        {"screener", "lead_professional", "manager", "service_manager", "administrator", "auditor"}
    ),
    "people.restricted": frozenset({"service_manager"}),
    "people.merge": frozenset({"administrator", "service_manager"}),
    "people.correct": frozenset({"administrator", "service_manager"}),
    "audit": frozenset({"auditor", "administrator"}),
    "audit.homes": frozenset({"auditor"}),
    "case_audit": frozenset({"manager", "service_manager", "auditor"}),
    "case.restrict": frozenset({"manager", "service_manager"}),
    "case.break_glass": frozenset({"manager", "service_manager"}),
    "my_timeliness": frozenset({"lead_professional"}),
}
"""What each page and verb asks for, and the roles that have it."""


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in, a partner's system, or (without an id) the public form and the scheduler."""

    id: int | None
    email: str
    name: str
    roles: frozenset[str]
    team_id: int | None = None
    team_key: str | None = None
    team_kind: str | None = None
    agency_id: int | None = None
    agency: str | None = None
    session_epoch: int = 0
    given: frozenset[int] = frozenset()
    """Ids of cases that they were given access to and still have (casework/access.py)."""
    given_restricted: frozenset[int] = frozenset()
    """Those of them that were restricted when it was given."""
    given_to_write: frozenset[int] = frozenset()
    """Those of them on which they may also write notes and draft sections of the assessment."""


SYSTEM = Person(id=None, email="system", name="The system", roles=frozenset({"system"}))
PUBLIC_FORM = Person(id=None, email="public form", name="The public form", roles=frozenset({"public"}))


_ACTIVE = (
    select(
        User.id,
        User.email,
        User.name,
        User.session_epoch,
        User.team_id,
        User.agency_id,
        Team.key.label("team_key"),
        Team.kind.label("team_kind"),
        Agency.name.label("agency"),
        UserRole.role,
    )
    .outerjoin(Team, Team.id == User.team_id)
    .outerjoin(Agency, Agency.id == User.agency_id)
    .outerjoin(UserRole, UserRole.user_id == User.id)
    .where(User.active)
)
_OF_A_USER = [str(column.key) for column in _ACTIVE.selected_columns if column.key != "role"]
# Built once: every page asks who opened it.
_BY_ID = Query(_ACTIVE.where(User.id == bindparam("user_id")))
_BY_EMAIL = Query(_ACTIVE.where(User.email == bindparam("email")))
_ACCESS = Query(
    select(CaseAccess.case_id, CaseAccess.level, CaseAccess.restricted).where(
        CaseAccess.user_id == bindparam("user_id"),
        CaseAccess.ends_at > bindparam("now"),
        CaseAccess.starts_at <= bindparam("now"),
        CaseAccess.revoked_at.is_(None),
    )
)


def load_person(connection: Connection, *, user_id: int, now: datetime | None = None) -> Person | None:
    """An active user with roles and team, or None. With the access they were given to cases only if `now` is said."""
    person = _in_their_roles(_BY_ID.rows(connection, user_id=user_id))
    return _with_access(connection, person, now) if person and now else person


def person_by_email(connection: Connection, *, email: str) -> Person | None:
    return _in_their_roles(_BY_EMAIL.rows(connection, email=email.strip().lower()))


def _in_their_roles(rows: Sequence[Row[Any]]) -> Person | None:
    """`rows` are one user's, one for each role."""
    if not rows:
        return None
    user = {name: getattr(rows[0], name) for name in _OF_A_USER}
    return Person(**user, roles=frozenset(row.role for row in rows if row.role))


def _with_access(connection: Connection, person: Person, now: datetime) -> Person:
    rows = _ACCESS.rows(connection, user_id=person.id, now=now)
    if not rows:
        return person
    return replace(
        person,
        given=frozenset(row.case_id for row in rows),
        given_restricted=frozenset(row.case_id for row in rows if row.restricted),
        given_to_write=frozenset(row.case_id for row in rows if row.level == "contribute"),
    )


def may(person: Person, permission: str) -> bool:
    """Whether one of the person's roles has this permission. An unknown permission is nobody's."""
    return bool(person.roles & MATRIX.get(permission, frozenset()))


def sees_all(person: Person) -> bool:
    """Whether no case is kept from them but restricted ones. A manager of no team manages the whole service."""
    if person.roles & _SEE_ALL:
        return True
    return "manager" in person.roles and person.team_id is None


def sees_all_but_restricted(person: Person) -> bool:
    """Whether they see every case that is not restricted and surely no other: so many see the same.

    Who leads cases, has a team or was given a restricted case may see one more; they are told apart without asking.
    """
    leads = "lead_professional" in person.roles
    has_team = "manager" in person.roles and person.team_id is not None
    sees_more = "system" in person.roles or leads or has_team or bool(person.given_restricted)
    return sees_all(person) and not sees_more


def hidden_people(person: Person, table: Any = PersonRow) -> ColumnElement[bool]:
    """The condition on people, or on an alias of them, that they are restricted and kept from this person.

    Who is on a restricted case is shown to those who may see such a case of theirs; who is restricted without one, to
    service managers. To everybody else neither is shown, be it only as somebody who may be meant.
    """
    if "system" in person.roles:
        return false()
    theirs = (
        select(CasePerson.person_id)
        .join(Case, Case.id == CasePerson.case_id)
        .where(CasePerson.person_id == table.id, Case.restricted, visible_cases(person))
        .correlate(table)
        .exists()
    )
    restricted = (
        on_restricted_case(table.id) if may(person, "people.restricted") else restricted_people(table)
    )
    return and_(restricted, ~theirs)


def shown_restricted(connection: Connection, person: Person, ids: Collection[int]) -> frozenset[int]:
    """Those of these restricted people who are shown to this person all the same."""
    if not ids:
        return frozenset()
    rows = connection.scalars(
        select(PersonRow.id).where(PersonRow.id.in_(sorted(ids)), ~hidden_people(person))
    )
    return frozenset(rows)


def visible_cases(person: Person) -> ColumnElement[bool]:
    """The condition on `Case` that lists put on every query. Deny unless allowed."""
    if "system" in person.roles:
        return true()
    return or_(_ordinary(person), _restricted(person), _own(person), _given(person))


def kept_from(person: Person) -> Select[Any]:
    """The few cases that are kept from somebody who sees all others: what carries a case's id need not read cases."""
    # Not merely false: of a restricted case of no team it is unknown whether it is of the person's.
    return select(Case.id).where(Case.restricted, _seen_though_restricted(person).is_not(true()))


def ids_kept_from(connection: Connection, person: Person) -> frozenset[int]:
    """The same by their ids, of which there may be thousands: in one text, for which Python makes nothing of each."""
    kept = kept_from(person).subquery()
    written = connection.scalar(select(func.aggregate_strings(cast(kept.c.id, Text), ",")))
    return frozenset(map(int, written.split(","))) if written else frozenset()


def restricted_seen(person: Person) -> Select[Any]:
    """The restricted cases that somebody may see."""
    return select(Case.id).where(Case.restricted, _seen_though_restricted(person))


def _seen_though_restricted(person: Person) -> ColumnElement[bool]:
    """What `visible_cases` comes to for restricted cases, said by what their index holds: no case is read for it."""
    if "system" in person.roles:
        return true()
    theirs: list[ColumnElement[bool]] = []
    if "manager" in person.roles and person.team_id is not None:
        theirs.append(Case.team_id == person.team_id)
    if "lead_professional" in person.roles and person.id is not None:
        theirs.append(Case.lead_professional_id == person.id)
    theirs += [Case.id.in_(sorted(person.given_restricted))] if person.given_restricted else []
    return or_(*theirs) if theirs else false()


def visible_feedback(person: Person) -> ColumnElement[bool]:
    """The same for `Feedback` with its case joined beside it: that of cases they may see, and that of no case."""
    about_none: ColumnElement[bool] = Feedback.case_id.is_(None)
    if not sees_all(person):
        about_none = and_(about_none, or_(Feedback.team_id.is_(None), Feedback.team_id == person.team_id))
    return or_(and_(Feedback.case_id.is_not(None), visible_cases(person)), about_none)


def may_see(person: Person, case: Row[Any]) -> bool:
    """The same for one row of `Case`."""
    if "system" in person.roles or _leads(person, case) or _opened(person, case) or _manages(person, case):
        return True
    return _was_given(person, case) or (not case.restricted and sees_all(person))


def must_say_why(person: Person, case: Row[Any]) -> bool:
    """Whether they see this case as a screener alone, past the front door and with another team than theirs."""
    if SCREENS not in person.roles or person.roles & {"service_manager", "auditor", "system"}:
        return False
    if _leads(person, case) or _opened(person, case) or _manages(person, case) or _was_given(person, case):
        return False
    elsewhere = case.team_id is not None and case.team_id != person.team_id
    return elsewhere and case.state_kind not in FRONT_DOOR_KINDS


def may_contribute(person: Person, case: Row[Any]) -> bool:
    """Whether they may write on this case: notes, sections of an assessment. Taking actions is for acting roles."""
    if _leads(person, case) or _manages(person, case):
        return True
    at_the_door = "screener" in person.roles and not case.restricted and case.state_kind in FRONT_DOOR_KINDS
    return at_the_door or (_was_given(person, case) and case.id in person.given_to_write)


def may_give_access(person: Person, case: Row[Any]) -> bool:
    """The lead professional and the managers of a case may; of a restricted one, only its managers."""
    return _manages(person, case) or (_leads(person, case) and not case.restricted)


def may_restrict(person: Person, case: Row[Any]) -> bool:
    """Whether they may keep the case to named people, or take that back: those who manage it."""
    return may(person, "case.restrict") and _manages(person, case)


def acting_roles(person: Person, case: Row[Any]) -> frozenset[str]:
    """The roles that count on this case.

    A lead professional acts only on their own, a manager only where they see it as a manager, a partner's system
    only on what it opened; a service manager also acts as manager.
    """
    held = {"lead_professional": _leads, "manager": _manages, "partner": _opened}
    return (person.roles - held.keys()) | {role for role, holds in held.items() if holds(person, case)}


def _leads(person: Person, case: Row[Any]) -> bool:
    is_lead = person.id is not None and case.lead_professional_id == person.id
    return is_lead and "lead_professional" in person.roles


def _opened(person: Person, case: Row[Any]) -> bool:
    is_own = person.id is not None and case.opened_by_id == person.id
    return is_own and "partner" in person.roles and not case.restricted


def _was_given(person: Person, case: Row[Any]) -> bool:
    given = person.given_restricted if case.restricted else person.given
    return bool(given) and case.id in given


def _manages(person: Person, case: Row[Any]) -> bool:
    if "service_manager" in person.roles and (not case.restricted or _is_named_manager(person, case)):
        return True
    if "manager" not in person.roles:
        return False
    if case.restricted:
        return person.team_id is not None and bool(case.team_id == person.team_id)
    return person.team_id is None or _is_of_manager(person, case)


def _is_named_manager(person: Person, case: Row[Any]) -> bool:
    """Named to a restricted case to work on it. Who broke the glass reads only, and cannot let others in."""
    return _was_given(person, case) and case.id in person.given_to_write


def _is_of_manager(person: Person, case: Row[Any]) -> bool:
    if case.team_id == person.team_id or (case.team_id is None and case.state_kind not in THE_DOORS):
        return True
    if person.team_kind == "social_care":
        return bool(case.state_kind == "step_up")
    at_the_door = case.state_kind in FRONT_DOOR_KINDS or case.team_id is None
    return person.team_kind == "front_door" and at_the_door


def _ordinary(person: Person) -> ColumnElement[bool]:
    if sees_all(person):
        return ~Case.restricted
    if "manager" not in person.roles:
        return false()
    nobodys = and_(Case.team_id.is_(None), Case.state_kind.not_in(sorted(THE_DOORS)))
    scope = [nobodys, Case.team_id == person.team_id]
    if person.team_kind == "social_care":
        scope.append(Case.state_kind == "step_up")
    if person.team_kind == "front_door":
        scope += [Case.state_kind.in_(sorted(FRONT_DOOR_KINDS)), Case.team_id.is_(None)]
    return and_(~Case.restricted, or_(*scope))


def _restricted(person: Person) -> ColumnElement[bool]:
    if "manager" in person.roles and person.team_id is not None:
        return and_(Case.restricted, Case.team_id == person.team_id)
    return false()


def _own(person: Person) -> ColumnElement[bool]:
    """Cases they lead, and for a partner's system those that it opened itself."""
    conditions: list[ColumnElement[bool]] = []
    if "lead_professional" in person.roles and person.id is not None:
        conditions.append(Case.lead_professional_id == person.id)
    if "partner" in person.roles and person.id is not None:
        conditions.append(and_(~Case.restricted, Case.opened_by_id == person.id))
    return or_(*conditions) if conditions else false()


def _given(person: Person) -> ColumnElement[bool]:
    """Cases they were given access to; false where there are none, so that most lists stay one index walk."""
    if not person.given:
        return false()
    others = person.given - person.given_restricted
    ways: list[ColumnElement[bool]] = []
    ways += [Case.id.in_(sorted(person.given_restricted))] if person.given_restricted else []
    ways += [and_(~Case.restricted, Case.id.in_(sorted(others)))] if others else []
    return or_(*ways)
