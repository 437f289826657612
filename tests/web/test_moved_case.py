"""A case that was moved to another version is shown whole: what is past by the version of its time."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select

from earlyhelp.casework.moving import move_cases
from earlyhelp.casework.pathways import publish
from earlyhelp.casework.tokens import create_token
from earlyhelp.pathway.loading import content_of, load, load_content
from earlyhelp.permissions import SYSTEM
from earlyhelp.places import workflows
from earlyhelp.records.clocks import ClockRow
from earlyhelp.records.database import transaction
from earlyhelp.records.people import Person
from tests.casework.watched_cases import MONDAY, act, allocated, days, swept
from tests.web.watched_site import Site, site_in

GONE = ("screening_decision", "allocation", "first_contact")
"""Time limits that the new version no longer has: two were met, one runs."""
LISTS = ("/my-cases", "/management", "/management/cases", "/management/waiting", "/scorecard", "/alerts")


def another_version(connection: Connection) -> int:
    """One state under another name, and without some time limits."""

    def said(part: Any) -> Any:
        if isinstance(part, dict):
            return {said(key): said(inner) for key, inner in part.items()}
        if isinstance(part, list):
            return [said(inner) for inner in part]
        return "waiting_for_visit" if part == "awaiting_first_contact" else part

    content = said(content_of(load(workflows() / "standard.toml")))
    content["states"]["waiting_for_visit"]["title"] = "Waiting for a visit"
    for name in GONE:
        del content["clocks"][name]
    return publish(connection, load_content({**content, "version": "2"}), by="tests", now=MONDAY)


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> Site:
    site = site_in(engine, tmp_path)
    site.now = MONDAY + days(2)
    return site


@pytest.fixture
def reference(site: Site) -> str:
    """A case in a state and with a time limit that were taken out of the file it was moved to."""
    with transaction(site.engine) as connection:
        reference = allocated(connection, site.council)
        swept(connection, MONDAY + days(1))
        move_cases(
            connection,
            pathway_id=another_version(connection),
            references=[reference],
            person=SYSTEM,
            reason="Visits are no longer timed",
            now=MONDAY + days(1),
            states={"awaiting_first_contact": "waiting_for_visit"},
        )
    return reference


def pages_of(site: Site, reference: str) -> list[str]:
    """Every address about one case or its child that needs no more than that, and each time limit it ever had."""
    with transaction(site.engine) as connection:
        clocks = connection.scalars(select(ClockRow.name).distinct()).all()
        child = connection.scalar(select(Person.public_id)) or ""
    about = {"reference": reference, "public_id": child}
    addresses = [
        str(rule).replace(f"<{name}>", value)
        for rule in site.app.url_map.iter_rules()
        for name, value in about.items()
        if rule.arguments == {name} and "GET" in (rule.methods or ()) and "/api/" not in str(rule)
    ]
    return sorted(addresses) + [f"/cases/{reference}/clocks/{name}" for name in clocks]


@pytest.mark.parametrize("who", ["lead", "manager"])
def test_every_page_of_a_moved_case_opens(site: Site, reference: str, who: str) -> None:
    client = site.signed_in(who)
    asked = pages_of(site, reference)
    found = {address: client.get(address).status_code for address in (*asked, *LISTS)}
    assert {address: status for address, status in found.items() if status >= 500} == {}
    assert len([one for one in asked if "/clocks/" in one and found[one] == 200]) >= len(GONE)


def test_the_history_tells_of_the_move_and_what_came_before_it_as_it_was(site: Site, reference: str) -> None:
    page = site.signed_in("lead").get(f"/cases/{reference}").text
    assert "Moved to another version of the pathway" in page
    assert "1 before, 2 since" in page
    assert "this version has no such time limit" in page
    assert "Came to: Awaiting first contact" in page
    assert "Came to: Waiting for a visit" in page
    assert "Visits are no longer timed" in page


def test_a_time_limit_of_the_past_is_explained_by_its_own_version(site: Site, reference: str) -> None:
    page = site.signed_in("lead").get(f"/cases/{reference}/clocks/first_contact").text
    assert "First contact with the family" in page
    assert "standard 1" in page


def test_the_interface_answers_for_a_moved_case(site: Site, reference: str) -> None:
    with transaction(site.engine) as connection:
        manager = site.council["manager"].id
        assert manager is not None
        secret = create_token(connection, user_id=manager, name="tests", now=site.now)
    client = site.app.test_client()
    headers = {"Authorization": f"Bearer {secret}"}
    for part in ("", "/history", *(f"/clocks/{name}" for name in GONE)):
        assert client.get(f"/api/v1/cases/{reference}{part}", headers=headers).status_code == 200, part
    clock = client.get(f"/api/v1/cases/{reference}/clocks/first_contact", headers=headers).json
    assert clock is not None
    assert (clock["pathway_version"], clock["status"]) == ("1", "void")


def test_a_moved_case_goes_on(site: Site, reference: str) -> None:
    fields = {"how": "home_visit", "child_seen": True, "childs_voice": "Likes to draw"}
    with transaction(site.engine) as connection:
        act(connection, reference, "record_first_contact", site.council["lead"], fields, now=site.now)
    assert site.signed_in("lead").get(f"/cases/{reference}").status_code == 200
