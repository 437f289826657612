"""The site of the watched council at a moment of the test's choosing, and people signed in to it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine

from earlyhelp.app import create_app
from earlyhelp.casework.accounts import CHEAPEST, create_user, set_password
from earlyhelp.records.database import transaction
from earlyhelp.settings import Settings
from tests.casework.watched_cases import MONDAY, Council, days, found_council
from tests.support.lived_once import lived_once

PASSWORD = "a long enough password"
Happening = Callable[[Connection, Council], None]


@dataclass
class Site:
    """The application, its people, and what time it is there."""

    engine: Engine
    council: Council
    folder: Path
    now: datetime = MONDAY + days(16)
    app: Flask = field(init=False)

    def __post_init__(self) -> None:
        settings = Settings(
            database_url=str(self.engine.url),
            instance_path=self.folder,
            secure_cookies=False,
            secret_key="k" * 40,
        )
        self.app = create_app(settings, self.engine, lambda: self.now)
        self.app.config["WTF_CSRF_ENABLED"] = False

    def signed_in(self, who: str) -> FlaskClient:
        client = self.app.test_client()
        answer = client.post("/sign-in", data={"email": f"{who}@council.example", "password": PASSWORD})
        assert answer.status_code == 302
        return client


def site_in(engine: Engine, folder: Path) -> Site:
    """A new council whose people can sign in, with an administrator."""
    with transaction(engine) as connection:
        return Site(engine, lived_once(connection, _who_can_sign_in), folder)


def site_after(happening: Happening, engine: Engine, folder: Path) -> Site:
    """The same when something has happened there already, which is lived through once in each process."""
    with transaction(engine) as connection:
        return Site(engine, lived_once(connection, _council_after(happening)), folder)


@cache
def _council_after(happening: Happening) -> Callable[[Connection], Council]:
    def live(connection: Connection) -> Council:
        council = _who_can_sign_in(connection)
        happening(connection, council)
        return council

    return live


def _who_can_sign_in(connection: Connection) -> Council:
    council = found_council(connection)
    create_user(
        connection,
        email="administrator@council.example",
        name="Ada Administrator",
        roles=["administrator"],
        password=PASSWORD,
        now=MONDAY,
        hasher=CHEAPEST,
    )
    for person in council.people.values():
        assert person.id is not None
        set_password(connection, user_id=person.id, password=PASSWORD, hasher=CHEAPEST)
    return council
