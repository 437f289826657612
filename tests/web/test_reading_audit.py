"""Who opened what: asked why at the door of another team's record, listed for auditors, the unusual told apart."""

import csv
import re
from datetime import timedelta
from io import StringIO

import pytest
from sqlalchemy import select

from earlyhelp.casework.accounts import create_user
from earlyhelp.insight.unusual_readings import Period
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.organisation import User
from earlyhelp.records.people import Person
from earlyhelp.records.reference import AccessEntry
from tests.casework.watched_cases import MONDAY, allocated, contact
from tests.insight.test_unusual_readings import opened
from tests.web.quick_site import site
from tests.web.watched_site import PASSWORD, Site

__all__ = ["site"]
WEEK = Period(MONDAY.date(), MONDAY.date() + timedelta(days=6))
PAGE = "/audit/reads"
FORMULA = '=HYPERLINK("https://evil.example")'


@pytest.fixture
def case(site: Site) -> str:
    with transaction(site.engine) as connection:
        create_user(
            connection,
            email="auditor@council.example",
            name="Olwen Auditor",
            roles=["auditor"],
            password=PASSWORD,
            now=MONDAY,
        )
        return allocated(connection, site.council)


def log(site: Site) -> list[tuple[str, str]]:
    with reading(site.engine) as connection:
        rows = connection.execute(select(AccessEntry.what, AccessEntry.reason).order_by(AccessEntry.id))
        return [(row.what, row.reason) for row in rows]


def test_a_screener_says_why_before_another_teams_record_is_shown(site: Site, case: str) -> None:
    screener = site.signed_in("screener")
    asked = screener.get(f"/cases/{case}/notes")
    assert asked.headers["Location"] == f"/cases/{case}/why?next=/cases/{case}/notes"
    assert log(site) == []
    empty = screener.post(asked.headers["Location"], data={"reason": " "})
    assert empty.status_code == 422
    assert "Enter why you need to open this record" in empty.text
    given = screener.post(asked.headers["Location"], data={"reason": "A new contact names her"})
    assert given.headers["Location"] == f"/cases/{case}/notes"
    assert screener.get(f"/cases/{case}/notes").status_code == 200
    assert log(site) == [("reason", "A new contact names her"), ("notes", "A new contact names her")]
    site.now += timedelta(hours=13)
    assert screener.get(f"/cases/{case}").status_code == 302


def test_the_same_is_asked_before_a_childs_own_record(site: Site, case: str) -> None:
    with reading(site.engine) as connection:
        child = connection.scalar(select(Person.public_id))
    screener = site.signed_in("screener")
    asked = screener.get(f"/people/{child}/chronology").headers["Location"]
    assert asked == f"/people/{child}/why?next=/people/{child}/chronology"
    on = screener.post(f"/people/{child}/why?next=https://evil.example/", data={"reason": "Asked by school"})
    assert on.headers["Location"] == f"/people/{child}"
    assert screener.get(f"/people/{child}/chronology").status_code == 200


def test_nobody_is_asked_about_what_is_before_them(site: Site, case: str) -> None:
    with transaction(site.engine) as connection:
        new = contact(connection, site.council, at=site.now, surname="Hale")
    assert site.signed_in("screener").get(f"/cases/{new}").status_code == 200
    for who in ("lead", "manager", "service_manager", "auditor"):
        assert site.signed_in(who).get(f"/cases/{case}").status_code == 200
    assert site.signed_in("screener").get("/cases/EH-222-2222").status_code == 404
    assert site.signed_in("other_lead").get(f"/cases/{case}/why").status_code == 404


def test_who_has_just_allocated_a_case_sees_it_without_being_asked(site: Site, case: str) -> None:
    site.now = MONDAY + timedelta(hours=1)
    assert site.signed_in("screener").get(f"/cases/{case}").status_code == 200


def test_auditors_find_a_reading_and_take_the_list_away_without_formulas(site: Site, case: str) -> None:
    screener, auditor = site.signed_in("screener"), site.signed_in("auditor")
    screener.post(f"/cases/{case}/why", data={"reason": FORMULA})
    screener.get(f"/cases/{case}")
    site.signed_in("lead").get(f"/cases/{case}")
    found = auditor.get(f"{PAGE}?record={case.lower()}&about=reason").text
    assert found.count('data-label="Why"') == 2
    assert "HYPERLINK(&#34;" in found
    assert "Tregenza" not in found
    rows = list(csv.DictReader(StringIO(auditor.get(f"{PAGE}.csv?record={case}").data.decode("utf-8-sig"))))
    assert [(row["email"], row["what"], row["reason"]) for row in rows] == [
        ("lead@council.example", "case", ""),
        ("screener@council.example", "case", f"'{FORMULA}"),
        ("screener@council.example", "reason", f"'{FORMULA}"),
    ]
    assert [what for what, _ in log(site)][-2:] == ["read audit", "read audit, exported"]


def test_of_very_many_readers_one_is_named_by_email(
    site: Site, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("earlyhelp.insight.offering.FEW", 3)
    with transaction(site.engine) as connection:
        opened(connection, "screener@council.example", times=51)
        opened(connection, "lead@council.example", times=1)
    auditor = site.signed_in("auditor")
    assert 'name="reader"' not in auditor.get(PAGE).text
    asked = auditor.post(PAGE, data={"email": " Screener@council.example ", "about": "case", "since": ""})
    assert "council.example" not in asked.location
    found = auditor.get(asked.location).text
    assert found.count('data-label="Who"') == 50
    following = re.search(r'href="([^"]+)" rel="next"', found)
    assert following is not None
    rest = auditor.get(following[1].replace("&amp;", "&")).text
    assert (rest.count('data-label="Who"'), 'value="screener@council.example"' in rest) == (1, True)
    assert auditor.post(PAGE, data={"email": "", "about": "case"}).location == f"{PAGE}?about=case"
    nobody = auditor.post(PAGE, data={"email": "nobody@council.example", "since": "2026-03-02"}).text
    assert 'value="2026-03-02"' in nobody
    assert nobody.count("Enter the email address of somebody with an account") == 2
    assert 'data-label="Who"' not in nobody
    assert "<title>Error: " in " ".join(nobody.split())


def test_of_very_many_staff_whose_home_it_is_is_named_by_email(
    site: Site, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("earlyhelp.insight.offering.FEW", 3)
    auditor, page = site.signed_in("auditor"), f"{PAGE}/unusual"
    asked = auditor.get(page).text
    assert "<select" not in asked
    assert asked.index("Their work email address") < asked.index("Home postcode")
    nobody = auditor.post(page, data={"user": "nobody@council.example", "postcode": "nowhere"})
    assert nobody.status_code == 422
    assert "Enter the email address of somebody with an account" in nobody.text
    assert "Must be a full UK postcode" in nobody.text
    given = {"user": "Lead@council.example", "postcode": "ws11tp"}
    assert auditor.post(page, data=given).status_code == 302
    assert "Lead: WS1 1TP" in auditor.get(page).text


def test_a_long_list_goes_on_from_where_the_page_ended(site: Site, case: str) -> None:
    with transaction(site.engine) as connection:
        opened(connection, "screener@council.example", times=60)
    auditor = site.signed_in("auditor")
    first = auditor.get(f"{PAGE}?about=case").text
    following = first.partition('govuk-pagination__link" href="')[2].partition('"')[0].replace("&amp;", "&")
    rest = auditor.get(following).text
    assert (first.count('data-label="Who"'), rest.count('data-label="Who"')) == (50, 10)


@pytest.mark.parametrize("wrong", ["since=soon", "reader=x", "after=x", "most=-1"])
def test_a_made_up_question_has_no_answer(site: Site, case: str, wrong: str) -> None:
    assert site.signed_in("auditor").get(f"{PAGE}/unusual?{wrong}").status_code in {200, 404}
    assert site.signed_in("auditor").get(f"{PAGE}?{wrong}").status_code in {200, 404}


def test_only_auditors_write_down_where_staff_live(site: Site, case: str) -> None:
    with reading(site.engine) as connection:
        lead = str(connection.scalar(select(User.id).where(User.email == "lead@council.example")))
    auditor = site.signed_in("auditor")
    wrong = auditor.post(f"{PAGE}/unusual", data={"user": lead, "postcode": "nowhere"})
    assert wrong.status_code == 422
    assert "Must be a full UK postcode" in wrong.text
    assert auditor.post(f"{PAGE}/unusual", data={"user": lead, "postcode": "ws11tp"}).status_code == 302
    assert "Lead: WS1 1TP" in auditor.get(f"{PAGE}/unusual").text
    administrator = site.signed_in("administrator")
    assert "WS1 1TP" not in administrator.get(f"{PAGE}/unusual").text
    assert administrator.post(f"{PAGE}/unusual", data={"user": lead, "postcode": ""}).status_code == 403
    assert auditor.post(f"{PAGE}/unusual", data={"user": lead, "postcode": ""}).status_code == 302
    assert "WS1 1TP" not in auditor.get(f"{PAGE}/unusual").text
