"""W5: whole pages and API answers as people get them: session, permission, SQL, template. One after the other.

The worker has kept by then what it keeps for them: the dashboard of a large council, and moves.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from benchmarks.filling import UNTIL, fill, keep_for_pages
from benchmarks.lists import busiest, growth
from benchmarks.measuring import Figures, spread
from benchmarks.places import database
from earlyhelp.app import create_app
from earlyhelp.casework.accounts import CHEAPEST, set_password
from earlyhelp.casework.tokens import create_token
from earlyhelp.permissions import Person
from earlyhelp.records.database import connect, transaction
from earlyhelp.settings import Settings

LOOKS = 40
PASSWORD = "a password for measuring"
PAGES: Mapping[str, Sequence[str]] = {
    "screener": ("/front-door",),
    "lead_professional": ("/my-cases",),
    "manager": ("/management", "/management/alerts", "/management/caseload"),
    "service_manager": ("/management", "/management?count=now", "/management/flow"),
}
"""What is looked at all day, by role."""
ANSWERS = ("/api/v1/cases", "/api/v1/cases?state=plan_in_progress", "/api/v1/alerts")


def run(folder: Path, *, kind: str, sizes: Sequence[int]) -> Figures:
    """Median and p95 of each page at each size, and how it grew from the first size to the last."""
    return over_sizes(measured, folder, kind=kind, sizes=sizes)


def over_sizes(
    measure: Callable[[Engine, str, Path, str], Figures], folder: Path, *, kind: str, sizes: Sequence[int]
) -> Figures:
    """What is measured of a council of each size, filled for it."""
    figures: Figures = {}
    for size in sizes:
        with database(kind, folder) as url:
            engine = connect(url)
            fill(engine, contacts=size)
            keep_for_pages(engine)
            figures |= measure(engine, url, folder, f"{kind}, {size:,}")
            engine.dispose()
    return figures | growth(figures, kind, sizes)


def measured(engine: Engine, url: str, folder: Path, name: str) -> Figures:
    """Every page of a council that is filled already."""
    app = website(engine, url, folder)
    figures: Figures = {}
    for role, pages in PAGES.items():
        with transaction(engine) as connection:
            person = busiest(connection, role)
            set_password(connection, user_id=person.id or 0, password=PASSWORD, hasher=CHEAPEST)
        client = signed_in(app, person)
        for page in pages:
            figures |= _looked_at(client, page, {}, f"{role} {page}", name)
    return figures | _answers(app, engine, name)


def _answers(app: Flask, engine: Engine, name: str) -> Figures:
    with transaction(engine) as connection:
        head = busiest(connection, "service_manager")
        token = create_token(connection, user_id=head.id or 0, name="measuring", now=UNTIL)
    figures: Figures = {}
    for address in ANSWERS:
        figures |= _looked_at(app.test_client(), address, {"Authorization": f"Bearer {token}"}, address, name)
    return figures


def _looked_at(client: FlaskClient, page: str, headers: Mapping[str, str], what: str, name: str) -> Figures:
    assert client.get(page, headers=headers).status_code == 200, page
    median, high = spread(partial(client.get, page, headers=headers), LOOKS)
    return {
        f"W5 page {what}: median ms, {name}": median,
        f"W5 page {what}: p95 ms, {name}": high,
    }


def website(engine: Engine, url: str, folder: Path) -> Flask:
    """The application on such a council, at the moment until which it was lived."""
    settings = Settings(
        database_url=url,
        instance_path=folder,
        secret_key="k" * 40,
        secure_cookies=False,
        api_rate=100_000,
    )
    app = create_app(settings, engine, lambda: UNTIL)
    app.config["WTF_CSRF_ENABLED"] = False
    logging.getLogger("earlyhelp.web").setLevel(
        logging.ERROR
    )  # what is refused on the way is no part of the table
    return app


def signed_in(app: Flask, person: Person) -> FlaskClient:
    """A browser that this person, whose password is PASSWORD, has signed in with."""
    client = app.test_client()
    answer = client.post("/sign-in", data={"email": person.email, "password": PASSWORD})
    assert answer.status_code == 302
    return client
