"""What leaves the front door: to services, with a sheet and a check; to social care, and back; onto paper."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Site, assert_accessible
from tests.journeys.test_a_familys_way import choose, open_case, record_contact, save, saved, write

People = Callable[..., Page]


def test_a_family_is_signposted_with_a_sheet_and_asked_whether_it_arrived(
    site: Site, sign_in: People
) -> None:
    page = sign_in("screener")
    chosen = put_on_the_list(page, site)
    reference = record_contact(page, site, "Signford")
    page.get_by_role("link", name="Signpost to a service").click()
    for name in chosen:
        expect(page.get_by_role("checkbox", name=name)).to_be_checked()
    choose(page, "Level of need", "Level 1: Universal")
    write(page, "Why is this the right decision?", "The family asks for company and advice")
    choose(page, "Did the family agree to be signposted?", "Yes")
    saved(page, "Signpost to a service")
    read_the_papers(page, site, reference, chosen)
    page.goto(f"{site.url}/front-door/checks")
    assert_accessible(page)
    page.get_by_role("row").filter(has_text=reference).get_by_role("link", name="Record the answers").click()
    for name in chosen:
        choose(page, name, "Reached the service")
    saved(page, "Record whether the family reached the service")


def put_on_the_list(page: Page, site: Site) -> list[str]:
    page.goto(f"{site.url}/directory")
    boxes = page.locator("[name=services]").all()[:2]
    for box in boxes:
        box.check()
    names = [str(box.locator("xpath=../label/strong").text_content()) for box in boxes]
    assert_accessible(page)
    save(page, "Keep ticked services on my list")
    return names


def read_the_papers(page: Page, site: Site, reference: str, services: list[str]) -> None:
    """The sheet tells of the services and names nobody; the record says what was decided, and who printed it."""
    page.goto(f"{site.url}/cases/{reference}/advice-sheet")
    for name in services:
        expect(page.get_by_role("main")).to_contain_text(name)
    expect(page.get_by_text("Signford")).to_have_count(0)
    assert_accessible(page)
    page.goto(f"{site.url}/cases/{reference}/record")
    expect(page.get_by_text("The family asks for company and advice")).to_be_visible()
    expect(page.get_by_text("Printed by Sasha Screener").first).to_be_attached()
    assert_accessible(page)
    for paper in ("advice-sheet.pdf", "record.pdf"):
        printed = page.request.get(f"{site.url}/cases/{reference}/{paper}")
        assert (printed.headers["content-type"], printed.body()[:5]) == ("application/pdf", b"%PDF-")


def test_a_family_is_the_doors_until_social_care_accepts(site: Site, sign_in: People) -> None:
    screener, duty = (sign_in(who) for who in ("screener", "duty"))
    reference = record_contact(screener, site, "Upfield")
    for decision in ("Return the step up", "Accept the step up"):
        refer(screener, site, reference)
        screener.goto(f"{site.url}/front-door")
        expect(screener.get_by_role("link", name=reference)).to_have_count(0)
        duty.goto(f"{site.url}/management/step-ups")
        expect(duty.get_by_text("3 hours left")).to_be_visible()
        duty.get_by_role("row").filter(has_text=reference).get_by_role("link", name=decision[:6]).click()
        decide(duty, decision)
    expect(duty.get_by_text(f"{reference} is with others now")).to_be_visible()
    expect(duty.get_by_role("link", name=reference)).to_have_count(0)
    assert_accessible(duty)


def refer(page: Page, site: Site, reference: str) -> None:
    open_case(page, site, reference)
    page.get_by_role("link", name="Refer to social care").click()
    choose(page, "Level of need", "Level 4: Specialist")
    write(page, "Why is this the right decision?", "Bruises nobody can explain")
    choose(page, "How urgent is it?", "Red: a child may be at risk of harm now")
    choose(page, "Does the family agree to the referral?", "Given")
    saved(page, "Refer to social care")


def decide(page: Page, decision: str) -> None:
    if decision == "Accept the step up":
        write(page, "Why is it accepted?", "It meets the threshold")
        choose(page, "What does social care open?", "Assessment")
    else:
        write(page, "Why is it returned", "Ask the school first")
    save(page, decision)
    expect(page.get_by_text(f"{decision}: saved.")).to_be_visible()
