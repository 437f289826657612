"""Closures of the council: recorded, shown, and moving open time limits only when somebody says so."""

import re
from datetime import date
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, select

from earlyhelp.records.cases import Closure, Event
from earlyhelp.records.clocks import ClockRow
from earlyhelp.records.database import reading
from tests.casework.watched_cases import MONDAY, Council, allocated, days
from tests.web.watched_site import Site, site_after

PAGE = "/administration/calendar"
SNOW = {"on-day": "4", "on-month": "3", "on-year": "2026", "closed_for": "Snow"}


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> Site:
    """Monday, with two families allocated that morning."""
    site = site_after(two_families, engine, tmp_path)
    site.now = MONDAY
    return site


def two_families(connection: Connection, council: Council) -> None:
    allocated(connection, council)
    allocated(connection, council, surname="Second")


@pytest.fixture
def administrator(site: Site) -> FlaskClient:
    return site.signed_in("administrator")


def closures(site: Site) -> list[tuple[date, str]]:
    with reading(site.engine) as connection:
        return [(row.on, row.name) for row in connection.execute(select(Closure.on, Closure.name))]


def first_contacts(site: Site) -> list[ClockRow]:
    with reading(site.engine) as connection:
        rows = connection.execute(select(ClockRow).where(ClockRow.name == "first_contact"))
        return list(rows)  # type: ignore[arg-type]


def test_bank_holidays_to_come_are_listed_with_their_names(administrator: FlaskClient) -> None:
    page = administrator.get(PAGE).text
    assert "Good Friday" in page
    assert "Fri 3 April" in page


def test_a_closure_is_recorded_and_moves_nothing_by_itself(site: Site, administrator: FlaskClient) -> None:
    due = [clock.due_at for clock in first_contacts(site)]
    answer = administrator.post(f"{PAGE}/closures", data=SNOW)
    assert answer.headers["Location"] == f"{PAGE}/moves"
    assert closures(site) == [(date(2026, 3, 4), "Snow")]
    assert [clock.due_at for clock in first_contacts(site)] == due
    page = administrator.get(PAGE).text
    assert "Wed 4 March" in page
    assert "Ada Administrator closed Wed 4 March (Snow)" in page


@pytest.mark.parametrize(
    ("typed", "words", "box"),
    [
        ({"closed_for": " "}, "Say why the council is closed", "closed_for"),
        ({"closed_for": "x" * 101}, "Say why the council is closed", "closed_for"),
        ({"closed_for": "a\x00b"}, "Say why the council is closed", "closed_for"),
        ({"on-day": "", "on-month": "", "on-year": ""}, "enter the day", "on-day"),
        ({"on-day": "32"}, "enter a real date", "on-day"),
        ({"on-day": "7"}, "at a weekend", "on-day"),
        ({"on-day": "3", "on-month": "4"}, "Good Friday", "on-day"),
        ({"on-year": "2055"}, "Give a day from", "on-day"),
        ({"on-year": "1999"}, "Give a day from", "on-day"),
    ],
)
def test_a_closure_that_will_not_do_comes_back_with_words(
    site: Site, administrator: FlaskClient, typed: dict[str, str], words: str, box: str
) -> None:
    answer = administrator.post(f"{PAGE}/closures", data=SNOW | typed)
    assert answer.status_code == 422
    summary = answer.text.partition("govuk-error-summary__list")[2].partition("</ul>")[0]
    assert words in summary
    assert f'href="#{box}"' in summary
    assert f'id="{box}"' in answer.text
    assert closures(site) == []


def test_every_fault_of_a_closure_is_told_at_once(administrator: FlaskClient) -> None:
    answer = administrator.post(f"{PAGE}/closures", data={})
    assert 'href="#on-day"' in answer.text
    assert 'href="#closed_for"' in answer.text


def test_a_day_is_closed_only_once(site: Site, administrator: FlaskClient) -> None:
    administrator.post(f"{PAGE}/closures", data=SNOW)
    answer = administrator.post(f"{PAGE}/closures", data=SNOW | {"closed_for": "Ice"})
    assert answer.status_code == 422
    assert "closed on 04/03/2026 already" in answer.text
    assert 'value="Ice"' in answer.text
    assert closures(site) == [(date(2026, 3, 4), "Snow")]


def test_the_preview_names_case_clock_and_both_due_moments(site: Site, administrator: FlaskClient) -> None:
    administrator.post(f"{PAGE}/closures", data=SNOW)
    page = administrator.get(f"{PAGE}/moves").text
    assert "<strong>2 cases</strong>" in page
    assert "by end of Mon 9 March" in page
    assert "by end of Tue 10 March" in page
    assert len(set(re.findall(r"EH-[0-9A-Z-]+", page))) == 2
    assert "Nothing has moved yet" in page


def test_moving_writes_one_event_for_each_case_with_the_reason(
    site: Site, administrator: FlaskClient
) -> None:
    before = [clock.due_at for clock in first_contacts(site)]
    administrator.post(f"{PAGE}/closures", data=SNOW)
    answer = administrator.post(f"{PAGE}/moves", data={"reason": "Offices shut\x00 by snow"})
    assert answer.status_code == 302
    assert [clock.due_at for clock in first_contacts(site)] == [due + days(1) for due in before]
    with reading(site.engine) as connection:
        events = connection.execute(select(Event).where(Event.action == "recalculate")).all()
    assert [event.reason for event in events] == ["Offices shut by snow"] * 2
    assert len({event.case_id for event in events}) == 2
    assert "of 2 cases moved" in administrator.get(PAGE).text
    assert "Nothing would move" in administrator.get(f"{PAGE}/moves").text


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_nothing_moves_without_a_reason(site: Site, administrator: FlaskClient, reason: str) -> None:
    administrator.post(f"{PAGE}/closures", data=SNOW)
    before = [clock.due_at for clock in first_contacts(site)]
    answer = administrator.post(f"{PAGE}/moves", data={"reason": reason})
    assert answer.status_code == 422
    assert 'href="#reason"' in answer.text
    assert [clock.due_at for clock in first_contacts(site)] == before


def test_a_closure_taken_back_moves_everything_back(site: Site, administrator: FlaskClient) -> None:
    before = [clock.due_at for clock in first_contacts(site)]
    administrator.post(f"{PAGE}/closures", data=SNOW)
    administrator.post(f"{PAGE}/moves", data={"reason": "Snow"})
    assert administrator.post(f"{PAGE}/closures/2026-03-04/remove").status_code == 302
    administrator.post(f"{PAGE}/moves", data={"reason": "It did not snow"})
    assert closures(site) == []
    assert [clock.due_at for clock in first_contacts(site)] == before


@pytest.mark.parametrize("day", ["2026-03-05", "x", "9999-99-99", "%00"])
def test_what_is_not_closed_cannot_be_opened(administrator: FlaskClient, day: str) -> None:
    assert administrator.post(f"{PAGE}/closures/{day}/remove").status_code == 404


@pytest.mark.parametrize("path", ["/closures", "/closures/2026-03-04/remove", "/moves"])
def test_only_an_administrator_changes_the_calendar(site: Site, path: str) -> None:
    assert site.signed_in("service_manager").post(f"{PAGE}{path}", data=SNOW).status_code == 403
    assert closures(site) == []


def test_more_than_are_counted_unasked_are_counted_when_somebody_asks(
    administrator: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("earlyhelp.web.administration.calendar.MOST_COUNTED", 3)
    monkeypatch.setattr("earlyhelp.web.administration.calendar.MOST_SHOWN", 2)
    administrator.post(f"{PAGE}/closures", data=SNOW)
    page = administrator.get(f"{PAGE}/moves").text
    assert "<strong>More than 3 time limits</strong> would move" in page
    assert "The first 2 of them to fall due" in page
    assert "Move them all" in page
    asked = administrator.get(f"{PAGE}/moves?count=all").text
    assert "<strong>4 time limits</strong> of <strong>2 cases</strong>" in asked
    assert "Move 4 time limits" in asked
