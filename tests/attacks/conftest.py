"""The council that is attacked: one for each file, on SQLite, with every defence on that an installation has."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine
from werkzeug.test import TestResponse

from earlyhelp.app import create_app
from earlyhelp.casework import accounts
from earlyhelp.casework.forms import publish_form
from earlyhelp.casework.receipts import new_receipt
from earlyhelp.casework.tokens import create_token
from earlyhelp.records.database import connect, transaction
from earlyhelp.settings import Settings
from tests.attacks.reading import token_in
from tests.casework.drafted import shipped_form
from tests.casework.signposted import signposted
from tests.casework.watched_cases import MONDAY, Council, allocated, contact, days, swept
from tests.support import databases
from tests.web.desk import Desk, family_with_a_plan
from tests.web.managers_papers import OWN_KEYS, managers_papers
from tests.web.watched_site import PASSWORD, site_in

NOW = MONDAY + days(16)
HOST = "earlyhelp.council.example"


class Browser(FlaskClient):
    """Speaks https to the right name, and says from where, as browsers do."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        kwargs.setdefault("base_url", f"https://{HOST}")
        kwargs["headers"] = {"Referer": f"https://{HOST}/", **(kwargs.get("headers") or {})}
        return super().open(*args, **kwargs)


@dataclass(frozen=True)
class Target:
    """The application under attack, and what is in it."""

    app: Flask
    engine: Engine
    council: Council
    reference: str
    """A case of team north, led by `lead`."""
    desk: Desk
    folder: Path
    token: str
    """A bearer token of the screener."""
    places: Mapping[str, Any]
    """What stands in addresses: numbers and keys of what there is."""

    def stranger(self) -> FlaskClient:
        return self.app.test_client()

    def signed_in(self, who: str) -> FlaskClient:
        client = self.stranger()
        form = {"email": f"{who}@council.example", "password": PASSWORD}
        csrf = token_in(client.get("/sign-in").text)
        assert client.post("/sign-in", data={**form, "csrf_token": csrf}).status_code == 302
        return client


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    folder = tmp_path_factory.mktemp("target")
    engine = connect(databases.new_sqlite(Path(os.environ["EARLYHELP_TEST_SHARED"]), folder))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "HASHER", accounts.CHEAPEST)
        council = site_in(engine, folder).council
        with transaction(engine) as connection:
            reference = allocated(connection, council)
            desk = family_with_a_plan(connection, council)
            places = _much_to_do(connection, council, reference=reference, desk=desk)
            screener = council["screener"].id
            assert screener is not None
            token = create_token(connection, user_id=screener, name="attack", now=MONDAY)
        settings = Settings(
            database_url=str(engine.url), instance_path=folder, secret_key="k" * 40, allowed_hosts=(HOST,)
        )
        app = create_app(settings, engine, lambda: NOW)
        app.test_client_class = Browser
        yield Target(app, engine, council, reference, desk, folder, token, places)
    engine.dispose()


def _much_to_do(connection: Connection, council: Council, *, reference: str, desk: Desk) -> Mapping[str, Any]:
    """Something on every list, so that every page has its forms; and what the addresses of those pages name."""
    publish_form(connection, shipped_form(), now=MONDAY)
    papers = managers_papers(connection, council, reference=reference)
    waiting = contact(connection, council, surname="Waiting")
    signposted(connection, council)
    swept(connection, NOW)
    child = connection.exec_driver_sql("SELECT max(public_id) FROM people").scalar_one()
    return {
        **asdict(desk),
        **asdict(papers),
        "reference": (reference, desk.reference, waiting),
        "action": ("change_lead_professional", "record_contact_attempt"),
        "name": ("voices", "assessment", "standard"),
        "key": tuple(OWN_KEYS.values()),
        "token": new_receipt(connection, reference=reference, now=NOW),
        "source": "event",
        "source_id": desk.event_id,
        "step": ("who", "worries", "contact"),
        **dict.fromkeys(("public_id", "kept", "gone"), child),
    }
