"""A restricted case on the pages: restricted, named, opened in an emergency, lifted; to everybody else not there."""

import pytest
from sqlalchemy import select

from earlyhelp.casework.restricting import restrict_case
from earlyhelp.records.clocks import OutboxMessage
from earlyhelp.records.database import reading, transaction
from tests.casework.watched_cases import MONDAY, days
from tests.web.desk import Desk, family_with_a_plan
from tests.web.quick_site import site
from tests.web.watched_site import Site

__all__ = ["site"]
REASON = {"reason": "A colleague's own family"}
EMERGENCY = {"hours": "4", "reason": "Police ask tonight"}
NOBODYS = "EH-222-2222"
"""A reference of no case."""


@pytest.fixture
def desk(site: Site) -> Desk:
    site.now = MONDAY + days(60)
    with transaction(site.engine) as connection:
        return family_with_a_plan(connection, site.council)


def test_a_manager_restricts_a_case_names_somebody_and_lifts_it_again(site: Site, desk: Desk) -> None:
    manager, chief = site.signed_in("manager"), site.signed_in("service_manager")
    page = f"/cases/{desk.reference}/access"
    assert "Restrict this case to named people" in manager.get(page).text
    assert site.signed_in("lead").get(f"/cases/{desk.reference}/access/restriction").status_code == 403
    empty = manager.post(f"{page}/restriction", data={"reason": " "})
    assert (empty.status_code, "Enter the reason" in empty.text) == (422, True)
    assert manager.post(f"{page}/restriction", data=REASON).headers["Location"] == page
    assert "Restricted" in manager.get(f"/cases/{desk.reference}").text
    assert "when the case was restricted" in manager.get(page).text
    assert chief.get(f"/cases/{desk.reference}").status_code == 404
    named = {
        "user": "service_manager@council.example",
        "level": "contribute",
        "until-day": "30",
        "until-month": "6",
        "until-year": "2026",
        "reason": "Oversees it",
    }
    assert manager.post(page, data=named).status_code == 302
    assert chief.get(f"/cases/{desk.reference}").status_code == 200
    assert chief.post(f"{page}/restriction", data={"reason": "They moved away"}).status_code == 302
    assert "Restricted" not in manager.get(f"/cases/{desk.reference}").text


def test_in_an_emergency_a_manager_reads_it_for_some_hours(site: Site, desk: Desk) -> None:
    keep = {"reference": desk.reference, "person": site.council["manager"], "given": REASON}
    with transaction(site.engine) as connection:
        restrict_case(connection, **keep, now=site.now)
    chief = site.signed_in("service_manager")
    for wrong in ({}, {**EMERGENCY, "reference": NOBODYS}, {**EMERGENCY, "reference": "\x00"}):
        refused = chief.post("/restricted", data=wrong)
        assert refused.status_code == 422
    assert "no restricted case of that reference" in refused.text
    opened = chief.post("/restricted", data={**EMERGENCY, "reference": desk.reference.lower()})
    assert opened.headers["Location"] == f"/cases/{desk.reference}"
    assert chief.get(f"/cases/{desk.reference}").status_code == 200
    assert chief.get(f"/cases/{desk.reference}/notes/new").status_code == 403
    assert "Police ask tonight" in site.signed_in("lead").get(f"/cases/{desk.reference}/access").text
    with reading(site.engine) as connection:
        told = select(OutboxMessage.recipient_id).where(OutboxMessage.topic == "break_glass")
        people = {site.council["lead"].id, site.council["manager"].id}
        assert set(connection.scalars(told)) == people
    site.now += days(0.25)
    assert site.signed_in("service_manager").get(f"/cases/{desk.reference}").status_code == 404
    assert site.signed_in("screener").get("/restricted").status_code == 403
