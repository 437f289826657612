"""Every page and API answer asks the database as often for a few rows as for many."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from earlyhelp.casework.tokens import create_token
from earlyhelp.records.database import connect, transaction
from tests.casework.watched_cases import act, allocated, contact, swept
from tests.support import databases
from tests.web.desk import planned
from tests.web.test_every_route import PLACES, counted
from tests.web.watched_site import Site, site_in

ROLES = ("service_manager", "manager", "lead", "screener", "analyst")
LISTS = ("/front-door", "/my-cases", "/management", "/management/alerts", "/management/allocations")
NAMED = {"which": "allocations"}
ATTEMPT = {"how": "phone", "outcome": "no_answer"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("budgets")
    site = site_in(connect(databases.new_sqlite(Path(os.environ["EARLYHELP_TEST_SHARED"]), folder)), folder)
    yield site
    site.engine.dispose()


def grow(site: Site, reference: str, families: int) -> None:
    """More of everything that lists show, and a longer history of one case."""
    with transaction(site.engine) as connection:
        for number in range(families):
            contact(connection, site.council, surname=f"Rowe{families}{number}")
            allocated(connection, site.council, surname=f"Hale{families}{number}")
            act(connection, reference, "record_contact_attempt", site.council["lead"], ATTEMPT, now=site.now)
        planned(connection, site.council)
        swept(connection, site.now)


def visits(site: Site, reference: str) -> Iterator[tuple[FlaskClient, str, dict[str, str]]]:
    """Every address that needs nothing but perhaps the case, by somebody who may open it."""
    clients = {who: site.signed_in(who) for who in (*ROLES, "administrator")}
    with transaction(site.engine) as connection:
        user = site.council["service_manager"].id or 0
        token = create_token(connection, user_id=user, name="tests", now=site.now)
    clients["caller"] = site.app.test_client()
    for rule in site.app.url_map.iter_rules():
        if (
            "GET" not in (rule.methods or ())
            or rule.arguments - {"reference", "which"}
            or rule.rule.endswith(".pdf")
        ):
            continue
        who = _who_opens(rule)
        with site.app.test_request_context():
            address = site.app.url_for(rule.endpoint, **{n: NAMED.get(n, reference) for n in rule.arguments})
        headers = {"Authorization": f"Bearer {token}"} if who == "caller" else {}
        yield clients[who], address, headers


def costs(site: Site, reference: str) -> dict[str, int]:
    found = {}
    for client, address, headers in visits(site, reference):
        with counted(site.engine) as statements:
            answer = client.get(address, headers=headers)
        if answer.status_code == 200:
            found[address] = len(statements)
        answer.close()
    return found


def test_no_page_and_no_answer_asks_more_often_when_there_is_more(site: Site) -> None:
    with transaction(site.engine) as connection:
        reference = allocated(connection, site.council)
    grow(site, reference, 2)
    costs(site, reference)  # what a process reads once has been read
    few = costs(site, reference)
    grow(site, reference, 6)
    many = costs(site, reference)
    grown = {address: (few[address], many[address]) for address in few if few[address] != many[address]}
    assert grown == {}
    assert len(few) > 40
    assert few.keys() == many.keys()
    assert max(few[page] for page in LISTS) <= 17


def _who_opens(rule: Rule) -> str:
    if rule.endpoint.startswith("api."):
        return "caller"
    doors = PLACES.get(rule.endpoint, set())
    return next((who for who in ROLES if who in doors), "administrator")
