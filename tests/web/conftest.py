"""Pages are tested as people meet them: a seeded council, somebody signed in, requests in, HTML out."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from earlyhelp.app import create_app
from earlyhelp.casework.accounts import CHEAPEST, create_user
from earlyhelp.casework.seeding import seed
from earlyhelp.places import workflows
from earlyhelp.records.database import connect, transaction
from earlyhelp.settings import Settings

NOW = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
PASSWORD = "a long enough password"


@pytest.fixture
def engine(sqlite_url: Callable[[], str]) -> Iterator[Engine]:
    """Pages are tried on SQLite: what they read and write is tried on both, where it is defined."""
    engine = connect(sqlite_url())
    yield engine
    engine.dispose()


@pytest.fixture
def app(sqlite_url: Callable[[], str], tmp_path: Path) -> Iterator[Flask]:
    """The application on a council with a screener and a manager; it is always Tuesday 10 March 2026, 10 o'clock."""
    settings = Settings(database_url=sqlite_url(), instance_path=tmp_path, secure_cookies=False)
    engine = connect(settings.database_url)
    with transaction(engine) as connection:
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
    app = create_app(settings, engine, lambda: NOW)
    app.config["WTF_CSRF_ENABLED"] = False
    yield app
    engine.dispose()


@pytest.fixture
def screener(app: Flask) -> FlaskClient:
    client = app.test_client()
    signed_in = client.post("/sign-in", data={"email": "screener@x.org", "password": PASSWORD})
    assert signed_in.status_code == 302
    return client
