"""Pathway files as administrators send them, with what is wrong with them, and the version that runs now."""

from dataclasses import dataclass
from datetime import date

from flask import abort, request
from sqlalchemy import Connection, select

from earlyhelp import places
from earlyhelp.casework.pathways import compiled, running_pathway_id
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.pathway.definition import Pathway
from earlyhelp.pathway.faults import Fault
from earlyhelp.pathway.layers import Library
from earlyhelp.pathway.lint import check_text
from earlyhelp.pathway.loading import folder_library, read
from earlyhelp.questionnaires.folders import faults_of_its_forms
from earlyhelp.records.database import reading
from earlyhelp.records.reference import PublishedPathway
from earlyhelp.web.services import services

FILE = "your file"
LARGEST_FILE = 500_000


@dataclass(frozen=True)
class Sent:
    """A file that was pasted or uploaded, and what is wrong with it."""

    text: str
    faults: list[Fault]
    pathway: Pathway | None


def sent_file(name: str | None) -> Sent:
    """What was uploaded, or else pasted, and its faults; a file to publish must be of this pathway."""
    upload = request.files.get("file")
    raw = upload.read(LARGEST_FILE + 1) if upload else b""
    try:
        text = raw.decode("utf-8") if raw else request.form.get("text", "")
    except UnicodeDecodeError:
        return Sent("", [Fault(FILE, "", "is not UTF-8 text", "Save it as UTF-8")], None)
    if not text.strip():
        return Sent("", [Fault(FILE, "", "there is nothing in it", "Choose a file, or paste its text")], None)
    if len(text) > LARGEST_FILE:
        return Sent("", [Fault(FILE, "", "is too large", "A pathway file is well under 500 kB")], None)
    known = _library()
    with reading(services().engine) as connection:
        earlier = _published(connection, name) if name else []
    text = text.replace("\r\n", "\n")
    faults = check_text(text, earlier, file=FILE, library=known)
    if faults:
        return Sent(text, faults, None)
    pathway = read(text, file=FILE, library=known)
    faults = faults_of_its_forms(pathway, file=FILE, library=known)
    if not faults and name and pathway.name != name:
        faults = [Fault(FILE, "name", f"this is the pathway {pathway.name}", f"Its name must be {name}")]
    return Sent(text, faults, None if faults else pathway)


def _library() -> Library:
    own = services().settings.workflows_path
    return folder_library(*([own] if own else []), places.workflows())


def _published(connection: Connection, name: str) -> list[Pathway]:
    ids = connection.scalars(select(PublishedPathway.id).where(PublishedPathway.name == name)).all()
    return [compiled(connection, pathway_id=pathway_id).pathway for pathway_id in ids]


def running(connection: Connection, name: str) -> Pathway | None:
    pathway_id = running_pathway_id(connection, name=name, on=today())
    return compiled(connection, pathway_id=pathway_id).pathway if pathway_id is not None else None


def running_or_404(connection: Connection, name: str) -> tuple[int, Pathway]:
    found = running_pathway_id(connection, name=name, on=today()) or running_pathway_id(connection, name=name)
    if found is None:
        abort(404)
    return found, compiled(connection, pathway_id=found).pathway


def today() -> date:
    return services().now().astimezone(LONDON).date()
