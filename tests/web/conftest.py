"""Pages are tested as people meet them: a seeded council, somebody signed in, requests in, HTML out."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine

from earlyhelp.app import create_app
from earlyhelp.casework.accounts import CHEAPEST, create_user
from earlyhelp.casework.seeding import seed
from earlyhelp.places import workflows
from earlyhelp.records.database import transaction
from earlyhelp.settings import Settings
from tests.support.lived_once import lived_once

NOW = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
PASSWORD = "a long enough password"


@pytest.fixture
def engine(sqlite_engine: Engine) -> Engine:
    """Pages are tried on SQLite: what they read and write is tried on both, where it is defined."""
    return sqlite_engine


@pytest.fixture
def app(engine: Engine, tmp_path: Path) -> Flask:
    """The application on a council with a screener and a manager; it is always Tuesday 10 March 2026, 10 o'clock."""
    settings = Settings(database_url=str(engine.url), instance_path=tmp_path, secure_cookies=False)
    with transaction(engine) as connection:
        lived_once(connection, _anyshire)
    app = create_app(settings, engine, lambda: NOW)
    app.config["WTF_CSRF_ENABLED"] = False
    return app


def _anyshire(connection: Connection) -> None:
    seed(connection, shipped=workflows(), own=None, council="Anyshire", now=NOW)
    for role in ("screener", "manager"):
        create_user(
            connection,
            email=f"{role}@x.org",
            name="Ann <b>",
            roles=[role],
            password=PASSWORD,
            now=NOW,
            hasher=CHEAPEST,
        )


@pytest.fixture
def screener(app: Flask) -> FlaskClient:
    client = app.test_client()
    signed_in = client.post("/sign-in", data={"email": "screener@x.org", "password": PASSWORD})
    assert signed_in.status_code == 302
    return client
