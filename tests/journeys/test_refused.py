"""Pages that refuse: signing in wrongly, and cases of others. Every page: tests/web/test_every_page_in_a_browser.py."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Site, assert_accessible
from tests.journeys.test_a_familys_way import record_contact


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
