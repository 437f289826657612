"""W5: whole pages and API answers as people get them: session, permission, SQL, template.

One after the other, of councils of several sizes in turns. The worker has kept by then what it keeps for them: the
dashboard of a large council, and moves.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from benchmarks.councils import Council, Councils, busiest
from benchmarks.filling import UNTIL, keep_for_pages
from benchmarks.lists import growth, in_words
from benchmarks.measuring import Figures, spreads
from earlyhelp.app import create_app
from earlyhelp.casework.accounts import CHEAPEST, set_password
from earlyhelp.casework.tokens import create_token
from earlyhelp.records.database import transaction
from earlyhelp.settings import Settings

LOOKS = 100
PASSWORD = "a password for measuring"
PAGES: Mapping[str, Sequence[str]] = {
    "screener": ("/front-door",),
    "lead_professional": ("/my-cases",),
    "manager": ("/management", "/management/alerts", "/management/caseload"),
    "service_manager": ("/management", "/management/flow"),
}
"""What is looked at all day, by role."""
ANSWERS = ("/api/v1/cases", "/api/v1/cases?state=plan_in_progress", "/api/v1/alerts")


@dataclass(frozen=True)
class Website:
    """The application on a council that is filled already."""

    council: Council
    app: Flask

    @property
    def name(self) -> str:
        return self.council.name


def run(councils: Councils, *, kind: str) -> Figures:
    """Median and p95 of each page at each size, and how it grew from the first size to the last."""
    return over_sizes(measured, councils, kind=kind)


def over_sizes(measure: Callable[[Sequence[Website]], Figures], councils: Councils, *, kind: str) -> Figures:
    """What is measured of councils of each size, where the worker has been."""
    filled = councils.on(kind)
    for council in filled:
        keep_for_pages(council.engine)
    figures = measure([Website(council, website(council, councils.folder)) for council in filled])
    return figures | growth(figures, filled)


def measured(sites: Sequence[Website]) -> Figures:
    """What is looked at all day, of councils that are filled already."""
    return looked_at(sites, PAGES, ANSWERS)


def looked_at(
    sites: Sequence[Website], pages: Mapping[str, Sequence[str]], answers: Sequence[str]
) -> Figures:
    """Every page, by role, and answer of the API, each of all sizes in turns."""
    figures: Figures = {}
    for role, addresses in pages.items():
        browsers = {site.name: signed_in(site, role) for site in sites}
        for address in addresses:
            looks = {name: partial(_look, browser, address) for name, browser in browsers.items()}
            figures |= in_words(f"W5 page {role} {address}", spreads(looks, LOOKS))
    tokens = {site: token_of(site, "service_manager") for site in sites}
    for address in answers:
        looks = {
            site.name: partial(_look, site.app.test_client(), address, token)
            for site, token in tokens.items()
        }
        figures |= in_words(f"W5 page {address}", spreads(looks, LOOKS))
    return figures


def _look(browser: FlaskClient, address: str, token: str = "") -> None:
    answer = browser.get(address, headers={"Authorization": f"Bearer {token}"} if token else {})
    assert answer.status_code == 200, address


def website(council: Council, folder: Path) -> Flask:
    """The application on such a council, at the moment until which it was lived."""
    settings = Settings(
        database_url=council.url,
        instance_path=folder,
        secret_key="k" * 40,
        secure_cookies=False,
        api_rate=100_000,
    )
    app = create_app(settings, council.engine, lambda: UNTIL)
    app.config["WTF_CSRF_ENABLED"] = False
    logging.getLogger("earlyhelp.web").setLevel(
        logging.ERROR
    )  # what is refused on the way is no part of the table
    return app


def signed_in(site: Website, role: str) -> FlaskClient:
    """A browser that the busiest of this role has signed in with."""
    with transaction(site.council.engine) as connection:
        person = busiest(connection, role)
        set_password(connection, user_id=person.id or 0, password=PASSWORD, hasher=CHEAPEST)
    browser = site.app.test_client()
    answer = browser.post("/sign-in", data={"email": person.email, "password": PASSWORD})
    assert answer.status_code == 302
    return browser


def token_of(site: Website, role: str) -> str:
    """By which a system asks as the busiest of this role."""
    with transaction(site.council.engine) as connection:
        person = busiest(connection, role)
        return create_token(connection, user_id=person.id or 0, name="measuring", now=UNTIL)
