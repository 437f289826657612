"""A manager sees what is due, opens the list, finds who has too much, and moves cases."""

from collections.abc import Callable

from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from earlyhelp.casework.accounts import create_user
from earlyhelp.casework.intake import open_case
from earlyhelp.casework.perform import perform
from earlyhelp.permissions import Person, person_by_email
from earlyhelp.records.database import transaction
from earlyhelp.records.organisation import User
from tests.journeys.conftest import Site, assert_accessible


def test_a_manager_goes_from_the_board_to_moving_cases(site: Site, sign_in: Callable[..., Page]) -> None:
    lead = council_with_a_full_worker(site)
    page = sign_in("manager")
    page.get_by_role("link", name="due in the next 5 working days").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("due in the next 5 working days")
    assert_accessible(page)
    page.goto(f"{site.url}/management")
    assert_accessible(page)
    page.get_by_role("link", name="Caseloads").click()
    page.get_by_role("link", name="open cases of Ola Overfull").click()
    expect(page.get_by_role("button", name="Show what would move")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Show what would move").click()
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    assert_accessible(page)
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.locator("[name=lead_professional]").select_option("lead@testshire.example")
    page.get_by_label("Why do these cases move?").fill("Ola is over the ceiling")
    page.get_by_role("button", name="Show what would move").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Move these cases?")
    assert_accessible(page)
    page.get_by_role("button", name="Move 2 cases").click()
    expect(page.get_by_text("2 cases moved.")).to_be_visible()
    assert lead == page.url.rpartition("/")[2]


def council_with_a_full_worker(site: Site) -> str:
    """Somebody with a ceiling of one leads two cases; their id."""
    with transaction(site.engine) as connection:
        screener = person_by_email(connection, email="screener@testshire.example")
        manager = person_by_email(connection, email="manager@testshire.example")
        assert screener is not None
        assert manager is not None
        now = connection.execute(select(User.created_at).limit(1)).scalar_one()
        worker_id = create_user(
            connection,
            email="ola@testshire.example",
            name="Ola Overfull",
            roles=["lead_professional"],
            team="Early help",
            now=now,
        )
        connection.execute(update(User).where(User.id == worker_id).values(ceiling=1))
        for surname in ("Dogwood", "Elder"):
            opened = open_case(
                connection,
                person=screener,
                children=[{"given_name": "Kit", "family_name": surname, "date_of_birth": "2018-05-04"}],
                fields={
                    "source": "3A",
                    "channel": "telephone",
                    "presenting_needs": [],
                    "worries": "Tired",
                    "strengths": "Kind",
                    "agreement": "given",
                },
                now=now,
            )
            steps: tuple[tuple[str, Person, dict[str, str]], ...] = (
                (
                    "accept_for_early_help",
                    screener,
                    {
                        "level_of_need": "targeted",
                        "rationale": "Several needs",
                        "agreement": "given",
                        "team": "early_help",
                    },
                ),
                (
                    "allocate_lead_professional",
                    manager,
                    {"lead_professional": "ola@testshire.example", "team": "early_help"},
                ),
            )
            for action, person, fields in steps:
                perform(
                    connection,
                    reference=opened.reference,
                    action=action,
                    person=person,
                    fields=fields,
                    now=now,
                )
    return str(worker_id)
