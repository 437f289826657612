"""What the front door owes: answers, checks, a look at what was held back; and what the referrer may see of it."""

import re
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, select

from earlyhelp.records.cases import Case, Contact
from earlyhelp.records.clocks import OutboxMessage
from earlyhelp.records.database import reading, transaction
from tests.casework.signposted import signposted
from tests.casework.watched_cases import act, days
from tests.web.asking_for_support import Asker
from tests.web.watched_site import Site, site_in

CLOSING = {"level_of_need": "universal", "rationale": "Secret: the father is known to the police"}


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> Site:
    return site_in(engine, tmp_path)


def asked(site: Site) -> tuple[str, str]:
    """A request came: the case's reference and the address of the receipt."""
    told = Asker(site.app.test_client()).ask()
    link = re.search(r"/receipt/[\w-]+", told)
    with reading(site.engine) as connection:
        reference = connection.scalar(select(Case.reference).order_by(Case.id.desc()))
    assert link is not None
    assert reference is not None
    return reference, link[0]


def receipt(site: Site, link: str) -> str:
    page = site.app.test_client().get(link).text
    return page[page.index("<main") : page.index("</main")]


def decide(site: Site, reference: str) -> None:
    with transaction(site.engine) as connection:
        act(connection, reference, "close_no_further_action", site.council["screener"], CLOSING, now=site.now)


def answer(site: Site, reference: str, how: str) -> None:
    told = {"told_what": "Thank you. The school nurse will be in touch.", "how": how}
    with transaction(site.engine) as connection:
        act(connection, reference, "answer_referrer", site.council["screener"], told, now=site.now)


def test_a_receipt_follows_the_request_and_leaks_nothing(site: Site) -> None:
    reference, link = asked(site)
    pages = [receipt(site, link)]
    assert '<h1 class="govuk-heading-l">We have received' in pages[0]
    site.now += days(1)
    decide(site, reference)
    pages.append(receipt(site, link))
    assert '<h1 class="govuk-heading-l">We have decided' in pages[1]
    answer(site, reference, "receipt_page")
    pages.append(receipt(site, link))
    assert "The school nurse will be in touch" in pages[2]
    for page in pages:
        assert not re.search("Wenna|Tregenza|Secret|police|absent|universal|Screener", page)


def test_an_answer_given_otherwise_is_only_mentioned(site: Site) -> None:
    reference, link = asked(site)
    decide(site, reference)
    answer(site, reference, "phone")
    page = receipt(site, link)
    assert "We answered you by telephone" in page
    assert "school nurse" not in page


def test_an_answer_by_email_goes_to_the_referrer_once_decided(site: Site) -> None:
    reference, _ = asked(site)
    decide(site, reference)
    answer(site, reference, "email")
    with reading(site.engine) as connection:
        letters = connection.execute(select(OutboxMessage).where(OutboxMessage.topic == "referrer")).all()
    assert [letter.address for letter in letters] == ["petra@castle.example"] * 2
    assert "The school nurse will be in touch" in letters[-1].body
    assert not any("Wenna" in letter.subject + letter.body for letter in letters)


@pytest.mark.parametrize("link", ["/receipt/x", "/receipt/" + "A" * 43, "/receipt/" + "x" * 5000])
def test_a_wrong_link_is_a_page_that_is_not_there(site: Site, link: str) -> None:
    assert site.app.test_client().get(link).status_code == 404


def test_a_receipt_expires(site: Site) -> None:
    _, link = asked(site)
    site.now += days(366)
    assert site.app.test_client().get(link).status_code == 404


def test_answers_owed_are_listed_until_they_are_given(site: Site) -> None:
    reference, _ = asked(site)
    decide(site, reference)
    screener = site.signed_in("screener")
    page = screener.get("/front-door/answers").text
    assert f"/cases/{reference}/actions/answer_referrer" in page
    assert "Castle Primary School" in page
    answer(site, reference, "phone")
    assert "Every referrer has been answered" in screener.get("/front-door/answers").text


def test_the_lists_cost_the_same_for_many_rows_and_go_on_page_by_page(site: Site) -> None:
    screener, costs = site.signed_in("screener"), []
    screener.get("/front-door/checks")  # a pathway's own words are read once by a process
    for batch in (2, 30):
        with transaction(site.engine) as connection:
            for number in range(batch):
                signposted(connection, site.council, at=site.now, surname=f"Rowe{number}")
        statements: list[str] = []
        event.listen(
            site.engine, "before_cursor_execute", lambda *args, kept=statements: kept.append(args[2])
        )
        page = screener.get("/front-door/checks").text
        costs.append(len(statements))
    assert costs[0] == costs[1]
    following = re.search(r'href="(/front-door/checks\?after=[^"]+)"', page)
    assert following is not None
    rest = screener.get(following[1]).text
    assert len(re.findall(r"record_service_reached", page)) == 25
    assert len(re.findall(r"record_service_reached", rest)) == 7
    assert screener.get("/front-door/checks?after=made-up").status_code == 404


def test_a_screener_lets_in_what_was_no_robot(site: Site) -> None:
    told = Asker(site.app.test_client()).ask(you={"website": "filled in by a browser"})
    link = re.search(r"/receipt/[\w-]+", told)
    assert link is not None
    screener = site.signed_in("screener")
    page = screener.get("/front-door/held").text
    assert "Wenna Tregenza" in page
    form = re.search(r'action="(/front-door/held/\d+)"', page)
    assert form is not None
    assert "/cases/EH-" in screener.post(form[1]).headers["Location"]
    assert screener.post(form[1]).status_code == 404
    with reading(site.engine) as connection:
        reference = connection.scalar(select(Case.reference))
        assert connection.scalar(select(Contact.worries)) == "Often absent"
    assert reference is not None
    decide(site, reference)
    assert "We have decided" in receipt(site, link[0])


def test_what_a_robot_sent_can_be_thrown_away(site: Site) -> None:
    Asker(site.app.test_client()).ask(you={"website": "https://spam.example"})
    screener = site.signed_in("screener")
    form = re.search(r'action="(/front-door/held/\d+)"', screener.get("/front-door/held").text)
    assert form is not None
    screener.post(form[1], data={"discard": "1"})
    assert "Nothing is held back" in screener.get("/front-door/held").text
