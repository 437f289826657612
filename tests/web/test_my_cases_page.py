"""A lead professional's desk: what is due, what to go on with, what waits for others, what to do when it is empty."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from earlyhelp.casework.assessments import decide_assessment, submit_assessment
from earlyhelp.records.database import transaction
from tests.casework.drafted import TUESDAY, assessing, drafted, saved
from tests.casework.watched_cases import allocated, days
from tests.web.test_every_route import counted
from tests.web.watched_site import Site, site_in

WEDNESDAY = TUESDAY + days(1)


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> Site:
    site = site_in(engine, tmp_path)
    site.now = WEDNESDAY
    return site


def test_an_empty_desk_says_what_happens_next(site: Site) -> None:
    page = site.signed_in("lead").get("/my-cases").text
    assert "When a manager allocates one to you, it appears here" in page


def test_each_family_says_what_is_due_and_in_how_many_working_days(site: Site) -> None:
    with transaction(site.engine) as connection:
        reference = allocated(connection, site.council)
    page = site.signed_in("lead").get("/my-cases").text
    assert reference in page
    assert "3 working days left" in page
    assert "First contact with the family: Due by end of Mon 9 March" in page


def test_drafts_are_listed_for_everybody_who_wrote_in_them(site: Site) -> None:
    with transaction(site.engine) as connection:
        reference = assessing(connection, site.council)
        saved(connection, reference, "voices", site.council["lead"])
        saved(connection, reference, "family", site.council["lead"])
    page = site.signed_in("lead").get("/my-cases").text
    assert "Assessments to go on with" in page
    assert "2 of 8 sections begun" in page
    assert f"/cases/{reference}/assessment" in page
    assert "Assessments to go on with" not in site.signed_in("other_lead").get("/my-cases").text


def test_what_was_submitted_waits_for_a_manager_and_what_was_returned_is_a_draft_again(site: Site) -> None:
    with transaction(site.engine) as connection:
        reference = drafted(connection, site.council)
        submit_assessment(connection, reference=reference, person=site.council["lead"], now=WEDNESDAY)
    site.now += days(5)
    lead = site.signed_in("lead")
    page = lead.get("/my-cases").text
    assert "Waiting for a manager" in page
    assert "3 working days, since" in page
    with transaction(site.engine) as connection:
        decide_assessment(
            connection,
            reference=reference,
            action="return_assessment",
            person=site.council["manager"],
            fields={"comment": "Nearly there"},
            comments={},
            now=site.now,
        )
    page = lead.get("/my-cases").text
    assert "Returned: to be changed" in page
    assert "Waiting for a manager" not in page


def test_the_desk_costs_the_same_for_one_family_and_for_many(site: Site) -> None:
    lead, costs = site.signed_in("lead"), []
    for batch in (1, 5):
        with transaction(site.engine) as connection:
            for number in range(batch):
                reference = assessing(connection, site.council, surname=f"Rowe{number}")
                saved(connection, reference, "voices", site.council["lead"])
                done = drafted(connection, site.council, surname=f"Hale{number}")
                submit_assessment(connection, reference=done, person=site.council["lead"], now=WEDNESDAY)
        lead.get("/my-cases")
        with counted(site.engine) as statements:
            assert lead.get("/my-cases").status_code == 200
        costs.append(len(statements))
    assert costs[0] == costs[1]
