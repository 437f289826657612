"""What can be chosen for fields that name records: people, teams, services, the clocks of this case."""

from typing import Any

from sqlalchemy import Connection, String, bindparam, literal_column, select

from earlyhelp.insight.cases import services_named, signposted_services
from earlyhelp.pathway.definition import Action
from earlyhelp.records.clocks import ClockRow
from earlyhelp.records.organisation import Agency, Team, User, UserRole
from earlyhelp.records.prepared import Query
from earlyhelp.records.reference import Service
from earlyhelp.web.cases.service_choices import service_choices

NAMED_AT_ONCE = 500
"""So many services can be chosen from a list; more are searched for."""
_PEOPLE = (
    select(User.email, User.name, Team.name.label("team"), Agency.name.label("agency"))
    .outerjoin(Team, Team.id == User.team_id)
    .outerjoin(Agency, Agency.id == User.agency_id)
    .where(User.active)
    .order_by(User.name, User.id)
)
_EVERYBODY = Query(_PEOPLE)
_OF_ROLE = Query(
    _PEOPLE.join(
        UserRole, (UserRole.user_id == User.id) & (UserRole.role == bindparam("role", type_=String()))
    )
)
_TEAMS = Query(select(Team.key, Team.name).where(Team.active).order_by(Team.name))
_SERVICES = Query(
    select(Service.key, Service.name, Service.organisation)
    .where(Service.withdrawn_at.is_(None))
    .order_by(Service.sort_name, Service.id)
    .limit(literal_column(str(NAMED_AT_ONCE)))
)


def choices_for(connection: Connection, action: Action, *, case: Any = None) -> dict[str, dict[str, str]]:
    """For each such field of the action, lasting value to label."""
    found: dict[str, dict[str, str]] = {}
    for field in action.fields:
        if field.type == "person":
            found[field.name] = people(connection, role=field.role)
        elif field.type == "team":
            found[field.name] = teams(connection)
        elif field.type == "services":
            found |= _services(connection, field.name, answering=bool(field.codes), case=case)
        elif field.codes == "pausable_clocks" and case is not None:
            found[field.name] = _clocks(connection, case.id, action)
    return found


def people(connection: Connection, *, role: str | None) -> dict[str, str]:
    """Active users by e-mail address, with their team or agency beside the name."""
    rows = _OF_ROLE.rows(connection, role=role) if role else _EVERYBODY.rows(connection)
    # Taken apart by place: they may be thousands.
    return {
        email: f"{name} ({team or agency})" if team or agency else name
        for email, name, team, agency in map(tuple, rows)
    }


def teams(connection: Connection) -> dict[str, str]:
    return dict(map(tuple, _TEAMS.rows(connection)))


def directory(connection: Connection) -> dict[str, str]:
    """Services that can be named now, by key."""
    return {
        row.key: f"{row.name} ({row.organisation})"
        if row.organisation and row.organisation != row.name
        else row.name
        for row in _SERVICES.rows(connection)
    }


def _services(connection: Connection, name: str, *, answering: bool, case: Any) -> dict[str, dict[str, str]]:
    if not answering or case is None:
        return service_choices(connection, name, case)
    return {name: services_named(connection, keys=signposted_services(connection, case_id=case.id))}


def _clocks(connection: Connection, case_id: int, action: Action) -> dict[str, str]:
    status = "running" if action.kind == "clock_paused" else "paused"
    rows = connection.scalars(
        select(ClockRow.name).where(ClockRow.case_id == case_id, ClockRow.status == status)
    )
    return {name: name.replace("_", " ").capitalize() for name in rows}
