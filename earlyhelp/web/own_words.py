"""What this council calls things, for pages that show cases of more than one pathway.

A page of one case speaks the words of that case's pathway. The others speak those of the pathway on which the front
door receives contacts.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import Connection, select

from earlyhelp.casework.intake import STANDARD
from earlyhelp.casework.pathways import compiled, running_pathway_id
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.records.database import reading
from earlyhelp.records.organisation import Team
from earlyhelp.web.services import services

KEPT = "earlyhelp own words"
KEPT_FOR = timedelta(minutes=1)
"""Words change when a version is published: not worth a query on every page."""


def own_word(name: str) -> str:
    """What is called so here, within a sentence."""
    return _terms().get(name, name.replace("_", " "))


def own_title(name: str) -> str:
    """The same to begin a line: the rest keeps its letters, for it may hold a name."""
    words = own_word(name)
    return words[:1].upper() + words[1:]


def _terms() -> Mapping[str, str]:
    now = services().now()
    kept: tuple[datetime, Mapping[str, str]] | None = current_app.extensions.get(KEPT)
    if kept is None or not kept[0] <= now < kept[0] + KEPT_FOR:
        with reading(services().engine) as connection:
            kept = (now, _terms_of_the_front_door(connection, now))
        current_app.extensions[KEPT] = kept
    return kept[1]


def _terms_of_the_front_door(connection: Connection, now: datetime) -> Mapping[str, str]:
    name = connection.scalar(
        select(Team.pathway)
        .where(Team.kind == "front_door", Team.active, Team.pathway.is_not(None))
        .order_by(Team.id)
        .limit(1)
    )
    on = now.astimezone(LONDON).date()
    pathway_id = running_pathway_id(connection, name=name or STANDARD, on=on)
    return compiled(connection, pathway_id=pathway_id).pathway.terms if pathway_id is not None else {}
