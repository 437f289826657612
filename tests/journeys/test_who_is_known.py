"""A child who comes again under another name is found while they are typed, with scripts and without."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from earlyhelp.casework.intake import open_case
from earlyhelp.permissions import person_by_email
from earlyhelp.records.database import transaction
from earlyhelp.records.people import Person
from tests.casework.test_merging import FIELDS
from tests.journeys.conftest import Site, assert_accessible

SURNAMES = {True: "Nancarrow", False: "Pendarves"}


def recorded(site: Site, surname: str) -> str:
    """William is known; his public id."""
    with transaction(site.engine) as connection:
        screener = person_by_email(connection, email="screener@testshire.example")
        assert screener is not None
        child = {"given_name": "William", "family_name": surname, "date_of_birth": "2017-05-04"}
        open_case(connection, person=screener, children=[child], fields=FIELDS, now=datetime.now(UTC))
        return str(connection.scalars(select(Person.public_id).where(Person.family_name == surname)).one())


def type_bill(page: Page, surname: str) -> None:
    page.goto(page.url.partition("/front-door")[0] + "/front-door/contacts/new")
    boxes = {"given_name": "Bill", "family_name": surname}
    birth = {"date_of_birth-day": "4", "date_of_birth-month": "5", "date_of_birth-year": "2017"}
    for name, typed in (boxes | birth).items():
        page.locator(f"[name=children-0-{name}]").fill(typed)


def tell_the_rest(page: Page) -> None:
    page.locator("select[name=source]").select_option(index=3)
    page.locator("[name=channel]").first.check()
    page.locator("[name=presenting_needs]").first.check()
    page.locator("[name=agreement]").first.check()
    page.locator("[name=worries]").fill("Often absent")
    page.locator("[name=strengths]").fill("Close to his grandmother")


def test_a_known_child_is_suggested_while_they_are_typed(site: Site, sign_in: Callable[..., Page]) -> None:
    known = recorded(site, SURNAMES[True])
    page = sign_in("screener")
    type_bill(page, SURNAMES[True])
    suggested = page.get_by_role("group", name="May already be known: is it one of these?")
    expect(suggested).to_contain_text("Another form of the first name, same surname, same date of birth")
    assert known not in page.url
    assert_accessible(page)
    page.locator("[name=children-0-given_name]").fill("Wenna")
    expect(suggested).to_have_count(0)


@pytest.mark.parametrize("width", [320])
def test_the_same_is_asked_before_saving_without_scripts(
    site: Site, sign_in: Callable[..., Page], width: int
) -> None:
    recorded(site, SURNAMES[False])
    page = sign_in("screener", java_script=False, width=width)
    type_bill(page, SURNAMES[False])
    tell_the_rest(page)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Who is already known")).to_be_visible()
    page.get_by_role("radio", name=f"William {SURNAMES[False]}").check()
    page.get_by_role("button", name="Save the contact").click()
    page.wait_for_url("**/cases/**")
    expect(page.get_by_role("link", name=f"William {SURNAMES[False]}’s record")).to_be_visible()
