"""What every database must hold before the first contact: code lists, first teams, services, pathways, days.

Everything here may run again and again: it adds what is missing and leaves alone what a council changed,
but for national codes, which follow the shipped files.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, or_, select, text

from earlyhelp.casework.calendar_days import write_calendar_days
from earlyhelp.casework.code_lists import seed_codes
from earlyhelp.casework.directory import add_missing_services, starting_services
from earlyhelp.casework.forms import faults_of_its_forms, publish_form, sound_forms
from earlyhelp.casework.pathways import publish
from earlyhelp.pathway.definition import Pathway
from earlyhelp.pathway.faults import Fault, PathwayError
from earlyhelp.pathway.layers import Library
from earlyhelp.pathway.lint import check, sound, version_order
from earlyhelp.pathway.loading import folder_library, read, text_of
from earlyhelp.questionnaires.loading import faults_of as form_faults, is_form
from earlyhelp.records.database import is_postgresql
from earlyhelp.records.organisation import Agency, Team

LOCK = 7_101_983
"""Names our advisory lock on PostgreSQL: two `init` at once take turns."""
COUNCIL = "council"
STARTING_TEAMS: Sequence[Mapping[str, Any]] = (
    {"key": "front_door", "name": "Front door", "kind": "front_door"},
    {"key": "early_help", "name": "Early help", "kind": "locality"},
    {"key": "social_care", "name": "Social care", "kind": "social_care"},
)


class Seeded(NamedTuple):
    """What a seeding found or added, for the person who ran it."""

    pathways: tuple[str, ...]
    codes: int
    services_added: int


def seed(connection: Connection, *, shipped: Path, own: Path | None, council: str, now: datetime) -> Seeded:
    """Bring the database to what every council starts with. `shipped` and `own` are folders of pathway files.

    Raises PathwayError with every fault of every file, or VersionTaken; then nothing has been written.
    """
    pathways = sound_pathways(shipped, own)
    folders = [folder for folder in (shipped, own) if folder is not None]
    forms = sound_forms(folders, library=folder_library(*reversed(folders)))
    if is_postgresql(connection):
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    codes = seed_codes(connection, shipped=shipped, own=own)
    _seed_organisation(connection, council)
    added = add_missing_services(connection, starting_services(shipped / "directory"))
    for form in forms:
        publish_form(connection, form, now=now)
    for pathway in pathways:
        publish(connection, pathway, by="init", now=now)
    write_calendar_days(connection)
    return Seeded(tuple(f"{p.name} {p.version}" for p in pathways), codes, added)


def sound_pathways(shipped: Path, own: Path | None) -> list[Pathway]:
    """Every pathway of both folders, older versions first. PathwayError with all faults if any file has one."""
    pathways: list[Pathway] = []
    faults: list[Fault] = []
    for path in pathway_files(shipped, own):
        try:
            pathways.append(sound_pathway(path, shipped))
        except PathwayError as broken:
            faults += broken.faults
    if faults:
        raise PathwayError(faults)
    return oldest_first(pathways)


def oldest_first(pathways: Iterable[Pathway]) -> list[Pathway]:
    """By name, and the versions of one name in the order in which they held."""
    return sorted(pathways, key=lambda p: (p.name, p.effective_from or date.min, version_order(p.version)))


def pathway_files(shipped: Path, own: Path | None) -> list[Path]:
    folders = [folder for folder in (shipped, own) if folder is not None]
    return [path for folder in folders for path in sorted(folder.glob("*.toml"))]


def sound_pathway(path: Path, shipped: Path) -> Pathway:
    """The pathway of one file, which may extend one beside it or a shipped one. PathwayError if it may not run."""
    library = library_for(path, shipped)
    pathway = sound(text_of(path), file=str(path), library=library)
    if faults := faults_of_its_forms(pathway, file=str(path), library=library):
        raise PathwayError(faults)
    return pathway


def faults_of_file(path: Path, shipped: Path) -> list[Fault]:
    """Every fault of a pathway file with the forms it names, or of a form file."""
    library = library_for(path.parent if is_form(path) else path, shipped)
    if is_form(path):
        return form_faults(path, library=library)
    faults = check(path, library=library)
    return faults or faults_of_its_forms(
        read(text_of(path), file=str(path), library=library), file=str(path), library=library
    )


def library_for(path: Path, shipped: Path) -> Library:
    """Where a file finds what it extends: beside it, then among the shipped ones."""
    return folder_library(path.parent, shipped)


def _seed_organisation(connection: Connection, council: str) -> None:
    if connection.scalar(select(Agency.id).where(Agency.key == COUNCIL)) is None:
        connection.execute(insert(Agency).values(key=COUNCIL, name=council, kind=COUNCIL))
    for team in STARTING_TEAMS:
        same = or_(Team.key == team["key"], Team.name == team["name"])
        if connection.scalar(select(Team.id).where(same)) is None:
            connection.execute(insert(Team).values(**team, active=True))
