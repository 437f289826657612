"""Reports, and nothing else, are read from the read-only copy: it lags, and what people mend must not."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, event

from earlyhelp.app import create_app
from earlyhelp.casework.tokens import create_token
from earlyhelp.records.database import connect, transaction
from earlyhelp.web.services import EXTENSION
from tests.casework.watched_cases import MONDAY, contact, days
from tests.web.watched_site import Site, site_in

REPORTS = {
    "scorecard.page",
    "scorecard.behind_figure",
    "scorecard.cases",
    "management.flow_page",
    "management.worker_timeliness",
    "exports.annex_a",
    "api.show_measure",
}
OF_REPORTS = ("scorecard.", "exports.", "management.worker_", "management.flow", "api.show_measure")


@pytest.fixture
def engine(sqlite_url: Callable[[], str]) -> Iterator[Engine]:
    """Which of two databases is asked is no matter of their kind: SQLite alone."""
    engine = connect(sqlite_url())
    yield engine
    engine.dispose()


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> Iterator[Site]:
    """The council's site with a copy that lacks its last contact."""
    site, copy = site_in(engine, tmp_path), tmp_path / "copy.db"
    site.now = MONDAY + days(40)
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        driver.execute(f"VACUUM INTO '{copy}'")
    settings = replace(site.app.extensions[EXTENSION].settings, reporting_database_url=f"sqlite:///{copy}")
    site.app = create_app(settings, engine, lambda: site.now)
    site.app.config["WTF_CSRF_ENABLED"] = False
    yield site
    site.app.extensions[EXTENSION].reports.dispose()


def test_reports_are_read_from_the_copy_and_no_other_page_is(site: Site, engine: Engine) -> None:
    with transaction(engine) as connection:
        reference = contact(connection, site.council, at=MONDAY + days(3))
        head = site.council.people["service_manager"].id or 0
        token = create_token(connection, user_id=head, name="tests", now=MONDAY)
    asked: list[object] = []
    event.listen(site.app.extensions[EXTENSION].reports, "begin", asked.append)
    client, read = site.signed_in("service_manager"), set()
    for endpoint, address in _addresses(site.app, reference, head):
        asked.clear()
        headers = {"Authorization": f"Bearer {token}"} if endpoint.startswith("api.") else {}
        answer = client.get(address, headers=headers)
        assert answer.status_code != 500, address
        if asked:
            read.add(endpoint)
    assert REPORTS - read == set(), "these must not burden the database"
    assert {name for name in read if not name.startswith(OF_REPORTS)} == set(), "these may show what is old"


def _addresses(app: Flask, reference: str, user_id: int) -> list[tuple[str, str]]:
    values: dict[str, Any] = {
        "reference": reference,
        "user_id": user_id,
        "key": "contacts_received",
        "part": "numerator",
        "which": "allocations",
        "check": "duplicates",
        "name": "standard",
        "file_format": "csv",
    }
    with app.test_request_context():
        return [
            (rule.endpoint, app.url_for(rule.endpoint, **{name: values[name] for name in rule.arguments}))
            for rule in app.url_map.iter_rules()
            if "GET" in (rule.methods or ()) and rule.arguments <= values.keys()
        ]
