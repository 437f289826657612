"""Two browsers with one form, a form sent twice, a server's clock set back: one thing happens, and the page says so."""

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select

from earlyhelp.casework.audit import verify_all
from earlyhelp.records.cases import Case, Event
from earlyhelp.records.clocks import Alert
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.drafts import ContactDraft
from earlyhelp.scheduler import run_once
from tests.casework.watched_cases import allocated, contact, days
from tests.web.telephoned import CALL, PAGE
from tests.web.watched_site import Site, site_in

NFA = {"level_of_need": "universal", "rationale": "The school meets every need that was told"}


@pytest.fixture
def engine(sqlite_engine: Engine) -> Engine:
    """Pages on one database: that two writers take turns is tried on both in tests/casework."""
    return sqlite_engine


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> Site:
    return site_in(engine, tmp_path)


def counted(site: Site, table: type) -> int:
    with reading(site.engine) as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def waiting(site: Site) -> str:
    with transaction(site.engine) as connection:
        return contact(connection, site.council, at=site.now)


def the_form(client: FlaskClient, url: str) -> dict[str, str]:
    """The version that the page was shown at, with a decision."""
    (version,) = re.findall(r'name="version" value="(\d+)"', client.get(url).text)
    return {"version": version, **NFA}


def test_of_two_browsers_with_one_form_the_second_keeps_its_words_and_is_told(site: Site) -> None:
    url = f"/cases/{waiting(site)}/actions/close_no_further_action"
    first, second = site.signed_in("screener"), site.signed_in("screener")
    forms = [the_form(client, url) for client in (first, second)]
    assert first.post(url, data=forms[0]).status_code == 302
    events = counted(site, Event)
    late = second.post(url, data=forms[1])
    assert (late.status_code, counted(site, Event)) == (409, events)
    assert "the case has moved on" in late.text
    assert NFA["rationale"] in late.text


def test_a_decision_sent_twice_is_taken_once(site: Site) -> None:
    url = f"/cases/{waiting(site)}/actions/close_no_further_action"
    screener = site.signed_in("screener")
    form = the_form(screener, url)
    assert screener.post(url, data=form).status_code == 302
    events = counted(site, Event)
    assert screener.post(url, data=form).status_code == 409
    assert counted(site, Event) == events


def test_a_contact_sent_twice_begins_one_case(site: Site) -> None:
    screener = site.signed_in("screener")
    sent = CALL | {"draft": "k" * 22}
    first, again = (screener.post(PAGE, data=sent) for _ in range(2))
    assert first.status_code == 302
    assert again.headers["Location"] == first.headers["Location"]
    assert (counted(site, Case), counted(site, ContactDraft)) == (1, 0)


def test_other_words_on_a_page_that_was_sent_are_kept_and_not_taken_for_a_new_contact(site: Site) -> None:
    screener = site.signed_in("screener")
    sent = CALL | {"draft": "k" * 22}
    screener.post(PAGE, data=sent)
    page = screener.post(PAGE, data=sent | {"worries": "He has not eaten since Monday"})
    assert page.status_code == 422
    assert "saved already" in page.text
    assert "He has not eaten since Monday" in page.text
    assert (counted(site, Case), counted(site, ContactDraft)) == (1, 1)


def test_a_clock_set_back_writes_no_history_out_of_order(site: Site) -> None:
    reference = waiting(site)
    url = f"/cases/{reference}/actions/close_no_further_action"
    screener = site.signed_in("screener")
    form = the_form(screener, url)
    right = site.now
    site.now = right - days(0.02)
    page = screener.post(url, data=form)
    assert page.status_code == 422
    assert "cannot have happened before the case came here" in page.text
    assert NFA["rationale"] in page.text
    site.now = right + days(0.02)
    assert screener.post(url, data=form).status_code == 302
    with reading(site.engine) as connection:
        assert list(verify_all(connection)) == [(reference, None)]


def test_a_sweep_after_the_clock_was_set_back_raises_nothing_twice_and_misses_nothing(site: Site) -> None:
    with transaction(site.engine) as connection:
        allocated(connection, site.council)
    runs = [site.now, site.now - days(10), site.now, site.now + days(1)]
    for at in runs:
        run_once(site.engine, base_url="https://e.example", now=at, worker="tests")
    with reading(site.engine) as connection:
        raised = connection.execute(select(Alert.clock_id, Alert.stage, Alert.fell_due_at)).all()
        late = connection.scalar(select(func.count(Alert.id)).where(Alert.raised_at < Alert.fell_due_at))
    assert len(raised) == len(set(raised)) >= 3
    assert late == 0
