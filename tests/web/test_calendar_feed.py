"""Due dates in people's own calendars: read again by another reader, without names, ended when taken back."""

import re
from datetime import date
from pathlib import Path

import pytest
from icalendar import Calendar
from sqlalchemy import Engine

from earlyhelp.records.database import transaction
from tests.casework.watched_cases import MONDAY, allocated, days
from tests.web.watched_site import Site, site_in


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> Site:
    site = site_in(engine, tmp_path)
    site.now = MONDAY + days(1)
    return site


def address_of(site: Site, who: str) -> str:
    page = site.signed_in(who).post("/my-calendar").text
    found = re.search(r"http://127.0.0.1:5000(/calendar/[\w-]{43}\.ics)", page)
    assert found is not None
    return found.group(1)


def test_a_calendar_shows_what_is_due_on_its_last_day_and_no_name(site: Site) -> None:
    with transaction(site.engine) as connection:
        reference = allocated(connection, site.council)
    answer = site.app.test_client().get(address_of(site, "lead"))
    assert answer.mimetype == "text/calendar"
    calendar = Calendar.from_ical(answer.data)
    due = {str(each["summary"]): each.decoded("dtstart") for each in calendar.walk("VEVENT")}
    assert due[f"{reference}: First contact with the family due"] == date(2026, 3, 9)
    assert "Tregenza" not in answer.text
    assert all(str(each["url"]).endswith(f"/cases/{reference}") for each in calendar.walk("VEVENT"))


def test_another_persons_cases_are_not_in_it(site: Site) -> None:
    with transaction(site.engine) as connection:
        allocated(connection, site.council)
    calendar = Calendar.from_ical(site.app.test_client().get(address_of(site, "other_lead")).data)
    assert calendar.walk("VEVENT") == []


def test_an_address_that_was_replaced_or_ended_leads_nowhere(site: Site) -> None:
    first = address_of(site, "lead")
    second = address_of(site, "lead")
    visitor = site.app.test_client()
    assert (visitor.get(first).status_code, visitor.get(second).status_code) == (404, 200)
    site.signed_in("lead").post("/my-calendar/end")
    assert visitor.get(second).status_code == 404
    assert visitor.get(f"/calendar/{'x' * 43}.ics").status_code == 404
