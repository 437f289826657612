"""One family from the front door to closing, each step by the person whose it is."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from earlyhelp.casework.audit import verify_one
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.records.cases import Case, Event
from earlyhelp.records.database import reading
from tests.journeys.assessments import submit_assessment, write_assessment
from tests.journeys.conftest import Site, assert_accessible

SignIn = Callable[..., Page]
PEOPLE = {"screener", "manager", "lead", "duty"}
SCORES = ("child's development", "parenting capacity", "family and environment")


def choose(page: Page, question: str, answer: str) -> None:
    page.get_by_role("group", name=question).get_by_label(answer, exact=True).check()


def write(page: Page, question: str, words: str) -> None:
    page.get_by_label(question).fill(words)


def save(page: Page, button: str) -> None:
    page.get_by_role("main").get_by_role("button", name=button, exact=True).click()


def open_case(page: Page, site: Site, reference: str) -> None:
    page.goto(f"{site.url}/cases/{reference}")


def take(page: Page, action: str) -> None:
    page.get_by_role("link", name=action, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(action)
    assert_accessible(page)


def saved(page: Page, action: str) -> None:
    save(page, action)
    expect(page.get_by_text(f"{action}: saved")).to_be_visible()


def record_contact(page: Page, site: Site, surname: str) -> str:
    page.goto(f"{site.url}/front-door")
    page.get_by_role("button", name="Record a contact").click()
    source = page.locator("[name=source]")
    if source.evaluate("e => e.tagName") == "SELECT" and source.is_visible():
        source.select_option("2A")
    else:
        field = page.get_by_label("Who is telling us?")
        field.fill("School")
        page.get_by_role("option", name="School", exact=True).first.click()
    choose(page, "How did it reach us?", "Telephone")
    page.get_by_label("Given name").fill("Rowan")
    page.get_by_label("Family name").fill(surname)
    page.get_by_role("group", name=re.compile("^Date of birth")).get_by_label("Day").fill("14")
    page.get_by_role("group", name=re.compile("^Date of birth")).get_by_label("Month").fill("6")
    page.get_by_role("group", name=re.compile("^Date of birth")).get_by_label("Year").fill("2016")
    write(page, "What is worrying?", "Often hungry at school")
    write(page, "What is working well?", "Loves football")
    choose(page, "Does the family agree to early help?", "Given")
    save(page, "Save")
    expect(page.get_by_text("Saved as EH-")).to_be_visible()
    return page.url.rpartition("/")[2]


@pytest.mark.parametrize("java_script", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_family_travels_from_the_front_door_to_closing(
    site: Site, sign_in: SignIn, java_script: bool
) -> None:
    screener = sign_in("screener", java_script=java_script)
    if java_script:
        assert_accessible(screener)
    reference = record_contact(screener, site, f"Ashgrove{java_script}")
    accept(screener, site, reference, java_script)
    manager = sign_in("manager", java_script=java_script)
    allocate(manager, site, reference)
    lead = sign_in("lead", java_script=java_script)
    expect(lead.get_by_role("link", name=reference).first).to_be_visible()
    first_contact_and_assessment(lead, site, reference)
    authorise(manager, site, reference)
    ask_social_care(lead, site, reference)
    give_back(sign_in("duty", java_script=java_script), site, reference)
    review_and_close(lead, site, reference)
    with reading(site.engine) as connection:
        case = connection.execute(select(Case).where(Case.reference == reference)).one()
        assert (case.state, case.outcome) == ("closed", "outcomes_achieved")
        actors = connection.scalars(select(Event.actor).where(Event.case_id == case.id).distinct())
        assert {actor.partition("@")[0] for actor in actors} == PEOPLE
        assert verify_one(connection, reference=reference) is None


def accept(page: Page, site: Site, reference: str, java_script: bool) -> None:
    open_case(page, site, reference)
    page.get_by_role("link", name="Accept for early help").click()
    save(page, "Accept for early help")
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    assert page.title().startswith("Error:")
    choose(page, "Level of need", "Level 3: Targeted")
    write(page, "Why is this the right decision?", "Several needs across school and home")
    choose(page, "Has the family agreed to early help?", "Given")
    page.locator("[name=team]").select_option("early_help")
    saved(page, "Accept for early help")


def allocate(page: Page, site: Site, reference: str) -> None:
    page.goto(f"{site.url}/management/allocations")
    page.get_by_role("link", name=reference).click()
    page.get_by_role("link", name="Allocate a lead professional").click()
    page.locator("[name=lead_professional]").select_option("lead@testshire.example")
    saved(page, "Allocate a lead professional")


def first_contact_and_assessment(page: Page, site: Site, reference: str) -> None:
    open_case(page, site, reference)
    page.get_by_role("link", name="Record the first contact").click()
    choose(page, "How was the family reached?", "Visit at home")
    choose(page, "Was each child seen?", "Yes")
    write(page, "What did the child say or show?", "Rowan showed me his boots")
    saved(page, "Record the first contact")
    write_assessment(page, site, reference)
    submit_assessment(page, site, reference)


def authorise(page: Page, site: Site, reference: str) -> None:
    page.goto(f"{site.url}/management/authorisations")
    page.get_by_role("link", name=reference).click()
    write(page, "Management comment", "Clear and fair")
    save(page, "Authorise the assessment")
    expect(page.get_by_text("authorise the assessment, saved")).to_be_visible()


def ask_social_care(page: Page, site: Site, reference: str) -> None:
    """Help goes on while social care decides."""
    open_case(page, site, reference)
    page.get_by_role("link", name="step up", exact=False).click()
    write(page, "What has changed?", "The family was told to leave the flat")
    choose(page, "Level of need", "Level 4: Specialist")
    choose(page, "How urgent is it?", "Amber: serious, must be looked at today or tomorrow")
    save(page, "Ask social care to take over (step up)")
    expect(page.get_by_text("Step up requested").first).to_be_visible()


def give_back(page: Page, site: Site, reference: str) -> None:
    page.goto(f"{site.url}/management/step-ups")
    page.get_by_role("link", name=f"Return {reference}").click()
    write(page, "Why is it returned", "Housing can keep them in")
    save(page, "Return the step up")
    expect(page.get_by_text("Return the step up: saved.")).to_be_visible()


def review_and_close(page: Page, site: Site, reference: str) -> None:
    open_case(page, site, reference)
    page.get_by_role("link", name="Record a review").click()
    today = datetime.now(LONDON).date()
    for name, day in (("taf_date", today), ("next_review_date", today + timedelta(days=60))):
        page.locator(f"[name={name}-day]").fill(str(day.day))
        page.locator(f"[name={name}-month]").fill(str(day.month))
        page.locator(f"[name={name}-year]").fill(str(day.year))
    page.get_by_label("School, college or nursery").check()
    write(page, "How did the plan's actions go?", "The flat is dry")
    for score in SCORES:
        page.get_by_label(f"Score: {score}").fill("7")
    saved(page, "Record a review")
    page.get_by_role("link", name="Close the case").click()
    choose(page, "Why does early help end?", "Satisfactory outcomes achieved")
    for score in SCORES:
        page.get_by_label(f"Closing score: {score}").fill("8")
    write(page, "What does the family say?", "We can manage now")
    write(page, "What was achieved?", "Housing repaired, breakfast club")
    saved(page, "Close the case")
