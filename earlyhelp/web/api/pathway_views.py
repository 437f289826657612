"""The running definition of a pathway."""

from sqlalchemy import Connection
from werkzeug.wrappers import Response

from earlyhelp.casework.history import local_day
from earlyhelp.casework.pathways import NO_CLOSURES, compiled_as, running_version
from earlyhelp.pathway.definition import Pathway
from earlyhelp.pathway.fields import CONTROL_CHARACTERS
from earlyhelp.permissions import may
from earlyhelp.records.database import reading
from earlyhelp.web.api.entry import answer, caller, route
from earlyhelp.web.api.pathway_shapes import pathway_shape
from earlyhelp.web.api.problems import not_found
from earlyhelp.web.cases.choices import directory, people, teams
from earlyhelp.web.services import services


@route("/pathways/<name>")
def show_pathway(name: str) -> Response:
    if CONTROL_CHARACTERS.search(name):
        raise not_found()
    with reading(services().engine) as connection:
        running = running_version(connection, name=name, on=local_day(services().now()))
        if running is None:
            raise not_found()
        engine = compiled_as(
            connection,
            pathway_id=running.id,
            fingerprint=running.digest,
            calendar_version=running.calendar or NO_CLOSURES,
        )
        named = _named(connection, engine.pathway)
    return answer(pathway_shape(engine.pathway, named, engine.calendar.date_of(services().now())))


def _named(connection: Connection, pathway: Pathway) -> dict[str, dict[str, str]]:
    """What fields that name records may hold. A partner's system is not told who works for the council."""
    fields = [field for action in pathway.actions.values() for field in action.fields]
    roles = {field.role for field in fields if field.type == "person"}
    staff = may(caller(), "case.open")
    named = {f"person:{role}": people(connection, role=role) if staff else {} for role in roles}
    return {**named, "team": teams(connection), "services": directory(connection)}
