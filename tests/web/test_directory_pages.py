"""Finding services, choosing several, and the sheet that a family takes home."""

import re
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, insert, select, update

from earlyhelp.records.cases import Event
from earlyhelp.records.clocks import OutboxMessage
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.journal import JournalEntry
from earlyhelp.records.reference import CodeEntry, CodeList, Service
from tests.casework.signposted import directory_in, signposted
from tests.casework.watched_cases import Council, contact
from tests.web.watched_site import Site, site_after


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> Site:
    return site_after(a_directory, engine, tmp_path)


def a_directory(connection: Connection, _council: Council) -> None:
    directory_in(connection)
    connection.execute(insert(CodeList).values(name="presenting_need", title="Needs", source=""))
    for code, label in {"money": "Debt or low income", "early_years": "The early years"}.items():
        connection.execute(insert(CodeEntry).values(code_list="presenting_need", code=code, label=label))


def names(page: str) -> list[str]:
    return re.findall(r"<strong>(Stay and play|Debt advice)</strong>", page)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["Debt advice", "Stay and play"]),
        ({"need": "money"}, ["Debt advice"]),
        ({"age": "12"}, ["Debt advice"]),
        ({"words": "songs little"}, ["Stay and play"]),
        ({"age": "²", "place": "<script>"}, ["Debt advice", "Stay and play"]),
        ({"words": "%"}, []),
    ],
)
def test_services_are_found_by_need_age_place_and_words(
    site: Site, asked: dict[str, str], found: list[str]
) -> None:
    screener = site.signed_in("screener")
    screener.post("/directory/search", data=asked)
    page = screener.get("/directory").text
    assert names(page) == found
    assert "<script>alert" not in page


def test_what_a_person_searched_for_never_stands_in_an_address(site: Site) -> None:
    answer = site.signed_in("screener").post(
        "/directory/search", data={"place": "WS1 1TP", "words": "Tregenza"}
    )
    assert answer.headers["Location"] == "/directory"


def test_services_on_the_list_are_ticked_when_signposting(site: Site) -> None:
    screener = site.signed_in("screener")
    screener.post("/directory/chosen", data={"shown": ["debt", "toddlers"], "services": ["debt"]})
    assert "Debt advice" in screener.get("/directory/chosen").text
    with transaction(site.engine) as connection:
        reference = contact(connection, site.council, at=site.now)
    page = screener.get(f"/cases/{reference}/actions/signpost").text
    assert re.search(r'value="debt" checked', page)
    assert not re.search(r'value="toddlers" checked', page)


def test_searching_for_services_keeps_what_was_typed_and_takes_no_action(site: Site) -> None:
    screener = site.signed_in("screener")
    with transaction(site.engine) as connection:
        reference = contact(connection, site.council, at=site.now)
    typed = {
        "version": "1",
        "rationale": "Company would help",
        "services": ["debt"],
        "services:words": "songs",
        "services:find": "1",
    }
    answer = screener.post(f"/cases/{reference}/actions/signpost", data=typed)
    assert answer.status_code == 200
    assert "Company would help" in answer.text
    assert re.search(r'value="debt" checked', answer.text)
    assert 'value="toddlers"' in answer.text
    with reading(site.engine) as connection:
        assert len(connection.execute(select(Event.id)).all()) == 1


def test_a_directory_of_hundreds_is_never_shown_whole(site: Site) -> None:
    with transaction(site.engine) as connection:
        many = [{"key": f"many_{n}", "name": f"Club {n:03}", "needs": []} for n in range(300)]
        connection.execute(insert(Service), many)
        reference = contact(connection, site.council, at=site.now)
    page = site.signed_in("screener").get(f"/cases/{reference}/actions/signpost").text
    assert page.count('name="services"') == 20


def test_pages_of_the_directory_go_on_where_the_last_ended(site: Site) -> None:
    with transaction(site.engine) as connection:
        many = [{"key": f"many_{n}", "name": f"Club {n:03}", "needs": []} for n in range(45)]
        connection.execute(insert(Service), many)
    screener, seen, address = site.signed_in("screener"), list[str](), "/directory"
    while address:
        page = screener.get(address).text
        seen += re.findall(r'name="shown" value="([^"]+)"', page)
        following = re.search(r'href="(/directory\?after=\d+)"', page)
        address = following[1] if following else ""
    assert len(seen) == len(set(seen)) == 47


def test_the_sheet_tells_how_to_reach_the_services_and_names_nobody(site: Site) -> None:
    with transaction(site.engine) as connection:
        reference = signposted(connection, site.council, at=site.now)
    screener = site.signed_in("screener")
    page = screener.get(f"/cases/{reference}/advice-sheet").text
    assert all(words in page for words in ("Stay and play", "01922 555001", "We will ask you by", "call 999"))
    body = page[page.index("<main") : page.index("</main")]
    assert "Penrose" not in body
    assert "Wenna" not in body
    printed = screener.get(f"/cases/{reference}/advice-sheet.pdf")
    assert (printed.mimetype, printed.data[:5]) == ("application/pdf", b"%PDF-")


def test_the_sheet_goes_by_email_once_to_the_address_given(site: Site) -> None:
    with transaction(site.engine) as connection:
        reference = signposted(connection, site.council, at=site.now)
    screener = site.signed_in("screener")
    for _ in range(2):
        screener.post(f"/cases/{reference}/advice-sheet/email", data={"address": "family@home.example"})
    with reading(site.engine) as connection:
        sent = connection.execute(select(OutboxMessage).where(OutboxMessage.topic == "advice")).one()
        noted = connection.execute(select(JournalEntry.content, JournalEntry.what)).one()
    assert (sent.address, sent.subject) == ("family@home.example", "Services that may help")
    assert "Penrose" not in sent.body
    assert "01922 555001" in sent.body
    assert "family@home.example" not in str(noted.content)


@pytest.mark.parametrize("address", ["", "nobody", "a@b.example\nBcc: x@y.example", "x" * 300 + "@b.example"])
def test_an_address_that_is_none_gets_nothing(site: Site, address: str) -> None:
    with transaction(site.engine) as connection:
        reference = signposted(connection, site.council, at=site.now)
    answer = site.signed_in("screener").post(
        f"/cases/{reference}/advice-sheet/email", data={"address": address}
    )
    assert answer.status_code == 422
    assert "There is a problem" in answer.text


def test_each_service_has_its_own_answer(site: Site) -> None:
    with transaction(site.engine) as connection:
        reference = signposted(connection, site.council, at=site.now)
    screener = site.signed_in("screener")
    address = f"/cases/{reference}/actions/record_service_reached"
    page = screener.get(address).text
    assert "Stay and play" in page
    assert "Debt advice" in page
    answers = {"service:services:toddlers": "reached", "service:services:debt": "refused", "version": "2"}
    assert screener.post(address, data=answers).status_code == 302
    assert "Nobody has to be asked now" in screener.get("/front-door/checks").text


def test_a_withdrawn_service_is_not_found_but_its_page_stays(site: Site) -> None:
    with transaction(site.engine) as connection:
        connection.execute(update(Service).where(Service.key == "debt").values(withdrawn_at=site.now))
    screener = site.signed_in("screener")
    assert names(screener.get("/directory").text) == ["Stay and play"]
    assert "Withdrawn" in screener.get("/directory/services/debt").text
