"""The running definition of a pathway."""

from sqlalchemy import Connection
from werkzeug.wrappers import Response

from earlyhelp.casework.pathways import compiled, running_pathway_id
from earlyhelp.pathway.definition import Pathway
from earlyhelp.records.database import reading
from earlyhelp.web.api.entry import answer, route
from earlyhelp.web.api.problems import not_found
from earlyhelp.web.api.shapes import pathway_shape
from earlyhelp.web.cases.choices import directory, people, teams
from earlyhelp.web.services import services


@route("/pathways/<name>")
def show_pathway(name: str) -> Response:
    with reading(services().engine) as connection:
        pathway_id = running_pathway_id(connection, name=name)
        if pathway_id is None:
            raise not_found()
        pathway = compiled(connection, pathway_id=pathway_id).pathway
        body = pathway_shape(pathway, _named(connection, pathway))
    return answer(body)


def _named(connection: Connection, pathway: Pathway) -> dict[str, dict[str, str]]:
    """People by the role a field asks for, teams and services: what fields that name records may hold."""
    roles = {
        field.role for action in pathway.actions.values() for field in action.fields if field.type == "person"
    }
    named = {f"person:{role}": people(connection, role=role) for role in sorted(roles, key=str)}
    return {**named, "team": teams(connection), "services": directory(connection)}
