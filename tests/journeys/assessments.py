"""Filling in an assessment in a real browser, the way a person with only a keyboard does."""

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Site

TEXTS = {
    "family": {
        "Who lives in the home": "Mother, two children",
        "Who has parental responsibility?": "Mother",
    },
    "reason": {"Who took part in the assessment?": "Mother and child"},
    "development": {"Health": "Well", "Education and learning": "Often absent", "Score: child's": "4"},
    "parenting": {"Basic care and keeping": "Regular meals", "Score: parenting": "5"},
    "environment": {"Family history and wider": "Grandmother near", "Score: family": "3"},
    "strengths_and_needs": {},
    "voices": {"Parents' views": "Calmer mornings"},
    "analysis": {"Proposed plan": "Breakfast club"},
}
CHOICES = {
    "family": ["q_lives_with-1", "q_interpreter-2"],
    "strengths_and_needs": ["q_needs-9"],
    "voices": ["q_child_seen_alone-1"],
}


def type_into(page: Page, label: str, words: str) -> None:
    box = page.get_by_label(label).first
    box.focus()
    page.keyboard.press("Control+A")
    page.keyboard.type(words)


def write_section(page: Page, name: str) -> None:
    """Answer what the section needs, and save it with Enter on its button."""
    for choice in CHOICES.get(name, []):
        page.locator(f"#{choice}").focus()
        page.keyboard.press("Space")
    for label, words in TEXTS[name].items():
        type_into(page, label, words)
    if name == "strengths_and_needs":
        type_into(page, "Secure housing: what is needed?", "A place without damp")
    page.get_by_role("button", name="Save and continue").focus()
    page.keyboard.press("Enter")


def write_assessment(page: Page, site: Site, reference: str) -> None:
    """Every section from the first on, each leading to the next."""
    page.goto(f"{site.url}/cases/{reference}/assessment/sections/family")
    for name in TEXTS:
        page.wait_for_url(f"**/sections/{name}")
        write_section(page, name)
    page.wait_for_url(f"**/cases/{reference}/assessment")
    expect(page.get_by_text("Every section is complete.")).to_be_visible()


def submit_assessment(page: Page, site: Site, reference: str) -> None:
    page.goto(f"{site.url}/cases/{reference}/assessment/submit")
    page.get_by_role("button", name="Submit the assessment").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Submit the assessment: saved")).to_be_visible()
