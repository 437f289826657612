"""The demo's database: made once beside its final place, so that it is there whole or not at all."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import URL, Engine

from earlyhelp.casework.accounts import set_password
from earlyhelp.casework.council_numbers import set_numbers
from earlyhelp.casework.pathways import VersionTaken
from earlyhelp.cli.refusing import CommandRefused
from earlyhelp.cli.setting_up import prepare
from earlyhelp.cli.simulating import MONTHS, show_progress
from earlyhelp.pathway.calendar import england
from earlyhelp.permissions import person_by_email
from earlyhelp.records.database import connect, transaction
from earlyhelp.settings import Settings
from earlyhelp.simulation import shown_sign_ins, simulate
from earlyhelp.simulation.practice import simulate_practice
from earlyhelp.simulation.services import open_directory

SEED = 2026
COUNCIL = "Millbrook Council"
PASSWORD = "millbrook-demo"
"""Of every account shown. No secret: the demo holds made-up data and listens on this machine only."""
NUMBERS = {
    "population_0_17": "63600",
    "target.decided_in_time": "95",
    "target.same_day_screening": "60",
    "target.days_to_close_below_threshold": "3",
    "target.first_contact_in_time": "90",
    "target.assessment_in_time": "85",
    "target.reviews_in_time": "90",
    "target.referrer_answered": "95",
    "target.recontact_12m": "25",
    "target.unallocated": "10",
}
"""The made-up council's population and targets."""
FILE, PARTIAL, LOCK = "demo.db", "demo.partial.db", "demo.lock"
SIDE_FILES = ("-wal", "-shm", "-journal")


def demo_database(settings: Settings) -> Settings:
    """The settings with the demo's own database, whatever the environment names."""
    return replace(settings, database_url=_url(settings.instance_path / FILE))


def keep_or_make(settings: Settings, *, fresh: bool, contacts: int, now: datetime) -> None:
    """Bring the demo's data to this version; make them first where there are none, or anew if asked."""
    file = settings.instance_path / FILE
    with _alone(settings.instance_path / LOCK):
        if fresh or not file.is_file():
            _make(settings, file, contacts=contacts, now=now)
            return
    try:
        prepare(settings, council=COUNCIL)
    except VersionTaken as fault:
        raise CommandRefused(f"{fault}; or begin anew with earlyhelp demo --fresh") from None


def _make(settings: Settings, file: Path, *, contacts: int, now: datetime) -> None:
    partial = file.with_name(PARTIAL)
    _remove(partial)
    building = replace(settings, database_url=_url(partial))
    print(f"Making {MONTHS} months of a council that does not exist …", flush=True)
    prepare(building, council=COUNCIL)
    engine = connect(building.database_url)
    calendar = england()
    start = calendar.months_after(calendar.date_of(now), -MONTHS)
    with transaction(engine) as connection:
        open_directory(connection, now=now)
    simulate(engine, contacts=contacts, seed=SEED, start=start, until=now, tell=show_progress)
    _practise(engine, now)
    _let_in(engine)
    with transaction(engine) as connection:
        set_numbers(connection, numbers=NUMBERS)
    engine.dispose()
    _fold(partial)
    _remove(file)
    partial.rename(file)


def _practise(engine: Engine, now: datetime) -> None:
    """Feedback and an audit, by the service manager who is shown."""
    address = next(address for role, address in shown_sign_ins() if role == "Service manager")
    with transaction(engine) as connection:
        person = person_by_email(connection, email=address)
        assert person is not None
        simulate_practice(connection, person=person, seed=SEED, now=now)


def _let_in(engine: Engine) -> None:
    """Give the accounts that are shown the password that is shown."""
    with transaction(engine) as connection:
        for _, address in shown_sign_ins():
            person = person_by_email(connection, email=address)
            assert person is not None
            assert person.id is not None
            set_password(connection, user_id=person.id, password=PASSWORD)


def _fold(file: Path) -> None:
    """Put everything that SQLite keeps beside the file into it, so that renaming the file moves it all."""
    with closing(sqlite3.connect(file)) as plain:
        plain.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        plain.execute("PRAGMA journal_mode=DELETE")
    with file.open("rb") as written:
        os.fsync(written.fileno())


def _remove(file: Path) -> None:
    for path in (file, *(file.with_name(file.name + end) for end in SIDE_FILES)):
        path.unlink(missing_ok=True)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Two demos started at once take turns; the lock of one that was killed is free."""
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _url(file: Path) -> str:
    return URL.create("sqlite", database=str(file)).render_as_string(hide_password=False)
