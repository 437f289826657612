"""The page on which a screener decides: what is known, who is waited for, what stands in the way, who has it."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, insert, literal, select

from earlyhelp.insight import cases
from earlyhelp.records.cases import Case, CasePerson
from earlyhelp.records.database import transaction
from earlyhelp.records.people import Family, FamilyMember
from tests.casework.watched_cases import MONDAY, days
from tests.web.telephoned import telephoned
from tests.web.watched_site import Site, site_in

NFA = {"level_of_need": "universal", "rationale": "Known to school and well"}
ACCEPTED = {"level_of_need": "targeted", "rationale": "Needs several services", "agreement": "given"}


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> Site:
    site = site_in(engine, tmp_path)
    site.now = MONDAY
    return site


@pytest.fixture
def screener(site: Site) -> FlaskClient:
    return site.signed_in("screener")


def act(client: FlaskClient, case: str, action: str, **fields: object) -> str:
    """Take the action with its form: what the page says afterwards."""
    url = f"/cases/{case}/actions/{action}"
    form = client.get(url, follow_redirects=True).text
    version = re.search(r'name="version" value="(\d+)"', form)
    answer = client.post(
        url, data={"version": version[1] if version else "", **fields}, follow_redirects=True
    )
    return words(answer.text)


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.partition("<main")[2]))


def page_of(client: FlaskClient, case: str) -> str:
    return words(client.get(f"/cases/{case}").text)


def closed_before(site: Site, client: FlaskClient, *days_ago: int) -> None:
    for ago in days_ago:
        site.now = MONDAY - days(ago)
        act(client, telephoned(client), "close_no_further_action", **NFA)
    site.now = MONDAY


def test_earlier_decisions_about_the_child_stand_with_their_reasons(
    site: Site, screener: FlaskClient
) -> None:
    closed_before(site, screener, 400, 20)
    page = page_of(screener, telephoned(screener))
    assert page.count("Known to school and well") == 1
    assert "Same children" in page


def test_earlier_decisions_about_the_household_stand_too(site: Site, screener: FlaskClient) -> None:
    closed_before(site, screener, 20)
    brother = telephoned(
        screener, **{"children-0-given_name": "Denzel", "children-0-address": " 1 high street"}
    )
    assert "Same household" in page_of(screener, brother)
    elsewhere = {"children-0-given_name": "Morwenna", "children-0-address": "2 High Street"}
    assert "Same household" not in page_of(screener, telephoned(screener, **elsewhere))


def test_at_a_hostel_those_recorded_last_are_the_household(
    screener: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    lived_there = [telephoned(screener, **{"children-0-given_name": name}) for name in ("Denzel", "Morwenna")]
    arrived = telephoned(screener, **{"children-0-given_name": "Tamsyn"})
    page = page_of(screener, arrived)
    assert [case for case in lived_there if case in page] == lived_there
    monkeypatch.setattr(cases, "NEIGHBOURS", 2)
    page = page_of(screener, arrived)
    assert [case for case in lived_there if case in page] == lived_there[1:]


def test_no_neighbours_later_cases_hide_what_was_decided_about_the_child(
    site: Site, screener: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cases, "EARLIER", 2)
    closed_before(site, screener, 20)
    for neighbour in ("Denzel", "Morwenna"):
        telephoned(screener, **{"children-0-given_name": neighbour})
    page = page_of(screener, telephoned(screener))
    assert "Known to school and well" in page
    assert (page.count("Same children"), page.count("Same household")) == (1, 1)


def test_no_neighbours_later_cases_hide_a_sister_who_lives_elsewhere(
    site: Site, screener: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cases, "EARLIER", 1)
    away = {"children-0-given_name": "Tamsyn", "children-0-address": "2 High Street"}
    sister, neighbour = (telephoned(screener, **who) for who in (away, {"children-0-given_name": "Denzel"}))
    mine = telephoned(screener)
    assert f"{neighbour} Same household" in page_of(screener, mine)
    with transaction(site.engine) as connection:
        family = {"public_id": "F-1", "name": "Rowe", "created_at": MONDAY}
        family_id = connection.scalar(insert(Family).values(**family).returning(Family.id))
        both = select(literal(family_id), CasePerson.person_id).join(Case, Case.id == CasePerson.case_id)
        connection.execute(
            insert(FamilyMember).from_select(
                ["family_id", "person_id"], both.where(Case.reference.in_((sister, mine)))
            )
        )
    assert f"{sister} Same household" in page_of(screener, mine)


def test_the_levels_are_described_beside_the_choice_and_the_contact_beside_the_form(
    screener: FlaskClient,
) -> None:
    case = telephoned(screener)
    form = words(screener.get(f"/cases/{case}/actions/accept_for_early_help").text)
    assert "Several or complex needs: a lead professional coordinates" in form
    assert "Often absent from school" in form
    assert "Screening decision" in form


def test_each_agency_asked_shows_when_and_how_it_stands(site: Site, screener: FlaskClient) -> None:
    case = telephoned(screener)
    act(screener, case, "request_information", from_whom="School; Police", what="Anything known?")
    site.now = MONDAY + days(1)
    page = act(
        site.signed_in("screener"), case, "information_received", from_whom="School", what_came="Nothing new"
    )
    assert re.search(r"School Mon 2 March at 10:00am by end of Thu 5 March answered Tue 3 March", page)
    site.now = MONDAY + days(6)
    page = page_of(site.signed_in("screener"), case)
    assert re.search(r"Police Mon 2 March at 10:00am by end of Thu 5 March overdue", page)


def test_who_answered_is_chosen_from_those_who_have_not(screener: FlaskClient) -> None:
    case = telephoned(screener)
    act(screener, case, "request_information", from_whom="School; Police; Housing", what="Anything known?")
    act(screener, case, "information_received", from_whom="School", what_came="Nothing new")
    form = screener.get(f"/cases/{case}/actions/information_received").text
    assert re.findall(r'name="from_whom"[^>]*value="([^"]*)"', form) == ["Police", "Housing", ""]


TOKEN = "ImNjY2JiNjE3NTc1MzE0MDBlNjU3NDBl.awKWiQ.B6nm01pULsaIc7CnpnAnz0O41ns"


def test_what_was_written_of_a_contact_that_was_decided_meanwhile_is_shown_and_nothing_else(
    screener: FlaskClient,
) -> None:
    case = telephoned(screener)
    act(screener, case, "accept_for_early_help", **ACCEPTED)
    page = act(screener, case, "close_no_further_action", **NFA, csrf_token=TOKEN)
    assert "This could not be saved" in page
    assert NFA["rationale"] in page
    assert TOKEN not in page


def test_a_short_answer_sent_twice_leads_to_the_case(screener: FlaskClient) -> None:
    case, short = telephoned(screener), {**ACCEPTED, "rationale": "Needs help", "csrf_token": TOKEN}
    act(screener, case, "accept_for_early_help", **short)
    page = act(screener, case, "accept_for_early_help", **short)
    assert "Accept for early help is not possible now" in page
    assert f"{case} Awaiting allocation" in page


class TestThirdClosing:
    """The third below-threshold closing for a child in twelve months needs a manager."""

    def test_the_screener_is_told_who_can_make_it(self, site: Site, screener: FlaskClient) -> None:
        closed_before(site, screener, 60, 20)
        page = page_of(screener, telephoned(screener))
        assert "closed below threshold 2 times in 12 months: a manager must make this decision" in page
        assert "These managers can make it, on this page: Screening Manager" in page
        assert "Accept for early help" in page

    def test_the_screener_is_refused_with_the_reason_and_nothing_is_lost(
        self, site: Site, screener: FlaskClient
    ) -> None:
        closed_before(site, screener, 60, 20)
        page = act(screener, telephoned(screener), "close_no_further_action", **NFA)
        assert "Close: no further action is not possible now: Contacts about these children" in page

    def test_a_manager_of_the_front_door_makes_it_on_the_same_page(
        self, site: Site, screener: FlaskClient
    ) -> None:
        closed_before(site, screener, 60, 20)
        manager, case = site.signed_in("screening_manager"), telephoned(screener)
        assert "Closed" in act(manager, case, "close_no_further_action", **NFA)

    def test_closings_of_more_than_a_year_ago_do_not_count(self, site: Site, screener: FlaskClient) -> None:
        closed_before(site, screener, 500, 400, 20)
        assert "Closed" in act(screener, telephoned(screener), "close_no_further_action", **NFA)


def test_a_contact_is_joined_to_an_open_case_that_is_offered(site: Site, screener: FlaskClient) -> None:
    open_case = telephoned(screener)
    act(screener, open_case, "accept_for_early_help", **ACCEPTED)
    case = telephoned(screener)
    form = screener.get(f"/cases/{case}/actions/join_contact").text
    assert re.findall(r'name="case_reference"[^>]*value="([^"]+)"', form) == [open_case]
    assert "Closed" in act(screener, case, "join_contact", case_reference=open_case)
    assert case in page_of(screener, open_case)


class TestClaims:
    """Two screeners do not work one contact."""

    @pytest.fixture
    def manager(self, site: Site) -> FlaskClient:
        return site.signed_in("screening_manager")

    def test_a_taken_contact_says_by_whom_and_until_when(
        self, screener: FlaskClient, manager: FlaskClient
    ) -> None:
        case = telephoned(screener)
        screener.post(f"/front-door/contacts/{case}/claim")
        assert "Screener, until 10:30am" in words(manager.get("/front-door").text)
        assert "You, until 10:30am" in words(screener.get("/front-door").text)

    def test_opening_the_form_of_another_s_contact_asks_first(
        self, screener: FlaskClient, manager: FlaskClient
    ) -> None:
        case, url = telephoned(screener), ""
        screener.post(f"/front-door/contacts/{case}/claim")
        url = f"/cases/{case}/actions/close_no_further_action"
        asked = manager.get(url).text
        assert "Screener is working on this contact" in words(asked)
        assert 'name="rationale"' not in asked
        taken = manager.post(
            f"/front-door/contacts/{case}/take-over", data={"action": "close_no_further_action"}
        )
        assert taken.location == url
        assert 'name="rationale"' in manager.get(url).text

    def test_a_contact_taken_meanwhile_is_decided_only_by_who_means_it(
        self, screener: FlaskClient, manager: FlaskClient
    ) -> None:
        case = telephoned(screener)
        url = f"/cases/{case}/actions/close_no_further_action"
        screener.post(f"/front-door/contacts/{case}/claim")
        first = manager.post(url, data={"version": "1", **NFA})
        assert first.status_code == 422
        assert "Known to school and well" in first.text
        assert "Screener is working on this contact now" in words(first.text)
        holder = re.search(r'name="holder" value="([^"]+)"', first.text)
        assert holder
        again = manager.post(url, data={"version": "1", "holder": holder[1], **NFA})
        assert again.status_code == 302

    def test_a_claim_ends_by_itself_and_can_be_given_back(
        self, site: Site, screener: FlaskClient, manager: FlaskClient
    ) -> None:
        case = telephoned(screener)
        screener.post(f"/front-door/contacts/{case}/claim")
        refused = manager.post(f"/front-door/contacts/{case}/claim", follow_redirects=True)
        assert "Screener is working on this contact until 10:30am" in words(refused.text)
        site.now += timedelta(minutes=31)
        manager.post(f"/front-door/contacts/{case}/claim")
        assert "You, until 11:01am" in words(manager.get("/front-door").text)
        manager.post(f"/front-door/contacts/{case}/release")
        assert "until" not in words(screener.get("/front-door").text).partition("Keyboard")[0]


class TestRecord:
    """The record of contact and decision, to print and as PDF."""

    def test_it_holds_the_contact_the_decision_and_who_printed_it_when(self, screener: FlaskClient) -> None:
        case = telephoned(screener, **{"adults-0-given_name": "Jenna", "adults-0-relationship": "mother"})
        act(screener, case, "close_no_further_action", **NFA)
        paper = words(screener.get(f"/cases/{case}/record").text)
        for part in (
            "Printed by Screener, Mon 2 March at 10:00am 2026",
            "Often absent",
            "Jenna, Mother",
            NFA["rationale"],
        ):
            assert part in paper

    def test_it_comes_as_pdf(self, screener: FlaskClient) -> None:
        case = telephoned(screener, worries="#panic() <script> 😀")
        answer = screener.get(f"/cases/{case}/record.pdf")
        assert answer.mimetype == "application/pdf"
        assert answer.data.startswith(b"%PDF-")
        assert case in answer.headers["Content-Disposition"]
