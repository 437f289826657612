"""An assessment by keyboard: two people write in it, a manager returns and authorises it, and nothing is lost."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from earlyhelp.casework.intake import open_case
from earlyhelp.casework.perform import perform
from earlyhelp.permissions import Person, person_by_email
from earlyhelp.records.database import transaction
from tests.journeys.assessments import submit_assessment, type_into, write_assessment
from tests.journeys.conftest import Site, assert_accessible


def assessing(site: Site, surname: str) -> str:
    """A case whose family was reached a moment ago."""
    now = datetime.now(UTC)
    with transaction(site.engine) as connection:
        people: dict[str, Person] = {}
        for who in ("screener", "manager", "lead"):
            found = person_by_email(connection, email=f"{who}@testshire.example")
            assert found is not None
            people[who] = found
        opened = open_case(
            connection,
            person=people["screener"],
            children=[{"given_name": "Rowan", "family_name": surname, "date_of_birth": "2016-06-14"}],
            fields={
                "source": "2A",
                "channel": "telephone",
                "worries": "Often hungry at school",
                "strengths": "Loves football",
                "agreement": "given",
            },
            now=now,
        )
        steps = [
            (
                "screener",
                "accept_for_early_help",
                {
                    "level_of_need": "targeted",
                    "rationale": "Several needs",
                    "agreement": "given",
                    "team": "early_help",
                },
            ),
            ("manager", "allocate_lead_professional", {"lead_professional": people["lead"].email}),
            (
                "lead",
                "record_first_contact",
                {"how": "home_visit", "child_seen": True, "childs_voice": "Boots"},
            ),
        ]
        for who, action, fields in steps:
            perform(
                connection,
                reference=opened.reference,
                action=action,
                person=people[who],
                fields=fields,
                now=now,
            )
    return opened.reference


@pytest.mark.parametrize("java_script", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_an_assessment_is_written_returned_and_authorised_by_keyboard(
    site: Site, sign_in: Callable[..., Page], java_script: bool
) -> None:
    reference = assessing(site, f"Hazel{java_script}")
    lead = sign_in("lead", java_script=java_script, width=320)
    manager = sign_in("manager", java_script=java_script)
    write_assessment(lead, site, reference)
    submit_assessment(lead, site, reference)
    address = f"{site.url}/management/authorisations/{reference}"
    manager.goto(address)
    manager.locator("summary").filter(has_text="What the child and the parents say").focus()
    manager.keyboard.press("Enter")
    type_into(manager, "What must change in “What the child and the parents say”?", "In whose words?")
    type_into(manager, "What must change?", "Nearly there")
    manager.get_by_role("button", name="Return the assessment").focus()
    manager.keyboard.press("Enter")
    expect(manager.get_by_text("return the assessment, saved")).to_be_visible()
    lead.goto(f"{site.url}/cases/{reference}/assessment/sections/voices")
    expect(lead.get_by_text("In whose words?")).to_be_visible()
    type_into(lead, "Parents' views", "Calmer mornings, says his mother")
    lead.get_by_role("button", name="Save and continue").focus()
    lead.keyboard.press("Enter")
    lead.wait_for_url("**/sections/analysis")
    submit_assessment(lead, site, reference)
    manager.goto(address)
    expect(manager.locator("ins").filter(has_text="says his mother")).to_be_visible()
    if java_script:
        assert_accessible(manager)
    type_into(manager, "Management comment", "Clear and fair")
    manager.get_by_role("button", name="Authorise the assessment").focus()
    manager.keyboard.press("Enter")
    expect(manager.get_by_text("authorise the assessment, saved")).to_be_visible()


def test_two_people_in_one_section_lose_nothing(site: Site, sign_in: Callable[..., Page]) -> None:
    reference = assessing(site, "Elder")
    lead, manager = sign_in("lead", width=320), sign_in("manager")
    address = f"{site.url}/cases/{reference}/assessment/sections/parenting"
    for page, words in ((lead, "Plays with him"), (manager, "Reads to him")):
        page.goto(address)
        page.get_by_label("Warmth, encouragement and play").fill(words)
    assert_accessible(lead)
    manager.get_by_role("button", name="Save and go to all sections").click()
    manager.wait_for_url(f"**/{reference}/assessment")
    assert_accessible(manager)
    lead.get_by_role("button", name="Save and continue").click()
    expect(lead.get_by_role("heading", level=1)).to_have_text("Parenting capacity: two versions")
    assert_accessible(lead)
    assert lead.evaluate("document.documentElement.scrollWidth") <= 320
    lead.get_by_label("What is in the box below").check()
    expect(lead.get_by_label("Warmth, encouragement and play")).to_have_value(
        "Reads to him\n\nPlays with him"
    )
    lead.get_by_role("button", name="Save what I chose").click()
    expect(lead.get_by_text("saved with what both of you wrote")).to_be_visible()


def test_what_is_written_is_saved_while_it_is_written(site: Site, sign_in: Callable[..., Page]) -> None:
    reference = assessing(site, "Rowanberry")
    lead = sign_in("lead")
    lead.clock.install()
    lead.goto(f"{site.url}/cases/{reference}/assessment/sections/voices")
    lead.get_by_label("Parents' views").fill("Calmer mornings")
    lead.clock.run_for(5000)
    expect(lead.get_by_role("status").filter(has_text="Saved at")).to_be_visible()
    lead.goto(f"{site.url}/cases/{reference}/assessment/sections/voices")
    expect(lead.get_by_label("Parents' views")).to_have_value("Calmer mornings")
    lead.goto(f"{site.url}/cases/{reference}/assessment/sections/family")
    expect(lead.get_by_label("Which language or help, and for whom?")).to_be_hidden()
    lead.get_by_role("group", name="Does anybody need an interpreter").get_by_label("Yes").check()
    expect(lead.get_by_label("Which language or help, and for whom?")).to_be_visible()
    for path in ("", "/submit"):
        lead.goto(f"{site.url}/cases/{reference}/assessment{path}")
        assert_accessible(lead)
