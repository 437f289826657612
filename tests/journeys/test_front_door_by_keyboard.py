"""The front door without a mouse: a contact recorded while somebody talks, found again, and decided."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import PASSWORD, Site, assert_accessible

FEW_KEYS = 100
"""Keys beside what is typed, coming back in the middle among them: half a minute of the two that a contact may take."""


class Keyboard:
    """Only keys, counted."""

    def __init__(self, page: Page) -> None:
        self.page, self.pressed = page, 0

    def press(self, key: str) -> None:
        self.pressed += 1
        self.page.keyboard.press(key)

    def to(self, selector: str) -> None:
        """Tab on until the cursor stands there."""
        for _ in range(80):
            if self.page.evaluate("css => document.activeElement.matches(css)", selector):
                return
            self.press("Tab")
        raise AssertionError(f"no way by keyboard to {selector}")

    def write(self, selector: str, words: str) -> None:
        self.to(selector)
        self.page.keyboard.type(words)

    def choose(self, name: str, place: int) -> None:
        """The radio in that place of its group."""
        self.to(f"[name={name}]")
        self.press("Space")
        for _ in range(place):
            self.press("ArrowDown")


def tell(keys: Keyboard) -> None:
    keys.write("input[id=source]", "School")
    keys.page.get_by_role("option", name="School", exact=True).first.wait_for()
    keys.press("ArrowDown")
    keys.press("Enter")
    keys.choose("channel", 0)
    keys.write("[name=referrer-organisation]", "Hillside School")
    keys.write("[name=referrer-name]", "Mrs Jones")
    keys.write("[name=children-0-given_name]", "Wenna")
    keys.write("[name=children-0-family_name]", "Keyworth")
    keys.write("[name=children-0-date_of_birth-day]", "4")
    keys.write("[name=children-0-date_of_birth-month]", "5")
    keys.write("[name=children-0-date_of_birth-year]", "2019")
    keys.write("[name=worries]", "Often absent from school")


def test_a_contact_is_recorded_kept_and_decided_by_keyboard(site: Site, sign_in: Callable[..., Page]) -> None:
    page = sign_in("screener")
    page.goto(f"{site.url}/front-door/contacts/new")
    keys = Keyboard(page)
    tell(keys)
    expect(page.get_by_text(re.compile("^Kept as unfinished at"))).to_be_visible()
    leave_and_come_back(page, site)
    expect(page.get_by_label("What is worrying?")).to_have_value("Often absent from school")
    keys.write("[name=strengths]", "Close to her grandmother")
    keys.choose("agreement", 0)
    keys.press("Control+Enter")
    expect(page.get_by_text("Saved as EH-")).to_be_visible()
    assert_accessible(page)
    decide(page)
    assert keys.pressed <= FEW_KEYS


def leave_and_come_back(page: Page, site: Site) -> None:
    page.context.clear_cookies()
    page.goto(f"{site.url}/sign-in")
    page.get_by_label("Email address").fill("screener@testshire.example")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site.url}/front-door")
    assert_accessible(page)
    page.get_by_role("link", name="Wenna Keyworth, told by Hillside School").press("Enter")


def decide(page: Page) -> None:
    reference = page.get_by_role("heading", level=1).inner_text().split()[0]
    page.get_by_role("link", name="Close: no further action").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Close: no further action")
    assert_accessible(page)
    keys = Keyboard(page)
    keys.choose("level_of_need", 0)
    keys.write("[name=rationale]", "School is in touch with the family")
    keys.to("main button")
    keys.press("Enter")
    expect(page.get_by_text("Close: no further action: saved")).to_be_visible()
    page.goto(page.url.rpartition("/cases/")[0] + f"/cases/{reference}/record")
    assert_accessible(page)


@pytest.mark.parametrize("switched_on", [True, False], ids=["switched on", "as they come"])
def test_single_keys_work_only_once_switched_on(
    switched_on: bool, site: Site, sign_in: Callable[..., Page]
) -> None:
    page = sign_in("screener")
    page.goto(f"{site.url}/front-door")
    if switched_on:
        page.get_by_text("Keyboard shortcuts").click()
        page.get_by_label("Use these shortcuts on this computer").check()
        assert_accessible(page)
        page.reload()
    page.keyboard.press("/")
    focused = page.evaluate("document.activeElement.id")
    assert (focused == "search") is switched_on
    page.keyboard.type("n")
    assert page.url.endswith("/front-door")
