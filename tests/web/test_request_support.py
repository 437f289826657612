"""Asking for support without signing in: nothing is lost, nothing is told, nobody can flood it."""

import re
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from earlyhelp.app import create_app
from earlyhelp.records.cases import Case, Contact
from earlyhelp.records.clocks import ClockRow, OutboxMessage
from earlyhelp.records.database import connect, reading
from earlyhelp.records.people import Person
from earlyhelp.records.public import PublicDraft
from tests.casework.watched_cases import council_in
from tests.web.asking_for_support import MOTHER, SCHOOL, Asker
from tests.web.watched_site import Site

REFERENCE = re.compile(r"EH-[0-9A-Z-]+")
HOSTILE = "<script>alert(1)</script> \N{RIGHT-TO-LEFT OVERRIDE} 😀 '; DROP TABLE cases; --"


@pytest.fixture
def either(engine: Engine, tmp_path: Path) -> Site:
    """On each database, for what depends on it."""
    return Site(engine, council_in(engine), tmp_path)


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> Site:
    return Site(engine, council_in(engine), tmp_path)


@pytest.fixture
def asker(site: Site) -> Asker:
    return Asker(site.app.test_client())


def count(site: Site, table: Any) -> int:
    with reading(site.engine) as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def one(site: Site, statement: Any) -> Any:
    with reading(site.engine) as connection:
        return connection.execute(statement).one()


def test_the_first_page_says_call_999(asker: Asker) -> None:
    assert "call 999 now" in asker.client.get("/request-support").text


def test_a_school_asks_and_it_becomes_a_contact_with_a_receipt(either: Site) -> None:
    asker = Asker(either.app.test_client())
    told = asker.ask()
    contact = one(
        either, select(Contact, Case.reference, Case.urgency).join(Case, Case.id == Contact.case_id)
    )
    assert contact.reference in told
    assert (contact.source, contact.channel, contact.agreement) == ("2A", "online_form", "given")
    assert (contact.worries, contact.presenting_needs) == ("Often absent", ["attendance"])
    assert (contact.referrer_name, contact.referrer_email) == ("Petra Hosking", "petra@castle.example")
    assert contact.urgency is None
    child = one(either, select(Person.given_name, Person.family_name, Person.postcode))
    assert tuple(child) == ("Wenna", "Tregenza", "WS1 1TP")


def test_a_parent_needs_no_address_and_says_how_to_reach_them_safely(site: Site) -> None:
    Asker(site.app.test_client(), MOTHER).ask()
    contact = one(site, select(Contact.source, Contact.referrer_phone, Contact.strengths))
    assert tuple(contact) == ("1A", "07700 900123", "Close to her grandmother")
    assert count(site, OutboxMessage) == 0


def test_a_child_at_risk_now_has_an_hour_and_every_screener_is_told(site: Site, asker: Asker) -> None:
    asker.answer("who")
    assert asker.answer("risk", risk="yes").headers["Location"] == "/request-support/danger"
    assert "call 999" in asker.client.get("/request-support/danger").text
    asker.ask(risk={"risk": "yes"})
    clock = one(site, select(ClockRow.due_at, ClockRow.name).order_by(ClockRow.due_at).limit(1))
    assert (clock.name, clock.due_at - site.now) == ("risk_now", timedelta(hours=1))
    message = one(site, select(OutboxMessage).where(OutboxMessage.topic == "case").limit(1))
    assert message.urgent
    assert "Wenna" not in message.subject + message.body


def test_progress_is_kept_and_can_be_deleted(site: Site, asker: Asker) -> None:
    asker.answer("who")
    asker.answer("risk")
    asker.answer("you")
    assert "Petra Hosking" in asker.client.get("/request-support/you").text
    assert asker.client.get("/request-support/check").headers["Location"] == "/request-support/children"
    asker.client.post("/request-support/delete")
    assert count(site, PublicDraft) == 0
    assert asker.client.get("/request-support/you").headers["Location"] == "/request-support"


def test_a_draft_is_another_browsers_secret_and_expires(site: Site, asker: Asker) -> None:
    asker.answer_all()
    stranger = site.app.test_client()
    stranger.set_cookie("request_support", "x" * 43, path="/request-support")
    assert stranger.get("/request-support/you").status_code == 302
    site.now += timedelta(hours=25)
    assert asker.client.get("/request-support/you").status_code == 302


def test_a_wrong_page_comes_back_filled_in_with_its_errors(asker: Asker) -> None:
    for step in ("who", "risk", "you"):
        asker.answer(step)
    wrong = asker.answer(
        "children", **{"children-0-date_of_birth-month": "13", "children-0-postcode": "nowhere"}
    )
    assert wrong.status_code == 422
    assert "There is a problem" in wrong.text
    assert "real date" in wrong.text
    assert "full UK postcode" in wrong.text
    assert 'value="nowhere"' in wrong.text


def test_children_are_added_and_taken_out_without_losing_what_was_typed(asker: Asker) -> None:
    for step in ("who", "risk", "you"):
        asker.answer(step)
    asker.answer("children", add_child="1")
    two = {**SCHOOL["children"], "children-1-given_name": "Jory"}
    asker.client.post("/request-support/children", data={**two, "add_child": "1"})
    assert asker.client.get("/request-support/children").text.count("Child ") >= 3
    asker.client.post("/request-support/children", data={**two, "remove_child": "0"})
    page = asker.client.get("/request-support/children").text
    assert 'value="Jory"' in page
    assert 'value="Wenna"' not in page


def test_the_answers_are_checked_before_they_are_sent(site: Site, asker: Asker) -> None:
    asker.answer_all()
    page = asker.client.get("/request-support/check").text
    assert all(
        words in page for words in ("Petra Hosking", "Wenna Tregenza, born 04/05/2019", "Often absent")
    )
    assert count(site, Case) == 0


def test_sending_twice_makes_one_contact(site: Site, asker: Asker) -> None:
    asker.answer_all()
    asker.send()
    assert asker.send().headers["Location"] == "/request-support/sent"
    assert count(site, Case) == 1


@pytest.mark.parametrize("text", [HOSTILE, "nul \x00 in it", "x" * 5001])
def test_any_text_is_kept_clean_or_refused_and_shown_escaped(site: Site, asker: Asker, text: str) -> None:
    asker.answer_all(about={"worries": "fine"})
    answer = asker.answer("about", worries=text)
    assert answer.status_code in {302, 422}
    page = asker.client.get("/request-support/check", follow_redirects=True).text
    assert "<script>alert" not in page
    assert "\x00" not in page


def test_more_than_a_page_can_say_is_refused_in_words(asker: Asker) -> None:
    asker.answer("who")
    asker.answer("risk")
    assert asker.answer("you", name="x" * 400_000).status_code == 413


def test_a_robot_gets_the_same_confirmation_and_is_held_for_a_screener(either: Site) -> None:
    asker = Asker(either.app.test_client())
    person = Asker(either.app.test_client()).ask()
    robot = asker.ask(you={"website": "https://spam.example"})
    assert REFERENCE.sub("", _without_tokens(robot)) == REFERENCE.sub("", _without_tokens(person))
    assert (count(either, Case), count(either, PublicDraft)) == (1, 1)
    link = re.search(r"/receipt/[\w-]+", robot)
    assert link is not None
    assert "We have received your request" in asker.client.get(link[0]).text


def test_nobody_learns_whether_a_child_is_known(site: Site) -> None:
    first = Asker(site.app.test_client()).ask()
    again = Asker(site.app.test_client()).ask()
    other = Asker(site.app.test_client()).ask(children={"children-0-given_name": "Nobody"})
    pages = {REFERENCE.sub("", _without_tokens(page)) for page in (first, again, other)}
    assert len(pages) == 1


def test_too_many_requests_are_refused_with_words_and_a_time(site: Site) -> None:
    for _ in range(30):
        site.app.test_client().post("/request-support/send")
    refused = Asker(site.app.test_client()).send()
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 3601
    assert "Try again after" in refused.text
    site.now += timedelta(hours=1)
    assert Asker(site.app.test_client()).send().status_code == 302


def test_two_processes_share_one_limit(either: Site) -> None:
    settings = either.app.extensions["earlyhelp"].settings
    other = create_app(settings, connect(settings.database_url), lambda: either.now)
    other.config["WTF_CSRF_ENABLED"] = False
    answers: list[int] = []

    def flood(app: Any) -> None:
        answers.extend(app.test_client().post("/request-support/send").status_code for _ in range(20))

    threads = [threading.Thread(target=flood, args=(app,)) for app in (either.app, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.extensions["earlyhelp"].engine.dispose()
    assert sorted(answers) == [302] * 30 + [429] * 10


def test_a_form_of_another_site_is_refused(site: Site) -> None:
    site.app.config["WTF_CSRF_ENABLED"] = True
    assert site.app.test_client().post("/request-support/who", data={"who": "parent"}).status_code == 400
    assert count(site, PublicDraft) == 0


def test_the_pages_are_kept_from_search_engines_and_caches(asker: Asker) -> None:
    headers = asker.client.get("/request-support").headers
    assert headers["X-Robots-Tag"] == "noindex, nofollow"
    assert headers["Cache-Control"] == "no-store"


def _without_tokens(page: str) -> str:
    return re.sub(r"/receipt/[\w-]+|csrf_token\" value=\"[^\"]+", "", page)
