"""A plan from its first action to closing, by the lead professional and the manager, without JavaScript."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from earlyhelp.pathway.calendar import LONDON
from earlyhelp.records.cases import Case
from earlyhelp.records.database import reading
from tests.journeys.conftest import Site
from tests.journeys.planned import planned_case
from tests.journeys.test_a_familys_way import choose, save, write


@pytest.fixture
def planned(site: Site) -> str:
    return planned_case(site)


def day(page: Page, name: str, on: date) -> None:
    for part, value in (("day", on.day), ("month", on.month), ("year", on.year)):
        page.locator(f"[name={name}-{part}]").fill(str(value))


def test_a_plan_is_made_met_about_reviewed_and_closed(
    site: Site, sign_in: Callable[..., Page], planned: str
) -> None:
    lead = sign_in("lead", java_script=False, width=320)
    today = datetime.now(LONDON).date()
    lead.goto(f"{site.url}/cases/{planned}")
    lead.get_by_role("link", name="Plan", exact=True).click()
    make_the_plan(lead, today)
    meet(lead, today)
    lead.get_by_role("link", name="Distance travelled").click()
    expect(lead.get_by_role("img", name=re.compile("development"))).to_be_visible()
    expect(lead.get_by_role("figure").first).to_contain_text("From 3 to 7: 4 points better")
    give_the_copy(lead, site, planned)
    close(sign_in("manager", java_script=False), site, planned)
    with reading(site.engine) as connection:
        case = connection.execute(select(Case).where(Case.reference == planned)).one()
    assert (case.state, case.outcome) == ("closed", "outcomes_achieved")


def make_the_plan(page: Page, today: date) -> None:
    page.get_by_role("button", name="Add a goal").click()
    write(page, "What does the family want to be different?", "A dry room")
    write(page, "Whose words are these?", "Lowen")
    save(page, "Save the goal")
    page.get_by_role("button", name="Add an action").click()
    save(page, "Save the action")
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    write(page, "What will be done?", "Report the damp")
    write(page, "Who will do it?", "Mum")
    page.locator("[name=agency]").select_option("family")
    day(page, "due_on", today - timedelta(days=1))
    save(page, "Save the action")
    expect(page.get_by_text("1 action overdue")).to_be_visible()
    page.get_by_role("link", name="Report the damp").click()
    write(page, "How does it go?", "Reported; a surveyor came")
    choose(page, "Is the action done?", "Yes")
    save(page, "Save")
    expect(page.get_by_text("How the action goes is saved")).to_be_visible()
    expect(page.get_by_text("1 action overdue")).to_have_count(0)


def meet(page: Page, today: date) -> None:
    page.get_by_role("link", name="Meetings").click()
    page.get_by_role("button", name="Plan a meeting").click()
    expect(page.locator("[name=people-0-name]")).to_have_value("Mum")
    day(page, "planned_on", today)
    page.locator("[name=people-1-name]").fill("Mr Byrne")
    page.locator("[name=people-1-agency]").select_option("school")
    save(page, "Save the meeting")
    page.get_by_role("link", name="Record this meeting").click()
    page.locator("[name=people-0-answer]").select_option("attended")
    page.locator("[name=people-1-answer]").select_option("apologies")
    write(page, "How did the plan's actions go?", "The damp is reported")
    for score in ("child's development", "parenting capacity", "family and environment"):
        page.get_by_label(f"Score: {score}").fill("7")
    day(page, "next_review_date", today + timedelta(days=80))
    save(page, "Record a review")
    expect(page.get_by_text("Mr Byrne (School, college or nursery): sent apologies")).to_be_visible()
    expect(page.get_by_text("held", exact=True)).to_be_visible()


def give_the_copy(page: Page, site: Site, reference: str) -> None:
    page.goto(f"{site.url}/cases/{reference}/plan/family")
    choose(page, "How was it given?", "In a meeting")
    save(page, "Record the plan as given to the family")
    expect(page.get_by_text("Record the plan as given to the family: saved")).to_be_visible()


def close(page: Page, site: Site, reference: str) -> None:
    page.goto(f"{site.url}/cases/{reference}")
    page.get_by_role("link", name="Close the case").click()
    choose(page, "Why does early help end?", "Satisfactory outcomes achieved")
    for score in ("child's development", "parenting capacity", "family and environment"):
        page.get_by_label(f"Closing score: {score}").fill("8")
    write(page, "What does the family say?", "We manage now")
    write(page, "What was achieved?", "A dry flat")
    save(page, "Close the case")
    expect(page.get_by_role("heading", name="After closing")).to_be_visible()
    expect(page.get_by_text("six months are not over yet")).to_be_visible()
