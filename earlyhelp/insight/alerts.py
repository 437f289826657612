"""Alerts as people and the API ask for them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from earlyhelp.permissions import Person, visible_cases
from earlyhelp.records.cases import Case
from earlyhelp.records.clocks import Alert
from earlyhelp.records.organisation import Team, User

PAGE = 50
STATUSES = ("open", "acknowledged", "resolved")
Place = tuple[datetime, int]


def list_alerts(
    connection: Connection,
    *,
    person: Person,
    statuses: Sequence[str] = ("open",),
    clock: str | None = None,
    stage: str | None = None,
    team_id: int | None = None,
    lead_professional_id: int | None = None,
    after: Place | None = None,
    limit: int = PAGE,
) -> Sequence[Any]:
    """Alerts on cases this person may see, longest overdue first, one more than `limit` if there are more."""
    acknowledged_by = User.__table__.alias("acknowledged_by")
    lead = User.__table__.alias("lead")
    where = [visible_cases(person), Alert.status.in_(statuses)]
    where += [Alert.clock == clock] if clock else []
    where += [Alert.stage.startswith(stage, autoescape=True)] if stage else []
    where += [Alert.team_id == team_id] if team_id is not None else []
    where += [Alert.lead_professional_id == lead_professional_id] if lead_professional_id is not None else []
    if after is not None:
        later = and_(Alert.fell_due_at == after[0], Alert.id > after[1])
        where.append(or_(Alert.fell_due_at > after[0], later))
    return connection.execute(
        select(
            Alert,
            Case.reference,
            Case.pathway_id,
            Case.state,
            acknowledged_by.c.email.label("acknowledged_by"),
            lead.c.name.label("lead_professional"),
            Team.name.label("team"),
        )
        .join(Case, Case.id == Alert.case_id)
        .outerjoin(acknowledged_by, acknowledged_by.c.id == Alert.acknowledged_by_id)
        .outerjoin(lead, lead.c.id == Alert.lead_professional_id)
        .outerjoin(Team, Team.id == Alert.team_id)
        .where(*where)
        .order_by(Alert.fell_due_at, Alert.id)
        .limit(limit + 1)
    ).all()


def count_by_team_and_worker(connection: Connection, *, person: Person) -> Sequence[Any]:
    """Open alerts per team and lead professional, most first."""
    return connection.execute(
        select(
            Team.name.label("team"),
            User.name.label("worker"),
            func.count().label("alerts"),
            func.count().filter(Alert.stage.not_like("warning%")).label("breaches"),
        )
        .select_from(Alert)
        .join(Case, Case.id == Alert.case_id)
        .outerjoin(Team, Team.id == Alert.team_id)
        .outerjoin(User, User.id == Alert.lead_professional_id)
        .where(visible_cases(person), Alert.status != "resolved")
        .group_by(Team.name, User.name)
        .order_by(func.count().desc(), Team.name, User.name)
    ).all()
