"""What can be chosen for fields that name records: people, teams, services, the clocks of this case."""

from typing import Any

from sqlalchemy import Connection, select

from earlyhelp.insight.cases import services_named, signposted_services
from earlyhelp.pathway.definition import Action
from earlyhelp.records.clocks import ClockRow
from earlyhelp.records.organisation import Agency, Team, User, UserRole
from earlyhelp.records.reference import Service
from earlyhelp.web.cases.service_choices import service_choices


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
    statement = (
        select(User.email, User.name, Team.name.label("team"), Agency.name.label("agency"))
        .outerjoin(Team, Team.id == User.team_id)
        .outerjoin(Agency, Agency.id == User.agency_id)
        .where(User.active)
        .order_by(User.name, User.id)
    )
    if role:
        statement = statement.join(UserRole, (UserRole.user_id == User.id) & (UserRole.role == role))
    # All rows at once, taken apart by place: they may be thousands.
    return {
        email: f"{name} ({team or agency})" if team or agency else name
        for email, name, team, agency in connection.execute(statement).all()
    }


def teams(connection: Connection) -> dict[str, str]:
    rows = connection.execute(select(Team.key, Team.name).where(Team.active).order_by(Team.name))
    return dict(rows.all())


def directory(connection: Connection) -> dict[str, str]:
    """Services that can be named now, by key."""
    rows = connection.execute(
        select(Service.key, Service.name, Service.organisation)
        .where(Service.withdrawn_at.is_(None))
        .order_by(Service.sort_name, Service.id)
        .limit(500)
    )
    return {
        row.key: f"{row.name} ({row.organisation})"
        if row.organisation and row.organisation != row.name
        else row.name
        for row in rows
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
