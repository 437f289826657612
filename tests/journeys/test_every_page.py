"""Every page of every person: accessible, titled, without a word of complaint from the browser, at phone width too."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Site, assert_accessible
from tests.journeys.planned import planned_case
from tests.journeys.test_a_familys_way import record_contact

PAGES = {
    "screener": ["/front-door", "/front-door/contacts/new", "/front-door/step-downs/new"],
    "lead": ["/my-cases", "/my-cases/alerts", "/my-cases/alerts?status=resolved"],
    "manager": [
        "/management",
        "/management/alerts",
        "/management/alerts?status=resolved",
        "/management/authorisations",
        "/management/allocations",
        "/management/step-ups",
        "/scorecard",
        "/scorecard/below_threshold",
    ],
    "analyst": ["/scorecard", "/exports/annex-a", "/exports/ssd", "/api/reference"],
    "administrator": [
        "/administration",
        "/administration/pathways/standard",
        "/administration/messages",
        "/administration/messages?status=dead",
        "/administration/calendar",
        "/administration/calendar/moves",
    ],
}


@pytest.mark.parametrize("who", PAGES)
def test_every_page_is_accessible_and_fits(site: Site, sign_in: Callable[..., Page], who: str) -> None:
    page = sign_in(who)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    for path in PAGES[who]:
        page.set_viewport_size({"width": 1200, "height": 900})
        response = page.goto(f"{site.url}{path}")
        assert response is not None
        assert response.status == 200
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        assert " – Early help" in page.title()
        assert page.evaluate("document.documentElement.scrollWidth") <= 1200
        page.set_viewport_size({"width": 320, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        assert_accessible(page)
    assert complaints == []


def test_the_pages_of_one_case_are_accessible(site: Site, sign_in: Callable[..., Page]) -> None:
    reference = planned_case(site)
    lead = sign_in("lead", width=320)
    for page in ("", "/clocks/assessment", "/actions/request_step_up"):
        response = lead.goto(f"{site.url}/cases/{reference}{page}")
        assert response is not None
        assert response.status == 200
        assert_accessible(lead)
        assert lead.evaluate("document.documentElement.scrollWidth") <= 320


def test_signing_in_wrongly_says_so_and_keeps_the_address(site: Site, sign_in: Callable[..., Page]) -> None:
    page = sign_in("screener")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("Email address").fill("screener@testshire.example")
    page.get_by_label("Password", exact=True).fill("not the password")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    page.get_by_role("link", name="The email address or password is wrong").click()
    assert page.evaluate("document.activeElement.id") == "email"
    expect(page.get_by_label("Email address")).to_have_value("screener@testshire.example")
    assert_accessible(page)


def test_a_case_of_others_looks_as_if_there_were_none(site: Site, sign_in: Callable[..., Page]) -> None:
    reference = record_contact(sign_in("screener"), site, "Cedarhurst")
    lead = sign_in("lead")
    for path in (f"/cases/{reference}", "/cases/EH-222-2222", f"/cases/{reference}/actions/signpost"):
        response = lead.goto(f"{site.url}{path}")
        assert response is not None
        assert response.status == 404
        expect(lead.get_by_role("heading", level=1)).to_have_text("Page not found")
