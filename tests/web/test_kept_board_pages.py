"""The pages of a large council say when they were counted, and count again when they are asked to."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from earlyhelp.casework.restricting import restrict_case
from earlyhelp.counting import bring_board_up
from earlyhelp.records.database import transaction
from tests.casework.watched_cases import contact
from tests.web.test_every_route import counted
from tests.web.test_managers_pages import five_families, numbers
from tests.web.watched_site import Site, site_after

PAGES = ("/management", "/management/flow")
COUNT_NOW = {
    "/management": "/management?count=now",
    "/management/flow": "/management/flow?pathway=standard&amp;count=now&amp;from=2025-12-18&amp;until=2026-03-18",
}


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> Site:
    """Five families, counted by the worker; a sixth that came in the minute after."""
    site = site_after(five_families, engine, tmp_path)
    bring_board_up(site.engine, now=site.now, above=1)
    with transaction(site.engine) as connection:
        contact(connection, site.council, at=site.now, surname="Penrose")
    site.now += timedelta(minutes=1)
    return site


def open_cases(client: FlaskClient, address: str = "/management") -> int:
    return numbers(client.get(address).text)["open cases"][0]


def test_a_page_says_when_it_was_counted_and_counts_now_if_asked(site: Site) -> None:
    client = site.signed_in("service_manager")
    for page in PAGES:
        answer = client.get(page).text
        assert "ounted at 10:00am. The lists behind these numbers are up to date and may differ." in answer
        assert f'href="{COUNT_NOW[page]}">Count now<' in answer
        assert "ounted at" not in client.get(f"{page}?count=now").text
    assert (open_cases(client), open_cases(client, "/management?count=now")) == (5, 6)


def test_it_is_counted_for_whoever_sees_less_and_when_the_worker_is_late(site: Site) -> None:
    assert "ounted at" not in site.signed_in("manager").get("/management").text
    site.now += timedelta(minutes=2)
    client = site.signed_in("service_manager")
    for page in PAGES:
        assert "ounted at" not in client.get(page).text
    assert open_cases(client) == 6


def test_the_flow_has_who_was_where_then(site: Site) -> None:
    client = site.signed_in("service_manager")
    told = [
        re.findall(
            r'state=screening&amp;pathway=standard">(\d+)<', client.get(f"/management/flow{asked}").text
        )
        for asked in ("", "?count=now")
    ]
    assert told == [["2"], ["3"]]


def test_a_case_restricted_before_it_was_counted_is_in_nobodys_number(site: Site) -> None:
    with transaction(site.engine) as connection:
        hidden = contact(connection, site.council, at=site.now, surname="Quick")
        why = {"reason": "A threat to the family"}
        head = site.council["screening_manager"]
        restrict_case(connection, reference=hidden, person=head, given=why, now=site.now)
    bring_board_up(site.engine, now=site.now, above=1)
    assert open_cases(site.signed_in("service_manager")) == 6


def test_what_was_counted_is_read_in_one_query(site: Site) -> None:
    client = site.signed_in("service_manager")
    for page, otherwise in zip(PAGES, (4, 1), strict=True):
        asked = []
        for address in (page, page, f"{page}?count=now"):  # what a process reads once is read by the first
            with counted(site.engine) as statements:
                client.get(address)
            asked.append(len(statements))
        assert asked[2] - asked[1] == otherwise - 1
