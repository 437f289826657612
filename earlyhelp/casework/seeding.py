"""What every database must hold before the first contact: code lists, first teams, services, pathways, days.

Everything here may run again and again: it adds what is missing and leaves alone what a council changed,
but for national codes, which follow the shipped files.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, or_, select, text

from earlyhelp.casework.calendar_days import write_calendar_days
from earlyhelp.casework.changed_days import note_changed_days
from earlyhelp.casework.code_lists import seed_codes
from earlyhelp.casework.directory import add_missing_services, starting_services
from earlyhelp.casework.forms import publish_form
from earlyhelp.casework.pathways import publish
from earlyhelp.pathway.loading import folder_library
from earlyhelp.questionnaires.folders import sound_forms, sound_pathways
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
    note_changed_days(connection, write_calendar_days(connection))
    return Seeded(tuple(f"{p.name} {p.version}" for p in pathways), codes, added)


def _seed_organisation(connection: Connection, council: str) -> None:
    if connection.scalar(select(Agency.id).where(Agency.key == COUNCIL)) is None:
        connection.execute(insert(Agency).values(key=COUNCIL, name=council, kind=COUNCIL))
    for team in STARTING_TEAMS:
        same = or_(Team.key == team["key"], Team.name == team["name"])
        if connection.scalar(select(Team.id).where(same)) is None:
            connection.execute(insert(Team).values(**team, active=True))
