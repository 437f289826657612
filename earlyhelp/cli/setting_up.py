"""`init`: the database with its tables, code lists, first teams, services and pathways."""

import argparse

from sqlalchemy import Engine, make_url

from earlyhelp import places
from earlyhelp.casework import seeding
from earlyhelp.cli import opening
from earlyhelp.questionnaires.folders import sound_pathways
from earlyhelp.records import migrate
from earlyhelp.records.database import connect, transaction
from earlyhelp.records.granting import grant_work
from earlyhelp.settings import Settings

COUNCIL = "The council"


def init(_arguments: argparse.Namespace) -> int:
    """Create or upgrade the database and seed it. A broken pathway file stops it before anything is written."""
    settings = opening.settings()
    seeded = prepare(settings, council=COUNCIL)
    print(f"The database is at revision {migrate.head()}.")
    print(f"Pathways: {', '.join(seeded.pathways)}.")
    print(f"{seeded.codes} codes; {seeded.services_added} services added to the directory.")
    return 0


def prepare(settings: Settings, *, council: str) -> seeding.Seeded:
    """Bring the database of these settings to the tables and seeds of this version."""
    sound_pathways(places.workflows(), settings.workflows_path)
    _migrate(settings)
    engine = connect(settings.database_url)
    try:
        with transaction(engine) as connection:
            return seeding.seed(
                connection,
                shipped=places.workflows(),
                own=settings.workflows_path,
                council=council,
                now=opening.now(),
            )
    finally:
        engine.dispose()


def _migrate(settings: Settings) -> None:
    """Bring the tables up to date, by the role that owns them, and leave the other what its work needs."""
    owner = connect(settings.migration_database_url or settings.database_url)
    try:
        migrate.upgrade(owner)
        leave_work_to_the_other(owner, settings)
    finally:
        owner.dispose()


def leave_work_to_the_other(owner: Engine, settings: Settings) -> None:
    """Where the settings name two roles, let that of web and worker work on tables that are new to it."""
    if settings.migration_database_url:
        with transaction(owner) as connection:
            grant_work(connection, role=str(make_url(settings.database_url).username))
