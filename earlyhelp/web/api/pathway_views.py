"""The running definition of a pathway."""

from typing import Any

from sqlalchemy import Connection, Row
from werkzeug.wrappers import Response

from earlyhelp.casework.history import local_day
from earlyhelp.casework.pathways import NO_CLOSURES, compiled_as, running_version
from earlyhelp.pathway.definition import Pathway
from earlyhelp.pathway.fields import CONTROL_CHARACTERS
from earlyhelp.permissions import may
from earlyhelp.records.database import snapshot
from earlyhelp.records.naming_stamps import naming_stamps
from earlyhelp.web.api.entry import as_written, caller, route, written
from earlyhelp.web.api.pathway_shapes import pathway_shape
from earlyhelp.web.api.problems import not_found
from earlyhelp.web.api.written import Written
from earlyhelp.web.cases.choices import directory, people, teams
from earlyhelp.web.services import services

MOST_WRITTEN = 4
"""Answers that a process keeps: a quarter of a megabyte each where they name 900 people and 500 teams."""
_WRITTEN = Written(MOST_WRITTEN)


@route("/pathways/<name>")
def show_pathway(name: str) -> Response:
    """Written once until what it names changes: where that is much, to write it takes most of the time."""
    if CONTROL_CHARACTERS.search(name):
        raise not_found()
    today, staff = local_day(services().now()), may(caller(), "case.open")
    with snapshot(services().engine) as connection:
        running = running_version(connection, name=name, on=today)
        if running is None:
            raise not_found()

        def write() -> bytes:
            pathway = _pathway(connection, running)
            return written(pathway_shape(pathway, _named(connection, pathway, staff=staff), today))

        stamps = naming_stamps(connection)
        body = _WRITTEN.once((running.digest, today, staff, stamps), write) if stamps else write()
    return as_written(body)


def _pathway(connection: Connection, running: Row[Any]) -> Pathway:
    return compiled_as(
        connection,
        pathway_id=running.id,
        fingerprint=running.digest,
        calendar_version=running.calendar or NO_CLOSURES,
    ).pathway


def _named(connection: Connection, pathway: Pathway, *, staff: bool) -> dict[str, dict[str, str]]:
    """What fields that name records may hold. A partner's system is not told who works for the council."""
    fields = [field for action in pathway.actions.values() for field in action.fields]
    roles = {field.role for field in fields if field.type == "person"}
    named = {f"person:{role}": people(connection, role=role) if staff else {} for role in roles}
    return {**named, "team": teams(connection), "services": directory(connection)}
