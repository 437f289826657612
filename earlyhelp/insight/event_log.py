"""Every event of every case, for process mining and for other systems."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, or_, select
from sqlalchemy.orm import aliased

from earlyhelp.permissions import SYSTEM, Person as Asker, may, visible_cases
from earlyhelp.records.cases import Case, Event
from earlyhelp.records.organisation import Agency, Team, User
from earlyhelp.records.reference import PublishedPathway

AT_ONCE = 2_000


class Logged(NamedTuple):
    """One event as the public interface names its columns.

    `team` and `lead_professional` are the case's after the event, `agency` that of whoever acted.
    """

    reference: str
    sequence: int
    action: str
    from_state: str | None
    to_state: str
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    actor_role: str
    team: str | None
    agency: str | None
    lead_professional: str | None
    pathway: str
    pathway_version: str
    fields: dict[str, Any]


def logged_events(connection: Connection, *, asker: Asker = SYSTEM) -> Iterator[Logged]:
    """Case by case in the order of opening, each in order; a few thousand in memory at a time.

    Restricted cases are in it only for who may open them. Who opens no cases is not told what was written in them:
    `fields` is empty then.
    """
    reads = "system" in asker.roles or may(asker, "case.open")
    actor, lead = aliased(User), aliased(User)
    statement = (
        select(
            Case.reference,
            Event.sequence,
            Event.action,
            Event.from_state,
            Event.to_state,
            Event.occurred_at,
            Event.recorded_at,
            Event.actor,
            Event.actor_role,
            Team.key.label("team"),
            Agency.name.label("agency"),
            lead.email.label("lead_professional"),
            PublishedPathway.name.label("pathway"),
            PublishedPathway.version.label("pathway_version"),
            Event.fields,
        )
        .join(Case, Case.id == Event.case_id)
        .join(PublishedPathway, PublishedPathway.id == Event.pathway_id)
        .outerjoin(Team, Team.id == Event.team_id)
        .outerjoin(actor, actor.id == Event.actor_id)
        .outerjoin(Agency, Agency.id == actor.agency_id)
        .outerjoin(lead, lead.id == Event.lead_professional_id)
        .where(or_(~Case.restricted, visible_cases(asker)))
        .order_by(Event.case_id, Event.sequence)
    )
    for row in connection.execute(statement, execution_options={"yield_per": AT_ONCE}):
        logged = Logged._make(row)
        yield logged if reads else logged._replace(fields={})
