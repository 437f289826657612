"""The page on which what is recorded wrongly about a person is set right."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from earlyhelp.records.database import connect, reading
from earlyhelp.records.people import Person
from earlyhelp.records.reference import AccessEntry
from tests.web.test_people_pages import told_of
from tests.web.watched_site import Site, site_in


@pytest.fixture
def engine(sqlite_url: Callable[[], str]) -> Iterator[Engine]:
    """What a page shows is no matter of the database: SQLite alone."""
    engine = connect(sqlite_url())
    yield engine
    engine.dispose()


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> Site:
    return site_in(engine, tmp_path)


def typed(page: str, **changes: str) -> dict[str, str]:
    version = page.split('name="version" value="')[1].split('"')[0]
    return {
        "version": version,
        "given_name": "William",
        "family_name": "Tregenza",
        "date_of_birth-day": "5",
        "date_of_birth-month": "4",
        "date_of_birth-year": "2019",
        "gender": "male",
        "ethnicity": "WBRI",
        "reason": "The <b>birth certificate</b>",
        **changes,
    }


def test_a_record_is_set_right_and_says_what_it_said_before(site: Site) -> None:
    child = told_of(site)
    address, client = f"/people/{child}/correct", site.signed_in("administrator")
    page = client.get(address)
    assert 'value="William"' in page.text
    wrong = client.post(address, data=typed(page.text, nhs_number="1234567890", reason="", given_name="Bìll"))
    assert wrong.status_code == 422
    assert "Enter the reason" in wrong.text
    assert "not a valid NHS number" in wrong.text
    assert 'value="1234567890"' in wrong.text
    assert 'value="Bìll"' in wrong.text
    assert client.post(address, data=typed(page.text)).status_code == 302
    shown = client.get(f"/people/{child}").text
    assert "Date of birth: Fri 5 April 2019" in shown
    assert "<del>Sat 4 May 2019</del>" in shown
    assert "The &lt;b&gt;birth certificate" in shown
    assert "<del>Sat 4 May 2019</del>" in site.signed_in("screener").get(f"/people/{child}").text
    late = client.post(address, data=typed(page.text, family_name="Tregensa"))
    assert late.status_code == 422
    assert "Somebody else changed this" in late.text
    with reading(site.engine) as connection:
        assert connection.scalar(select(Person.family_name)) == "Tregenza"
        assert "correction" in connection.scalars(select(AccessEntry.what)).all()


def test_only_who_may_correct_records_is_offered_it(site: Site) -> None:
    child = told_of(site)
    screener = site.signed_in("screener")
    assert "Correct the record" not in screener.get(f"/people/{child}").text
    assert screener.get(f"/people/{child}/correct").status_code == 403
    manager = site.signed_in("service_manager")
    assert f"/people/{child}/correct" in manager.get(f"/people/{child}").text
    assert manager.get("/people/P000NOBODY/correct").status_code == 404
    assert manager.post("/people/P000NOBODY/correct", data={}).status_code == 404
