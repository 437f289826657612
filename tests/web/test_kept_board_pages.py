"""The pages of a large council say when they were counted, and count again when they are asked to."""

import re
from datetime import timedelta
from functools import partial
from html import escape
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from earlyhelp.casework.restricting import break_glass, restrict_case
from earlyhelp.counting import bring_board_up, count_again
from earlyhelp.insight.kept_board import SERVES
from earlyhelp.records.database import transaction
from earlyhelp.web.management import views
from tests.casework.watched_cases import contact
from tests.web.test_every_route import counted
from tests.web.test_managers_pages import five_families, numbers, rows_in
from tests.web.watched_site import Site, site_after

PAGES = ("/management", "/management/flow")
BACK_TO = {
    "/management": "/management",
    "/management/flow": "/management/flow?pathway=standard&from=2025-12-18&until=2026-03-18",
}
"""The page that *Count now* goes back to."""


@pytest.fixture
def site(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Five families, counted by the worker; a sixth that came in the minute after."""
    site = site_after(five_families, engine, tmp_path)
    monkeypatch.setattr(views, "count_again", partial(count_again, above=1))
    bring_board_up(site.engine, now=site.now, above=1)
    with transaction(site.engine) as connection:
        contact(connection, site.council, at=site.now, surname="Penrose")
    site.now += timedelta(minutes=1)
    return site


def open_cases(client: FlaskClient) -> int:
    return numbers(client.get("/management").text)["open cases"][0]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_says_when_it_was_counted_and_counts_now_if_asked(site: Site, page: str) -> None:
    client = site.signed_in("service_manager")
    answer = client.get(page).text
    assert "ounted at 10:00am. The lists behind these numbers are up to date and may differ." in answer
    assert f'<form method="post" action="{escape(BACK_TO[page])}">' in answer
    assert open_cases(client) == 5
    counted = client.post(BACK_TO[page], data={"csrf_token": "any"})
    assert (counted.status_code, counted.headers["Location"]) == (303, BACK_TO[page])
    assert "ounted at 10:01am." in client.get(page).text
    assert open_cases(site.signed_in("service_manager")) == 6


def test_it_goes_back_whatever_the_address_holds(site: Site) -> None:
    client = site.signed_in("service_manager")
    made_up = client.post("/management/flow", environ_overrides={"QUERY_STRING": "from=\xff%0d%0a"})
    assert made_up.status_code == 303
    assert made_up.headers["Location"].startswith("/management/flow?from=")
    assert not set("\r\n\xff") & set(made_up.headers["Location"])


def test_however_many_ask_it_is_counted_once_in_a_few_seconds(site: Site) -> None:
    client = site.signed_in("service_manager")
    client.post("/management")
    with transaction(site.engine) as connection:
        contact(connection, site.council, at=site.now, surname="Quick")
    site.now += timedelta(seconds=5)
    client.post("/management")
    assert open_cases(client) == 6
    site.now += timedelta(seconds=1)
    client.post("/management")
    assert open_cases(client) == 7


def test_a_small_council_has_nothing_to_count_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "count_again", count_again)
    site.now += timedelta(minutes=2)
    client = site.signed_in("service_manager")
    assert client.post("/management").status_code == 303
    assert "ount now" not in client.get("/management").text


def test_it_is_counted_for_whoever_sees_less_and_when_the_worker_is_late(site: Site) -> None:
    assert "ounted at" not in site.signed_in("manager").get("/management").text
    site.now += timedelta(minutes=2)
    client = site.signed_in("service_manager")
    for page in PAGES:
        assert "ounted at" not in client.get(page).text
    assert open_cases(client) == 6


def test_the_flow_has_who_was_where_then(site: Site) -> None:
    client = site.signed_in("service_manager")
    assert in_screening(client) == 2
    client.post("/management/flow")
    assert in_screening(client) == 3


def in_screening(client: FlaskClient) -> int:
    """As the flow says."""
    return int(
        re.findall(r'state=screening&amp;pathway=standard">(\d+)<', client.get("/management/flow").text)[0]
    )


def test_a_head_who_opened_a_restricted_case_finds_it_in_the_numbers_and_beside_the_tables(
    site: Site,
) -> None:
    hidden = hidden_contact(site)
    client = site.signed_in("service_manager")
    assert "that you may see" not in client.get("/management").text
    assert (open_cases(client), in_screening(client)) == (6, 3)
    assert rows_in(client, "/management/cases?group=restricted") == 0
    opened_by_the_head(site, hidden)
    page = client.get("/management").text
    assert "ounted at 10:01am" in page
    assert (open_cases(client), in_screening(client)) == (7, 4)
    said = (
        r'The two tables leave out <a class="govuk-link" href="([^"]+)">1 restricted case that you may see<'
    )
    (link,) = re.findall(said, page)
    assert rows_in(client, link) == 1
    assert hidden in client.get(link).text


def hidden_contact(site: Site) -> str:
    """One more, restricted before all were counted; its reference."""
    with transaction(site.engine) as connection:
        hidden = contact(connection, site.council, at=site.now, surname="Quick")
        why = {"reason": "A threat to the family"}
        head = site.council["screening_manager"]
        restrict_case(connection, reference=hidden, person=head, given=why, now=site.now)
    bring_board_up(site.engine, now=site.now, above=1)
    return hidden


def opened_by_the_head(site: Site, hidden: str) -> None:
    emergency, head = {"hours": "4", "reason": "Police ask tonight"}, site.council["service_manager"]
    with transaction(site.engine) as connection:
        break_glass(connection, reference=hidden, person=head, given=emergency, now=site.now)


def test_a_case_restricted_before_it_was_counted_is_in_nobodys_number(site: Site) -> None:
    hidden_contact(site)
    assert open_cases(site.signed_in("service_manager")) == 6


def test_what_was_counted_is_read_in_one_query(site: Site) -> None:
    client = site.signed_in("service_manager")
    kept, now = queries(site, client), site.now
    site.now += SERVES
    counted = queries(site, client)
    site.now = now
    assert [counted[page] - kept[page] for page in PAGES] == [4, 1]


def test_what_somebody_may_see_besides_is_found_and_counted_in_few(site: Site) -> None:
    hidden, client = hidden_contact(site), site.signed_in("service_manager")
    kept = queries(site, client)
    opened_by_the_head(site, hidden)
    more = queries(site, client)
    assert [more[page] - kept[page] for page in PAGES] == [3, 1]


def queries(site: Site, client: FlaskClient) -> dict[str, int]:
    """What each page asks of the database."""
    asked = {}
    for page in (*PAGES, *PAGES):  # what a process reads once is read by the first
        with counted(site.engine) as statements:
            client.get(page)
        asked[page] = len(statements)
    return asked
