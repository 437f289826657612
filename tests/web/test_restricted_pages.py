"""A restricted case on the pages: restricted, named, opened in an emergency, lifted; to everybody else not there."""

import pytest
from sqlalchemy import select

from earlyhelp.casework.restricting import restrict_case
from earlyhelp.casework.tokens import create_token
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
    assert f"Access is given to {site.council['service_manager'].name}" in manager.get(page).text
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


def test_no_figure_tells_who_may_not_see_it_that_there_is_a_restricted_case(site: Site, desk: Desk) -> None:
    """One contact in March, restricted since: the page, its parts, the file and the API keep the number back."""
    keep = {"reference": desk.reference, "person": site.council["manager"], "given": REASON}
    chief_id = site.council["service_manager"].id
    assert chief_id is not None
    with transaction(site.engine) as connection:
        restrict_case(connection, **keep, now=site.now)
        token = create_token(connection, user_id=chief_id, name="figures", now=site.now)
    chief, manager = site.signed_in("service_manager"), site.signed_in("manager")
    pages = ("/scorecard?month=2026-03", "/scorecard/contacts_received?month=2026-03&by=team")
    for page in pages:
        assert ("is kept back" in chief.get(page).text, "is kept back" in manager.get(page).text) == (
            True,
            False,
        )
    parts = chief.get(pages[1]).text.partition("by team</caption>")[2].partition("</table>")[0]
    assert ("[c]" in parts, ">1<" in parts) == (True, False)
    file = "/scorecard/download/csv?month=2026-03"
    assert (b"[c]" in chief.get(file).data, b"[c]" in manager.get(file).data) == (True, False)
    path = "/api/v1/measures/contacts_received?from=2026-03-02&to=2026-03-02"
    told = site.app.test_client().get(path, headers={"Authorization": f"Bearer {token}"}).json
    assert told is not None
    assert (told["value"], told["numerator"], told["suppressed"]) == (None, None, True)
