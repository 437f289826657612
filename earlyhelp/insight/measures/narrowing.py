"""Narrowing figures to a team, an agency, a locality, a source, a worker."""

from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, func, select

from earlyhelp.records.cases import Contact
from earlyhelp.records.organisation import Team, User, UserRole


@dataclass(frozen=True)
class Narrowed:
    """What figures are narrowed to; nothing without any.

    The team and worker are those of the case at the event; the agency is that of its lead professional, the locality
    that of the team.
    """

    team_id: int | None = None
    agency_id: int | None = None
    locality: str | None = None
    source: str | None = None
    worker_id: int | None = None

    def conditions(self, rows: Any) -> list[Any]:
        """On the columns that the rows of every measure have."""
        found = []
        if self.team_id is not None:
            found.append(rows.c.team_id == self.team_id)
        if self.locality is not None:
            found.append(rows.c.team_id.in_(select(Team.id).where(Team.locality == self.locality)))
        if self.agency_id is not None:
            found.append(
                rows.c.lead_professional_id.in_(select(User.id).where(User.agency_id == self.agency_id))
            )
        if self.worker_id is not None:
            found.append(rows.c.lead_professional_id == self.worker_id)
        if self.source is not None:
            found.append(rows.c.case_id.in_(select(Contact.case_id).where(Contact.source == self.source)))
        return found

    def asked(self) -> dict[str, Any]:
        """By name, what they are narrowed to."""
        return {each.name: value for each in fields(self) if (value := getattr(self, each.name)) is not None}

    @property
    def is_everywhere(self) -> bool:
        return not self.asked()


EVERYWHERE = Narrowed()


def full_time_equivalents(connection: Connection, narrowed: Narrowed) -> float:
    """Of active lead professionals, today: who worked how much in the past is not kept."""
    statement = (
        select(func.coalesce(func.sum(User.fte), 0))
        .join(UserRole, UserRole.user_id == User.id)
        .where(User.active, UserRole.role == "lead_professional")
    )
    if narrowed.team_id is not None:
        statement = statement.where(User.team_id == narrowed.team_id)
    if narrowed.locality is not None:
        statement = statement.where(
            User.team_id.in_(select(Team.id).where(Team.locality == narrowed.locality))
        )
    if narrowed.agency_id is not None:
        statement = statement.where(User.agency_id == narrowed.agency_id)
    if narrowed.worker_id is not None:
        statement = statement.where(User.id == narrowed.worker_id)
    return float(connection.execute(statement).scalar_one())
