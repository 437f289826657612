"""One case as it is shown and sent: children, clocks, history, earlier contacts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    SelectBase,
    and_,
    func,
    or_,
    select,
    union,
    union_all,
)
from sqlalchemy.orm import aliased

from earlyhelp.insight.cursors import Cursor
from earlyhelp.pathway.definition import Pathway
from earlyhelp.permissions import Person, visible_cases
from earlyhelp.records.cases import Case, CasePerson, Contact, Event
from earlyhelp.records.clocks import ClockRow
from earlyhelp.records.organisation import CouncilSetting, Team, User, UserRole
from earlyhelp.records.people import FamilyMember, Person as PersonRow
from earlyhelp.records.reference import CodeEntry, PublishedPathway, Service

ClockStatus = Literal["running", "paused", "breached", "met", "met_late", "void"]
PAGE = 50
LARGEST_PAGE = 200
_CALENDAR = (
    select(CouncilSetting.value)
    .where(CouncilSetting.key == "calendar_version")
    .scalar_subquery()
    .label("calendar")
)
TWELVE_MONTHS = timedelta(days=365)
NEIGHBOURS = 200
"""People of one address whose cases are looked at. Thousands have lived at some hostels, and a page shows EARLIER."""
EARLIER = 20
"""Other cases that a page shows."""
_LISTED = (
    select(
        Case,
        PublishedPathway.name.label("pathway"),
        PublishedPathway.version.label("pathway_version"),
        PublishedPathway.digest.label("fingerprint"),
        _CALENDAR,
        Team.key.label("team"),
        User.email.label("lead_professional"),
    )
    .join(PublishedPathway, PublishedPathway.id == Case.pathway_id)
    .outerjoin(Team, Team.id == Case.team_id)
    .outerjoin(User, User.id == Case.lead_professional_id)
)


def children_of(connection: Connection, *, case_id: int) -> Sequence[Any]:
    """The children of a case, in the order they were told."""
    return connection.execute(
        select(PersonRow)
        .join(CasePerson, CasePerson.person_id == PersonRow.id)
        .where(CasePerson.case_id == case_id, CasePerson.is_child)
        .order_by(CasePerson.position)
    ).all()


def children_of_many(connection: Connection, *, case_ids: Sequence[int]) -> dict[int, list[Any]]:
    """The children of several cases in one look-up."""
    rows = connection.execute(
        select(CasePerson.case_id, PersonRow)
        .join(PersonRow, PersonRow.id == CasePerson.person_id)
        .where(CasePerson.case_id.in_(case_ids), CasePerson.is_child)
        .order_by(CasePerson.case_id, CasePerson.position)
    )
    return _by_case(rows)


def known_elsewhere(connection: Connection, *, case_ids: Sequence[int], person: Person) -> frozenset[int]:
    """Children of these cases who are also on a case that this person may not see, such as known ones whom a partner
    told us of: what is recorded of them came from others."""
    mine, other = aliased(CasePerson), aliased(CasePerson)
    seen = select(Case.id).where(visible_cases(person))
    found = connection.scalars(
        select(mine.person_id)
        .join(other, and_(other.person_id == mine.person_id, other.case_id != mine.case_id))
        .where(mine.case_id.in_(case_ids), mine.is_child, other.case_id.not_in(seen))
        .distinct()
    )
    return frozenset(found)


def clocks_of_many(connection: Connection, *, case_ids: Sequence[int]) -> dict[int, list[Any]]:
    """Every run of every clock of several cases in one look-up."""
    rows = connection.execute(
        select(ClockRow).where(ClockRow.case_id.in_(case_ids)).order_by(ClockRow.case_id, ClockRow.id)
    )
    return _by_case(rows)


def _by_case(rows: Iterable[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.case_id, []).append(row)
    return found


def clocks_of(connection: Connection, *, case_id: int) -> Sequence[Any]:
    """Every run of every clock of a case, oldest first."""
    return connection.execute(select(ClockRow).where(ClockRow.case_id == case_id).order_by(ClockRow.id)).all()


def clock_status(clock: Row[Any], now: datetime) -> ClockStatus:
    """As the interface says it: a running clock past its due moment is breached."""
    breached = clock.status == "running" and now >= clock.due_at
    return "breached" if breached else cast(ClockStatus, clock.status)


def history_of(connection: Connection, *, case_id: int) -> Sequence[Any]:
    """Every event of a case, oldest first, with the name of who acted and the pathway version."""
    return connection.execute(
        select(Event, PublishedPathway.version.label("pathway_version"), User.name.label("actor_name"))
        .join(PublishedPathway, PublishedPathway.id == Event.pathway_id)
        .outerjoin(User, User.id == Event.actor_id)
        .where(Event.case_id == case_id)
        .order_by(Event.sequence)
    ).all()


def history_versions(connection: Connection, *, case_id: int) -> Sequence[Any]:
    """The ids of the pathway versions of a case's events and clocks, each once, as rows of `pathway_id`."""
    events = select(Event.pathway_id).where(Event.case_id == case_id)
    clocks = select(ClockRow.pathway_id).where(ClockRow.case_id == case_id)
    return connection.execute(events.union(clocks)).all()


def owners_of(connection: Connection, *, case_id: int) -> Any:
    """Team and lead professional of a case, by key and name."""
    return connection.execute(
        select(
            Team.key.label("team"),
            Team.name.label("team_name"),
            User.email.label("lead_professional"),
            User.name.label("lead_professional_name"),
        )
        .select_from(Case)
        .outerjoin(Team, Team.id == Case.team_id)
        .outerjoin(User, User.id == Case.lead_professional_id)
        .where(Case.id == case_id)
    ).one()


def contact_of(connection: Connection, *, case_id: int) -> Any:
    return connection.execute(select(Contact).where(Contact.case_id == case_id)).one_or_none()


def adults_of(connection: Connection, *, case_id: int) -> Sequence[Any]:
    """The adults of a case, each with the relationship's label, in the order they were told."""
    return connection.execute(
        select(PersonRow, CasePerson.relationship, CodeEntry.label)
        .join(CasePerson, CasePerson.person_id == PersonRow.id)
        .outerjoin(
            CodeEntry,
            and_(CodeEntry.code_list == "relationship", CodeEntry.code == CasePerson.relationship),
        )
        .where(CasePerson.case_id == case_id, ~CasePerson.is_child)
        .order_by(CasePerson.position)
    ).all()


def front_door_managers(connection: Connection) -> list[str]:
    """Names of the managers who may decide at the front door."""
    return list(
        connection.scalars(
            select(User.name)
            .join(UserRole, UserRole.user_id == User.id)
            .outerjoin(Team, Team.id == User.team_id)
            .where(User.active, UserRole.role == "manager", or_(Team.id.is_(None), Team.kind == "front_door"))
            .order_by(User.name, User.id)
            .limit(10)
        )
    )


def _kin_of(case_id: int) -> SelectBase:
    """A case's people, and everybody of their families."""
    own = select(CasePerson.person_id).where(CasePerson.case_id == case_id)
    families = select(FamilyMember.family_id).where(FamilyMember.person_id.in_(own))
    return union(own, select(FamilyMember.person_id).where(FamilyMember.family_id.in_(families)))


def _neighbours(people: Iterable[Any]) -> Iterator[Select[int]]:
    """Who lives at the same address with the same postcode: of a hostel's many the NEIGHBOURS recorded last."""
    homes = dict.fromkeys(
        (one.address, one.postcode) for one in people if one.address.strip() and one.postcode
    )
    return (_living_at(address, postcode) for address, postcode in homes)


def _cases_of(people: SelectBase) -> Select[int]:
    return select(CasePerson.case_id).where(CasePerson.person_id.in_(people))


def _living_at(address: str, postcode: str) -> Select[int]:
    same = func.lower(func.trim(PersonRow.address)) == func.lower(func.trim(address))
    last = (
        select(PersonRow.id)
        .where(PersonRow.postcode == postcode, same)
        .order_by(PersonRow.id.desc())
        .limit(NEIGHBOURS)
        .subquery()
    )
    return select(last.c.id)  # SQLite limits no part of a union


def elsewhere(
    connection: Connection, *, case_id: int, people: Iterable[Any], before: datetime, person: Person
) -> Sequence[Any]:
    """Other cases of the same children or household opened in the 12 months before, or still open, newest first: the
    children's, then their family's, then neighbours', who would crowd them out at a hostel.

    `people` are the case's, of whom the page has read the addresses already.
    """
    children = select(CasePerson.person_id).where(CasePerson.case_id == case_id, CasePerson.is_child)
    same_children = Case.id.in_(_cases_of(children)).label("same_children")
    family = select(Case.family_id).where(Case.id == case_id).scalar_subquery()
    kin = (_cases_of(_kin_of(case_id)), select(Case.id).where(Case.family_id == family))
    near = union(*kin, *map(_cases_of, _neighbours(people))).subquery()  # an OR would walk all cases
    nearest_first = (same_children.desc(), Case.id.in_(union(*kin)).desc())
    recent = and_(Case.opened_at >= before - TWELVE_MONTHS, Case.opened_at <= before)
    return connection.execute(
        select(
            Case.id,
            Case.reference,
            Case.state,
            Case.is_open,
            Case.outcome,
            Case.opened_at,
            Case.closed_at,
            Contact.source,
            same_children,
        )
        .join(near, near.c.case_id == Case.id)
        .outerjoin(Contact, Contact.case_id == Case.id)
        .where(
            Case.id != case_id,
            or_(recent, Case.is_open),
            visible_cases(person),
        )
        .order_by(*nearest_first, Case.opened_at.desc(), Case.id.desc())
        .limit(EARLIER)
    ).all()


def decisions_of(connection: Connection, *, case_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """The latest rationale recorded on each of these cases, with the action it was for."""
    found: dict[int, tuple[str, str]] = {}
    events = connection.execute(
        select(Event.case_id, Event.action, Event.fields)
        .where(Event.case_id.in_(case_ids))
        .order_by(Event.case_id, Event.sequence)
    )
    for event in events:
        if event.fields.get("rationale"):
            found[event.case_id] = (event.action, event.fields["rationale"])
    return found


def names_in(
    connection: Connection, events: Iterable[Any], pathways: Mapping[int, Pathway]
) -> dict[str, str]:
    """Names of the people, teams and services that these events hold by their lasting form: an address or a key."""
    held: dict[str, set[str]] = {"person": set(), "team": set(), "services": set()}
    for event in events:
        action = pathways[event.pathway_id].actions.get(event.action)
        for field in action.fields if action else ():
            value = event.fields.get(field.name)
            if field.type in held and value:
                held[field.type] |= {value} if isinstance(value, str) else set(value)
    people = select(User.email, User.name).where(User.email.in_(sorted(held["person"])))
    teams = select(Team.key, Team.name).where(Team.key.in_(sorted(held["team"])))
    services = select(Service.key, Service.name).where(Service.key.in_(sorted(held["services"])))
    return dict(connection.execute(union_all(people, teams, services)).all())


def services_named(connection: Connection, *, keys: Sequence[str]) -> dict[str, str]:
    """Names of services by key."""
    rows = connection.execute(select(Service.key, Service.name).where(Service.key.in_(keys)))
    return {row.key: row.name for row in rows}


def signposted_services(connection: Connection, *, case_id: int) -> list[str]:
    """Keys of the services that the family was last signposted to."""
    fields = connection.scalar(
        select(Event.fields)
        .where(Event.case_id == case_id, Event.kind == "signpost")
        .order_by(Event.sequence.desc())
        .limit(1)
    )
    return list((fields or {}).get("services", []))


def list_cases(
    connection: Connection,
    *,
    person: Person,
    state: str | None = None,
    team_id: int | None = None,
    lead_professional_id: int | None = None,
    due_before: datetime | None = None,
    after: Cursor | None = None,
    limit: int = PAGE,
) -> Sequence[Any]:
    """Cases this person may see, one more than `limit` if there are more.

    Oldest first, so that a page is not disturbed by what happens meanwhile; with `due_before`, open cases with the
    nearest deadline first.
    """
    where = [visible_cases(person)]
    where += [Case.state == state] if state else []
    where += [Case.team_id == team_id] if team_id is not None else []
    where += [Case.lead_professional_id == lead_professional_id] if lead_professional_id is not None else []
    order: list[ColumnElement[Any]] = [Case.id.expression]
    if due_before is not None:
        where += [Case.is_open.expression, Case.next_due_at < due_before]
        order.insert(0, Case.next_due_at.expression)
    if after is not None:
        where.append(_beyond(after))
    return connection.execute(_LISTED.where(*where).order_by(*order).limit(limit + 1)).all()


def _beyond(after: Cursor) -> ColumnElement[bool]:
    if after.at is None:
        return Case.id > after.id
    return and_(Case.next_due_at >= after.at, or_(Case.next_due_at > after.at, Case.id > after.id))
