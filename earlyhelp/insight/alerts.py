"""Alerts as the API lists them: every stage, longest overdue first. Pages show them by urgency instead."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select

from earlyhelp.near import carried_near, near_ever
from earlyhelp.permissions import Person, visible_cases
from earlyhelp.records.cases import Case
from earlyhelp.records.clocks import Alert
from earlyhelp.records.organisation import Team, User

PAGE, LARGEST_PAGE = 50, 200
STATUSES = ("open", "acknowledged", "resolved")
Place = tuple[datetime, int]
_BY = User.__table__.alias("acknowledged_by")
_LEAD = User.__table__.alias("lead")
_COLUMNS = [column for column in Alert.__table__.c if column.name not in {"acknowledged_by_id"}]
_ALERT = (
    select(
        *_COLUMNS,
        Case.reference,
        Case.pathway_id,
        Case.state,
        _BY.c.email.label("acknowledged_by"),
        _LEAD.c.name.label("lead_professional"),
        Team.name.label("team"),
    )
    .select_from(Alert)
    .join(Case, Case.id == Alert.case_id)
    .outerjoin(_BY, _BY.c.id == Alert.acknowledged_by_id)
    .outerjoin(_LEAD, _LEAD.c.id == Alert.lead_professional_id)
    .outerjoin(Team, Team.id == Alert.team_id)
)


def list_alerts(
    connection: Connection,
    *,
    person: Person,
    statuses: Sequence[str] = ("open",),
    clock: str | None = None,
    after: Place | None = None,
    limit: int = PAGE,
) -> Sequence[Any]:
    """Alerts on cases this person may see, longest overdue first, one more than `limit` if there are more."""
    where = [visible_cases(person), Alert.status.in_(statuses)]
    where += [Alert.clock == clock] if clock else []
    if "resolved" in statuses:
        where.append(near_ever(person, Alert.case_id))
    else:
        where += [Alert.status != "resolved", carried_near(person, Alert)]
    if after is not None:
        where += [Alert.fell_due_at >= after[0], or_(Alert.fell_due_at > after[0], Alert.id > after[1])]
    order = (Alert.fell_due_at, Alert.id)
    found = select(Alert.id).join(Case, Case.id == Alert.case_id).where(*where)
    page = found.order_by(*order).limit(limit + 1).subquery()
    return connection.execute(_ALERT.join(page, page.c.id == Alert.id).order_by(*order)).all()


def one_alert(connection: Connection, *, alert_id: int) -> Any:
    """One alert, for whoever may see it already."""
    return connection.execute(_ALERT.where(Alert.id == alert_id)).one()
