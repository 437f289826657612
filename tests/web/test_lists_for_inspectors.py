"""The pages on which analysts and service managers check Annex A and the dataset, mend them, and take the files."""

import csv
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from flask.testing import FlaskClient
from lxml import html
from openpyxl import load_workbook
from sqlalchemy import Engine, select

from earlyhelp.app import create_app
from earlyhelp.casework.accounts import CHEAPEST, set_password
from earlyhelp.records.base import Base
from earlyhelp.records.cases import Case, CasePerson
from earlyhelp.records.database import connect, reading, transaction
from earlyhelp.records.organisation import User
from earlyhelp.records.people import Person
from earlyhelp.records.reference import AccessEntry
from earlyhelp.settings import Settings
from tests.insight.statutory import story

PASSWORD = "a long enough password"
ASKED = "/exports/annex-a?on=2026-09-01"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """What the page shows is found on both databases in tests/insight/statutory: here SQLite alone, once."""
    engine = connect(f"sqlite:///{tmp_path_factory.mktemp('lists')}/story.db")
    Base.metadata.create_all(engine)
    story.lived(engine)
    with transaction(engine) as connection:
        for user_id in connection.scalars(select(User.id)):
            set_password(connection, user_id=user_id, password=PASSWORD, hasher=CHEAPEST)
    yield engine
    engine.dispose()


def client(engine: Engine, folder: Path, who: str) -> FlaskClient:
    settings = Settings(
        database_url=str(engine.url), instance_path=folder, secure_cookies=False, secret_key="k" * 40
    )
    app = create_app(settings, engine, lambda: story.NOW)
    app.config["WTF_CSRF_ENABLED"] = False
    browser = app.test_client()
    form = {"email": f"{who}@council.example", "password": PASSWORD}
    assert browser.post("/sign-in", data=form).status_code == 302
    return browser


def rows(page: str) -> list[list[str]]:
    return [
        [" ".join(cell.text_content().split()) for cell in row.xpath("./th|./td")]
        for row in html.fromstring(page).xpath("//tbody/tr")
    ]


def test_each_gap_leads_to_the_records_in_which_it_is_mended(engine: Engine, tmp_path: Path) -> None:
    browser = client(engine, tmp_path, "service_manager")
    page = browser.get(ASKED).text
    assert rows(page)[0][:2] == ["Date of Birth", "Neither a date of birth nor an expected one is recorded"]
    unanswered = html.fromstring(page).xpath("//a[contains(., 'has not answered')]/@href")
    listed = browser.get(unanswered[0]).text
    (case, child, day), *others = rows(listed)
    assert (day, len(others)) == ("Sun 30 August", 2)
    assert browser.get(f"/cases/{case}").status_code == browser.get(f"/people/{child}").status_code == 200
    assert f'href="/cases/{case}"' in listed
    assert f'href="/people/{child}"' in listed


def test_an_analyst_gets_the_numbers_without_links_into_records(engine: Engine, tmp_path: Path) -> None:
    listed = client(engine, tmp_path, "analyst").get("/exports/annex-a/3/answer?on=2026-09-01").text
    assert len(rows(listed)) == 3
    assert "/cases/" not in listed
    assert "/people/" not in listed


def test_taking_the_workbook_is_written_down_and_says_what_is_left_out(
    engine: Engine, tmp_path: Path
) -> None:
    browser = client(engine, tmp_path, "analyst")
    assert "2 rows about restricted records are left out" in " ".join(browser.get(ASKED).text.split())
    answer = browser.get("/exports/annex-a/workbook?on=2026-09-01")
    book = load_workbook(BytesIO(answer.data))
    assert book.sheetnames == ["List_1", "List_2", "List_3"]
    assert [sheet.max_row for sheet in book] == [6, 6, 6]
    assert 'filename="annex-a-2026-09-01.xlsx"' in answer.headers["Content-Disposition"]
    with reading(engine) as connection:
        entry = connection.execute(select(AccessEntry).where(AccessEntry.what == "annex a")).one()
        reader = connection.scalar(select(User.email).where(User.id == entry.user_id))
    assert (reader, entry.reason) == ("analyst@council.example", "The workbook as at 2026-09-01, 15 rows")


def test_each_gap_of_the_dataset_leads_to_the_record_in_which_it_is_mended(
    engine: Engine, tmp_path: Path
) -> None:
    browser = client(engine, tmp_path, "service_manager")
    page = browser.get("/exports/ssd").text
    counted = {field: int(number.split()[0]) for _, field, number in rows(page)}
    for field in ("pers_ethnicity", "cine_referral_nfa"):
        address = html.fromstring(page).xpath(f"//tr[.//code[. = '{field}']]//a/@href")[0]
        listed = browser.get(address).text
        assert len(rows(listed)) == counted[field]
        *case, child = rows(listed)[0]
        assert all(
            f'href="/cases/{one}"' in listed and browser.get(f"/cases/{one}").status_code == 200
            for one in case
        )
        assert f'href="/people/{child}"' in listed
        assert browser.get(f"/people/{child}").status_code == 200


def test_the_dataset_is_taken_without_restricted_records_and_its_keys_still_join(
    engine: Engine, tmp_path: Path
) -> None:
    browser = client(engine, tmp_path, "analyst")
    page = " ".join(browser.get("/exports/ssd").text.split())
    assert "restricted records are left out, because you may not open them" in page
    answer = browser.get("/exports/ssd/tables")
    assert 'filename="ssd-2026-09-10.zip"' in answer.headers["Content-Disposition"]
    tables = {name.removesuffix(".csv"): read for name, read in unpacked(answer.data)}
    with reading(engine) as connection:
        on_one = select(CasePerson.person_id).join(Case, Case.id == CasePerson.case_id).where(Case.restricted)
        hidden = set(connection.scalars(select(Person.public_id).where(Person.id.in_(on_one))))
        closed_off = set(connection.scalars(select(Case.reference).where(Case.restricted)))
        entry = connection.execute(select(AccessEntry).where(AccessEntry.what.contains("dataset"))).one()
    people = {row["pers_person_id"] for row in tables["ssd_person"]}
    assert hidden
    assert closed_off
    assert people
    assert entry.reason == f"All tables, {sum(map(len, tables.values()))} rows"
    for name, read in tables.items():
        for row in read:
            assert not hidden & set(row.values()), name
            assert not any(reference in value for reference in closed_off for value in row.values()), name
            assert all(value in people for field, value in row.items() if field.endswith("_person_id")), name


def test_an_analyst_takes_the_event_log_without_what_was_written_and_without_restricted_cases(
    engine: Engine, tmp_path: Path
) -> None:
    logs = {}
    for who in ("analyst", "service_manager"):
        browser = client(engine, tmp_path, who)
        assert "Download as XES" in browser.get("/exports/events").text
        answer = browser.get("/exports/events/log.csv")
        assert answer.headers["Content-Disposition"].endswith('"events-2026-09-10.csv"')
        logs[who] = [*csv.DictReader(answer.text.splitlines())]
        assert browser.get("/exports/events/log.pdf").status_code == 404
    with reading(engine) as connection:
        closed_off = set(connection.scalars(select(Case.reference).where(Case.restricted)))
        taken = connection.scalars(select(AccessEntry.reason).where(AccessEntry.what == "event log")).all()
    assert not closed_off & {row["reference"] for row in logs["analyst"]}
    assert {row["fields"] for row in logs["analyst"]} == {"{}"}
    assert any(
        "Several needs" in row["fields"] or "worries" in row["fields"] for row in logs["service_manager"]
    )
    assert taken[0] == f"As csv, {len(logs['analyst'])} events"


def unpacked(content: bytes) -> Iterator[tuple[str, list[dict[str, str]]]]:
    with ZipFile(BytesIO(content)) as packed:
        for name in packed.namelist():
            yield name, [*csv.DictReader(packed.read(name).decode().splitlines())]


def test_what_cannot_be_a_day_comes_back_with_words(engine: Engine, tmp_path: Path) -> None:
    browser = client(engine, tmp_path, "analyst")
    for typed in ("31/3/2026", "2026-02-30", "1066-10-14", "\x00", "2026-W10-1", "٢٠٢٦-٠٣-٠١"):
        answer = browser.get("/exports/annex-a", query_string={"on": typed})
        assert answer.status_code == 422
        assert "As at must be a day like 2026-03-31" in answer.text
        assert browser.get("/exports/annex-a/workbook", query_string={"on": typed}).status_code == 404


def test_a_made_up_address_is_not_found(engine: Engine, tmp_path: Path) -> None:
    browser = client(engine, tmp_path, "analyst")
    for address in ("4/birth", "1/answer", "1/birth?after=1-2", "1/birth?on=yesterday"):
        assert browser.get(f"/exports/annex-a/{address}").status_code == 404, address
    for address in ("nothing", "birth?after=x", "birth?after=-1", "birth?after=99999999999"):
        assert browser.get(f"/exports/ssd/{address}").status_code == 404, address
    for after in ("1-2-99999999999", "1-2--3", "a-b-c", "4294967296-1-1"):
        assert browser.get(f"/exports/annex-a/1/birth?after={after}").status_code == 404, after
