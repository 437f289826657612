"""The scorecard's pages and its address of the API: figures open into cases for those who may see them."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, update

from earlyhelp.casework.tokens import create_token
from earlyhelp.insight.measures import behind, kept_behind
from earlyhelp.records.cases import Case, Contact
from earlyhelp.records.database import transaction
from earlyhelp.scheduler.figures import keep_figures
from earlyhelp.web.scorecard import views
from tests.casework.watched_cases import MONDAY, contact, days
from tests.web.watched_site import Site, site_in

OFFERED = ("Break it down by:", "counted case by case")


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> Site:
    return site_of_march(engine, tmp_path)


def site_of_march(engine: Engine, tmp_path: Path) -> Site:
    """Where two contacts came in March."""
    site = site_in(engine, tmp_path)
    site.now = MONDAY + days(40)
    with transaction(engine) as connection:
        references = [contact(connection, site.council, at=MONDAY + days(n)) for n in range(2)]
    assert len(references) == 2
    return site


def test_a_number_opens_into_its_cases_for_a_manager_and_not_for_an_analyst(site: Site) -> None:
    manager, analyst = site.signed_in("service_manager"), site.signed_in("analyst")
    page = manager.get("/scorecard/contacts_received?month=2026-03").text
    assert "/scorecard/contacts_received/numerator?month=2026-03" in page
    listed = manager.get("/scorecard/contacts_received/numerator?month=2026-03").text
    assert listed.count("/cases/EH-") == 2
    assert "/numerator" not in analyst.get("/scorecard/contacts_received?month=2026-03").text
    assert analyst.get("/scorecard/contacts_received/numerator?month=2026-03").status_code == 404


def test_every_number_of_the_scorecard_opens_and_so_does_each_part_of_a_breakdown(site: Site) -> None:
    manager, analyst = site.signed_in("service_manager"), site.signed_in("analyst")
    card = manager.get("/scorecard?month=2026-04").text
    assert '"/scorecard/contacts_received/numerator?month=2026-04"' not in card, "nothing came in April"
    assert '"/scorecard/contacts_received/numerator?month=2026-03"' in card
    shown = analyst.get("/scorecard/contacts_received?month=2026-04").text
    assert '"/scorecard/contacts_received?month=2026-03"' in shown
    page = manager.get("/scorecard/contacts_received?month=2026-03&by=source").text
    part = "/scorecard/contacts_received/numerator?month=2026-03&by=source&of=3A"
    assert part.replace("&", "&amp;") in page
    assert manager.get(part).text.count("/cases/EH-") == 2
    assert manager.get(part.replace("3A", "10")).text.count("/cases/EH-") == 0
    for wrong in ("by=stage&of=1", "by=worker&of=x"):
        assert manager.get(f"/scorecard/contacts_received/numerator?{wrong}").status_code == 404


def test_what_is_counted_and_what_is_listed_are_of_one_moment(
    postgresql_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = site_of_march(postgresql_engine, tmp_path)
    keep_figures(site.engine, now=site.now)

    def meanwhile_restricted(*asked: Any, **more: Any) -> Any:
        found = kept_behind.kept_page(*asked, **more)
        with transaction(site.engine) as connection:
            first = select(func.min(Case.id)).scalar_subquery()
            connection.execute(update(Case).where(Case.id == first).values(restricted=True))
        return found

    monkeypatch.setattr(behind, "kept_page", meanwhile_restricted)
    listed = (
        site.signed_in("service_manager").get("/scorecard/contacts_received/numerator?month=2026-03").text
    )
    assert listed.count("/cases/EH-") == 2


def test_a_measure_opens_with_parts_told_at_once_and_leads_to_those_that_are_counted(site: Site) -> None:
    chief = site.signed_in("service_manager")
    assert "By who told us" in chief.get("/scorecard/contacts_received?month=2026-03").text
    of_a_team = chief.get("/scorecard/contacts_received?month=2026-03&team=north").text
    assert "By who told us" not in of_a_team, "who told us of a team's cases is kept nowhere"
    at_once, counted = (of_a_team.partition(words)[2].partition("</p>")[0] for words in OFFERED)
    assert "by=team" in at_once
    assert "by=source" in counted


def test_of_many_parts_the_largest_are_shown_until_somebody_asks_for_all(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction(site.engine) as connection:
        contact(connection, site.council, at=MONDAY + days(3))
        latest = select(func.max(Contact.case_id)).scalar_subquery()
        connection.execute(update(Contact).where(Contact.case_id == latest).values(source="1A"))
    monkeypatch.setattr(views, "PARTS", 1)
    chief, address = site.signed_in("service_manager"), "/scorecard/contacts_received?month=2026-03"
    largest, all_of_them = chief.get(address).text, chief.get(f"{address}&all=yes").text
    assert "by=source&amp;of=3A" in largest
    assert "by=source&amp;of=1A" not in largest
    assert "Show all 2<" in largest
    assert "by=source&amp;of=1A" in all_of_them
    assert "Show all" not in all_of_them


def test_the_whole_scorecard_shows_and_says_what_is_wrong_with_a_question(site: Site) -> None:
    client = site.signed_in("service_manager")
    assert client.get("/scorecard").status_code == 200
    answer = client.get("/scorecard?month=2026-13&team=nowhere&as_known_on=2999-01-01&from=x")
    assert answer.status_code == 422
    for words in ("Choose a team", "As known on must be", "First day must be"):
        assert words in answer.text
    assert client.get("/scorecard/contacts_received?from=2026-03-05&to=2026-03-01").status_code == 422
    for name, one in {"agency": "an agency", "locality": "a locality"}.items():
        assert f"Choose {one} from the list" in client.get(f"/scorecard?{name}=nowhere").text
    assert client.get("/scorecard/nothing").status_code == 404
    assert client.get("/scorecard/contacts_received/numerator?month=2026-03&after=x~y").status_code == 404


def test_targets_are_set_and_a_wrong_one_comes_back_as_typed(site: Site) -> None:
    client = site.signed_in("service_manager")
    assert client.post("/scorecard/targets", data={"target.decided_in_time": "95%"}).status_code == 302
    assert "95.0" in client.get("/scorecard/decided_in_time?month=2026-03").text
    answer = client.post("/scorecard/targets", data={"target.decided_in_time": "<b>most</b>"})
    assert answer.status_code == 422
    assert "&lt;b&gt;most" in answer.text


def test_the_api_gives_the_same_number_with_a_link_to_its_cases(site: Site) -> None:
    with transaction(site.engine) as connection:
        tokens = {
            who: create_token(connection, user_id=site.council[who].id or 0, name="tests", now=site.now)
            for who in ("service_manager", "analyst", "lead")
        }
    client = site.app.test_client()

    def asked(who: str, path: str) -> tuple[int, dict[str, object]]:
        answer = client.get(f"/api/v1/measures/{path}", headers={"Authorization": f"Bearer {tokens[who]}"})
        return answer.status_code, answer.get_json()

    status, body = asked("service_manager", "contacts_received?from=2026-03-01&to=2026-03-31")
    assert (status, body["value"], body["numerator"], body["denominator"]) == (200, 2, 2, None)
    assert str(body["cases"]).endswith("/contacts_received/numerator?from=2026-03-01&to=2026-03-31")
    assert asked("analyst", "contacts_received")[1]["cases"] is None
    known = asked("analyst", "contacts_received?from=2026-03-01&to=2026-03-31&as_known_on=2026-03-02")
    assert known[1]["value"] == 1
    assert asked("lead", "contacts_received")[0] == 403
    assert asked("analyst", "nothing")[0] == 404
    status, body = asked("analyst", "contacts_received?from=2026-03-01&as_known_on=soon&team=nowhere")
    assert status == 422
    assert body["errors"]
