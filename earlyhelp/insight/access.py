"""Who was given access to a case, and by whom."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.orm import aliased

from earlyhelp.records.access import CaseAccess
from earlyhelp.records.organisation import Agency, Team, User


def access_of(connection: Connection, *, case_id: int) -> Sequence[Any]:
    """Every access ever given to a case, latest first."""
    giver = aliased(User)
    return connection.execute(
        select(
            CaseAccess,
            User.name,
            Team.name.label("team"),
            Agency.name.label("agency"),
            giver.name.label("given_by"),
        )
        .join(User, User.id == CaseAccess.user_id)
        .join(giver, giver.id == CaseAccess.given_by_id)
        .outerjoin(Team, Team.id == User.team_id)
        .outerjoin(Agency, Agency.id == User.agency_id)
        .where(CaseAccess.case_id == case_id)
        .order_by(CaseAccess.id.desc())
    ).all()
