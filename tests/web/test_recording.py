"""Recording a contact: kept while it is typed, a referrer not typed twice, adults as people, any text safe."""

import os
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from markupsafe import escape
from sqlalchemy import text

from earlyhelp.records.database import connect, reading, transaction
from tests.casework.watched_cases import MONDAY, days
from tests.support import databases
from tests.web.telephoned import CALL, PAGE, telephoned
from tests.web.test_deciding import page_of
from tests.web.watched_site import Site, site_in

KEPT = "/front-door/drafts/receive_contact"
KEY = "a-key-that-nobody-can-guess"
HOSTILE = (
    "<script>alert(1)</script>",
    "\N{RIGHT-TO-LEFT OVERRIDE}drow a",
    "👩‍👧‍👦 مرحبا 漢字",
    "x" * 100_000,
    "nul \x00 here",
    "'; DROP TABLE people; --",
    "{{ 7 * 7 }} {% raw %}",
    "=cmd|' /C calc'!A0",
)


@pytest.fixture(scope="module")
def whole_site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("recording")
    return site_in(connect(databases.new_sqlite(Path(os.environ["EARLYHELP_TEST_SHARED"]), folder)), folder)


@pytest.fixture(scope="module")
def screener(whole_site: Site) -> FlaskClient:
    whole_site.now = MONDAY
    return whole_site.signed_in("screener")


@pytest.fixture
def site(whole_site: Site) -> Site:
    return whole_site


@pytest.fixture(autouse=True)
def _nothing_begun(whole_site: Site) -> None:
    whole_site.now = MONDAY
    with transaction(whole_site.engine) as connection:
        connection.execute(text("DELETE FROM contact_drafts"))
        connection.execute(text("DELETE FROM known_referrers"))


def kept(client: FlaskClient, **typed: str) -> int:
    return client.post(KEPT, data={"draft": KEY, **typed}).status_code


class TestDrafts:
    """Begun on the telephone, sent later: nothing typed is lost."""

    def test_what_is_typed_survives_a_sign_out(self, site: Site) -> None:
        first = site.signed_in("screener")
        assert kept(first, worries="He said that", **{"children-0-given_name": "Wenna"}) == 200
        first.post("/sign-out")
        again = site.signed_in("screener")
        queue = again.get("/front-door").text
        assert "Your unfinished contacts" in queue
        link = re.search(rf'href="({PAGE}\?draft=[^"]+)">Wenna', queue)
        assert link
        page = again.get(link[1]).text
        assert "He said that" in page
        assert 'value="Wenna"' in page

    def test_nobody_else_sees_it_or_can_write_over_it(self, site: Site, screener: FlaskClient) -> None:
        kept(screener, worries="He said that")
        manager = site.signed_in("screening_manager")
        assert "unfinished contacts" not in manager.get("/front-door").text
        kept(manager, worries="Something else")
        manager.post("/front-door/drafts/discard", data={"draft": KEY})
        assert "He said that" in screener.get(f"{PAGE}?draft={KEY}").text

    def test_it_is_gone_once_the_contact_is_sent(self, screener: FlaskClient) -> None:
        kept(screener, **{"children-0-given_name": "Wenna"})
        telephoned(screener, draft=KEY)
        assert "unfinished contacts" not in screener.get("/front-door").text
        assert "not there any more" in screener.get(f"{PAGE}?draft={KEY}").text

    def test_a_contact_that_is_refused_is_kept(self, screener: FlaskClient) -> None:
        refused = screener.post(PAGE, data={"draft": KEY, "worries": "He said that"})
        assert refused.status_code == 422
        assert "He said that" in screener.get(f"{PAGE}?draft={KEY}").text

    @pytest.mark.parametrize("button", ["do_add_child", "do_add_adult", "do_find_referrer", "do_leave"])
    def test_every_button_keeps_it(self, button: str, screener: FlaskClient) -> None:
        screener.post(PAGE, data={"draft": KEY, "worries": "He said that", button: "1"})
        assert "He said that" in screener.get(f"{PAGE}?draft={KEY}").text

    def test_it_is_deleted_on_request(self, screener: FlaskClient) -> None:
        kept(screener, worries="He said that")
        screener.post("/front-door/drafts/discard", data={"draft": KEY})
        assert "unfinished contacts" not in screener.get("/front-door").text

    def test_one_that_nobody_touched_for_seven_days_is_forgotten(
        self, site: Site, screener: FlaskClient
    ) -> None:
        kept(screener, worries="He said that")
        site.now += days(7.1)
        again = site.signed_in("screener")
        assert "unfinished contacts" not in again.get("/front-door").text
        again.post(KEPT, data={"draft": "another-key-of-this-day", "worries": "x"})
        with reading(site.engine) as connection:
            assert connection.scalar(text("SELECT count(*) FROM contact_drafts")) == 1

    def test_any_text_is_kept_as_it_was_typed(self, screener: FlaskClient) -> None:
        for hostile in HOSTILE:
            assert kept(screener, worries=hostile, **{"children-0-given_name": hostile}) == 200
            assert "<script>alert" not in screener.get("/front-door").text
            assert escape(hostile) in screener.get(f"{PAGE}?draft={KEY}").text

    def test_what_is_too_long_or_has_no_key_is_refused_in_words(self, screener: FlaskClient) -> None:
        assert kept(screener, worries="x" * 500_000) == 422
        assert screener.post(KEPT, data={"draft": "é" * 20, "worries": "x"}).status_code == 422
        assert screener.post(KEPT, data={"worries": "x"}).get_json() == {"problem": "There is no such draft"}


class TestReferrers:
    """Who told us for an agency is found again by it."""

    def test_somebody_of_the_agency_is_chosen_and_fills_the_boxes(self, screener: FlaskClient) -> None:
        telephoned(screener)
        page = screener.post(
            PAGE, data={"referrer-organisation": " hillside school", "do_find_referrer": "1"}
        )
        button = re.search(r'name="do_use_referrer" value="(\d+)">Mrs Jones', page.text)
        assert button
        sent = {"referrer-organisation": "hillside school", "do_use_referrer": button[1]}
        filled = screener.post(PAGE, data=sent).text
        assert 'value="Mrs Jones"' in filled
        assert 'value="01922 000000"' in filled
        assert '<option value="Hillside School">' in filled

    def test_nobody_of_another_agency_is_offered(self, screener: FlaskClient) -> None:
        telephoned(screener)
        page = screener.post(PAGE, data={"referrer-organisation": "Lakeside", "do_find_referrer": "1"}).text
        assert "Mrs Jones" not in page
        assert "Nobody of this agency has told us before" in page
        made_up = {"referrer-organisation": "Lakeside", "do_use_referrer": "1"}
        assert "Mrs Jones" not in screener.post(PAGE, data=made_up).text

    def test_what_they_said_before_stays_known(self, screener: FlaskClient) -> None:
        telephoned(screener)
        telephoned(screener, **{"referrer-phone": "", "referrer-email": "jones@hillside.example"})
        page = screener.post(PAGE, data=CALL | {"do_find_referrer": "1"}).text
        assert "01922 000000, jones@hillside.example" in page

    def test_a_member_of_the_public_is_not_remembered(self, site: Site, screener: FlaskClient) -> None:
        telephoned(screener, **{"referrer-organisation": "", "referrer-name": "Mr Neighbour"})
        with reading(site.engine) as connection:
            assert connection.scalar(text("SELECT count(*) FROM known_referrers")) == 0


class TestAdults:
    def test_adults_are_people_of_the_case_with_their_relationship(self, screener: FlaskClient) -> None:
        adults = {
            "adults-0-given_name": "Jenna",
            "adults-0-family_name": "Tregenza",
            "adults-0-relationship": "mother",
            "adults-0-phone": "07700 900123",
            "adults-1-given_name": "Piran",
        }
        page = page_of(screener, telephoned(screener, **adults))
        assert "Jenna Tregenza, Mother, 07700 900123" in page
        assert "Piran" in page

    def test_a_fault_of_an_adult_stands_beside_its_box(self, screener: FlaskClient) -> None:
        adults = {"adults-0-phone": "1", "adults-1-given_name": "x", "adults-1-postcode": "nowhere"}
        page = screener.post(PAGE, data=CALL | adults)
        assert page.status_code == 422
        assert 'href="#adults-0-given_name"' in page.text
        assert 'href="#adults-1-postcode"' in page.text

    def test_the_same_adult_at_two_contacts_is_one_person(self, site: Site, screener: FlaskClient) -> None:
        mother = {
            "adults-0-given_name": "Jory",
            "adults-0-family_name": "Tregenza",
            "adults-0-postcode": "WS1 1TP",
            "adults-0-date_of_birth-day": "1",
            "adults-0-date_of_birth-month": "2",
            "adults-0-date_of_birth-year": "1990",
        }
        telephoned(screener, **mother)
        telephoned(screener, **mother)
        with reading(site.engine) as connection:
            assert connection.scalar(text("SELECT count(*) FROM people WHERE given_name = 'Jory'")) == 1


TYPED = [name for name in CALL if "-date" not in name] + ["adults-0-given_name", "referrer-email"]


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_in_every_field_at_once_is_refused_with_words(
    hostile: str, screener: FlaskClient
) -> None:
    answer = screener.post(PAGE, data=CALL | dict.fromkeys(TYPED, hostile))
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize(
    "field", ["worries", "children-0-given_name", "referrer-name", "referrer-organisation"]
)
def test_hostile_text_that_may_be_true_is_stored_and_shown_escaped(field: str, screener: FlaskClient) -> None:
    for hostile in (HOSTILE[0], HOSTILE[2], HOSTILE[5], HOSTILE[6]):
        case = telephoned(screener, **{field: hostile})
        for page in (f"/cases/{case}", f"/cases/{case}/record", "/front-door"):
            shown = screener.get(page).text
            assert "<script>alert" not in shown
            assert ">49" not in shown
