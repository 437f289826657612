"""Social care's inbox: the most urgent first, accepted or returned with reasons, and whose the family is meanwhile."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from tests.casework.watched_cases import MONDAY
from tests.web.telephoned import telephoned
from tests.web.test_deciding import act, page_of, words
from tests.web.watched_site import Site, site_in

REFERRED = {
    "level_of_need": "specialist",
    "agreement": "not_sought",
    "override_reason": "It would raise the risk",
}


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> Site:
    site = site_in(engine, tmp_path)
    site.now = MONDAY
    return site


@pytest.fixture
def screener(site: Site) -> FlaskClient:
    return site.signed_in("screener")


@pytest.fixture
def decider(site: Site) -> FlaskClient:
    return site.signed_in("social_care_manager")


def referred(client: FlaskClient, name: str, urgency: str, rationale: str = "Bruises") -> str:
    case = telephoned(client, **{"children-0-given_name": name})
    act(client, case, "refer_to_social_care", urgency=urgency, rationale=rationale, **REFERRED)
    return case


def test_red_comes_before_what_is_due_sooner(site: Site, screener: FlaskClient, decider: FlaskClient) -> None:
    old_green = referred(screener, "Petroc", "green", "Conditions at home")
    site.now += timedelta(hours=1)
    amber, red = referred(screener, "Morwenna", "amber"), referred(screener, "Demelza", "red")
    page = decider.get("/management/step-ups").text
    assert re.findall(r'<th scope="row".*?>(EH-[^<]+)</a>', page) == [red, amber, old_green]
    assert "4 hours left" in page
    assert "Conditions at home" in page


def test_social_care_accepts_with_a_reason_from_its_inbox(
    screener: FlaskClient, decider: FlaskClient
) -> None:
    case = referred(screener, "Demelza", "red")
    link = re.search(
        r'href="(/cases/[^"]+/actions/accept_step_up)"', decider.get("/management/step-ups").text
    )
    assert link
    form = words(decider.get(link[1]).text)
    assert "Often absent from school" in form
    refused = decider.post(link[1], data={"version": "2", "plan_type": "assessment"})
    assert refused.status_code == 422
    answer = act(decider, case, "accept_step_up", plan_type="assessment", rationale="Meets the threshold")
    assert f"saved. {case} is with others now" in answer
    assert "Step ups to decide" in answer
    assert case not in decider.get("/management/step-ups").text
    assert "Referred to social care" in page_of(screener, case)


def test_what_is_returned_is_the_front_door_s_to_decide_again(
    screener: FlaskClient, decider: FlaskClient
) -> None:
    case = referred(screener, "Demelza", "red")
    assert "Step up requested" in page_of(screener, case)
    assert case not in screener.get("/front-door").text
    act(decider, case, "return_step_up", rationale="Early help can meet this", level_of_need="targeted")
    assert "Targeted · " in page_of(screener, case)
    assert case in screener.get("/front-door").text
    assert "Early help can meet this" in page_of(screener, case)


def test_others_watch_and_are_offered_no_decision(site: Site, screener: FlaskClient) -> None:
    referred(screener, "Demelza", "red")
    page = site.signed_in("service_manager").get("/management/step-ups").text
    assert "Children&#39;s social care decides" in page
    assert "actions/accept_step_up" not in page
