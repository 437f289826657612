"""What this council calls things where no one case decides: as the pathway of its front door does."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, select

from earlyhelp.casework.pathways import STANDARD, compiled, running_pathway_id
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.records.organisation import Team


def terms_of_the_front_door(connection: Connection, *, now: datetime) -> Mapping[str, str]:
    """Its `terms`; none before any pathway runs."""
    name = connection.scalar(
        select(Team.pathway)
        .where(Team.kind == "front_door", Team.active, Team.pathway.is_not(None))
        .order_by(Team.id)
        .limit(1)
    )
    on = now.astimezone(LONDON).date()
    pathway_id = running_pathway_id(connection, name=name or STANDARD, on=on)
    return compiled(connection, pathway_id=pathway_id).pathway.terms if pathway_id is not None else {}
