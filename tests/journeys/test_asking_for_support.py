"""Somebody asks for support on a small telephone without JavaScript, and follows what becomes of it."""

import re

from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import Site, assert_accessible


def go_on(page: Page, button: str = "Continue") -> None:
    with page.expect_navigation():  # a click alone returns before the answer is there
        page.get_by_role("button", name=button, exact=True).click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def look_at(browser: Browser, page: Page) -> None:
    """The same page with JavaScript, which axe needs, in a browser that has the same draft."""
    cookies = page.context.storage_state()
    with browser.new_context(storage_state=cookies, viewport={"width": 320, "height": 640}) as context:
        seen = context.new_page()
        seen.goto(page.url)
        assert_accessible(seen)


def test_a_mother_asks_for_support_on_her_telephone(site: Site, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 640})
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.goto(f"{site.url}/request-support")
    expect(page.get_by_text("call 999 now")).to_be_visible()
    go_on(page, "Start now")
    go_on(page)
    expect(page.get_by_role("alert")).to_contain_text("Choose who you are")
    look_at(browser, page)
    page.get_by_label("I am a parent or carer").check()
    go_on(page)
    page.get_by_label("Yes, a child may be at risk now").check()
    go_on(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text("call 999")
    look_at(browser, page)
    go_on(page)
    page.get_by_label("Your name").fill("Mary Tregenza")
    go_on(page)
    page.get_by_label("First name").fill("Wenna")
    go_on(page, "Add another child")
    page.get_by_label("First name").nth(1).fill("Jory")
    look_at(browser, page)
    go_on(page)
    page.get_by_label("What are you worried about?").fill("I cannot cope, and somebody follows us")
    go_on(page)
    page.get_by_label("Yes", exact=True).check()
    go_on(page)
    expect(page.get_by_text("Wenna")).to_be_visible()
    look_at(browser, page)
    go_on(page, "Send my request")
    expect(page.get_by_text(re.compile("EH-"))).to_be_visible()
    look_at(browser, page)
    page.locator("a[href^='/receipt/']").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("We have received your request")
    look_at(browser, page)
    context.close()
