"""The desk's pages as requests: what is typed wrongly comes back, files are kept safely, nothing leaks."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select

from earlyhelp.records.cases import Event
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.notes import CaseNote, NoteFile
from earlyhelp.records.plans import MeetingPerson, PlanAction
from earlyhelp.records.reference import AccessEntry
from tests.casework.watched_cases import MONDAY, days
from tests.web.desk import Desk, family_with_a_plan
from tests.web.watched_site import Site, site_in

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
HOSTILE = "<script>alert(1)</script> \N{RIGHT-TO-LEFT OVERRIDE} 😀"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, migrated: Callable[[Path], Engine]) -> Iterator[Site]:
    """One council for all: each test has a family of its own."""
    folder = tmp_path_factory.mktemp("desk")
    engine = migrated(folder / "council.sqlite3")
    site = site_in(engine, folder)
    site.now = MONDAY + days(60)
    yield site
    engine.dispose()


@pytest.fixture(scope="module")
def lead(site: Site) -> FlaskClient:
    return site.signed_in("lead")


@pytest.fixture
def desk(site: Site) -> Desk:
    with transaction(site.engine) as connection:
        return family_with_a_plan(connection, site.council)


def rows(site: Site, *what: Any) -> list[Any]:
    with reading(site.engine) as connection:
        return list(connection.execute(select(*what)))


def test_a_wrong_action_comes_back_filled_in_with_every_fault(lead: FlaskClient, desk: Desk) -> None:
    form = {
        "what": HOSTILE,
        "agency": "school",
        "due_on-day": "31",
        "due_on-month": "2",
        "due_on-year": "2026",
    }
    answer = lead.post(f"/cases/{desk.reference}/plan/actions/new", data=form)
    assert answer.status_code == 422
    assert "&lt;script&gt;" in answer.text
    assert "<script>alert" not in answer.text
    for place in ("#who", "#due_on-day"):
        assert f'href="{place}"' in answer.text


def test_somebody_elses_change_of_an_action_is_shown_and_nothing_is_lost(
    lead: FlaskClient, site: Site, desk: Desk
) -> None:
    path = f"/cases/{desk.reference}/plan/actions/{desk.action_id}/change"
    form = {"version": "1", "what": "Ring the landlord", "who": "Mum", "agency": "family"}
    form |= {"due_on-day": "1", "due_on-month": "6", "due_on-year": "2026"}
    assert lead.post(path, data=form).status_code == 302
    answer = site.signed_in("manager").post(path, data={**form, "what": "Write to the landlord"})
    assert answer.status_code == 422
    assert "Somebody else changed this" in answer.text
    assert "Write to the landlord" in answer.text
    assert "It now says: Ring the landlord" in answer.text
    said = {row.id: row.what for row in rows(site, PlanAction)}
    assert said[desk.action_id] == "Ring the landlord"


def test_the_copy_is_recorded_as_given_in_one_step(lead: FlaskClient, site: Site, desk: Desk) -> None:
    path = f"/cases/{desk.reference}/plan/family"
    page = lead.get(path).text
    assert "A dry room of my own" in page
    version = page.partition('name="version" value="')[2].partition('"')[0]
    assert lead.post(path, data={"version": version}).status_code == 422
    answer = lead.post(path, data={"version": version, "how": "meeting", "given_to": "Mum"})
    assert answer.status_code == 302
    assert "plan_shared" in {row.kind for row in rows(site, Event.kind)}


def test_the_copy_is_printed_as_a_document_to_save(lead: FlaskClient, desk: Desk) -> None:
    answer = lead.get(f"/cases/{desk.reference}/plan/family.pdf")
    assert answer.data.startswith(b"%PDF-")
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_a_meeting_is_recorded_with_who_came_and_faults_keep_what_was_typed(
    lead: FlaskClient, site: Site, desk: Desk
) -> None:
    path = f"/cases/{desk.reference}/meetings/{desk.meeting_id}/record"
    version = lead.get(path).text.partition('name="version" value="')[2].partition('"')[0]
    form = {"version": version, "people-0-name": "Gran", "people-0-agency": "family"}
    form |= {"people-0-answer": "attended", "people-5-name": "Nurse", "people-5-agency": "health"}
    form |= {"people-²-name": "odd", "people-999-name": "beyond"}
    answer = lead.post(path, data={**form, "progress": "Half done"})
    assert answer.status_code == 422
    for words in ("Gran", "Nurse", "Half done"):
        assert words in answer.text
    form |= {f"score_{domain}": "7" for domain in ("childs_development", "parenting_capacity")}
    form |= {"score_family_and_environment": "7", "progress": "Half done"}
    for name, day, month in (("taf_date", "30", "4"), ("next_review_date", "30", "7")):
        form |= {f"{name}-day": day, f"{name}-month": month, f"{name}-year": "2026"}
    assert lead.post(path, data=form).status_code == 302
    people = rows(site, MeetingPerson.meeting_id, MeetingPerson.name, MeetingPerson.answer)
    assert {(one.name, one.answer) for one in people if one.meeting_id == desk.meeting_id} == {
        ("Gran", "attended"),
        ("Nurse", "absent"),
    }


def kept_files(site: Site) -> list[str]:
    return [path.name for path in (site.folder / "files").rglob("*") if path.is_file()]


def attach(client: FlaskClient, desk: Desk, name: str, content: bytes, **differing: str) -> Any:
    """Put together here: the test client would leave a file of its own open."""
    form = {"kind": "visit", "words": "See the picture", **differing}
    parts = [f'name="{key}"\r\n\r\n{value}'.encode() for key, value in form.items()]
    parts.append(f'name="files"; filename="{name}"\r\n\r\n'.encode() + content)
    body = b"".join(b"--edge\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts)
    return client.post(
        f"/cases/{desk.reference}/notes/new",
        data=body + b"--edge--\r\n",
        content_type="multipart/form-data; boundary=edge",
    )


def test_a_file_is_saved_and_never_opened_within_our_pages(lead: FlaskClient, site: Site, desk: Desk) -> None:
    assert attach(lead, desk, "../../etc/damp\N{RIGHT-TO-LEFT OVERRIDE}gnp.exe", PNG).status_code == 302
    (kept,) = [row for row in rows(site, NoteFile) if row.scan == "not_scanned"]
    assert (kept.name, kept.media_type) == ("dampgnp.png", "image/png")
    answer = lead.get(f"/cases/{desk.reference}/notes/files/{kept.id}")
    assert answer.data == PNG
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; sandbox")
    assert kept_files(site) == [kept.digest]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("note.pdf", b"<script>alert(1)</script>", "is not a PDF"),
        ("big.png", PNG + b"\0" * 10_000_000, "is larger than 10 MB"),
    ],
)
def test_a_file_that_may_not_be_kept_is_refused_and_the_note_is_not_lost(
    lead: FlaskClient, site: Site, desk: Desk, name: str, content: bytes, words: str
) -> None:
    before, kept = len(rows(site, CaseNote.id)), kept_files(site)
    answer = attach(lead, desk, name, content)
    assert answer.status_code == 422
    assert words in answer.text
    assert "See the picture" in answer.text
    assert len(rows(site, CaseNote.id)) == before
    assert kept_files(site) == kept


def test_far_too_much_is_turned_away_at_the_door(lead: FlaskClient, desk: Desk) -> None:
    assert attach(lead, desk, "huge.png", PNG + b"\0" * 51_000_000).status_code == 413
    form = {"what": "x" * 3_000_000}
    assert lead.post(f"/cases/{desk.reference}/plan/actions/new", data=form).status_code == 413


def test_a_file_in_quarantine_is_not_given_out(lead: FlaskClient, desk: Desk) -> None:
    answer = lead.get(f"/cases/{desk.reference}/notes/files/{desk.file_id}", follow_redirects=True)
    assert answer.mimetype == "text/html"
    assert "has not been found free of viruses" in answer.text


def test_files_notes_and_plans_of_others_look_as_if_there_were_none(site: Site, desk: Desk) -> None:
    stranger = site.signed_in("south_manager")
    for path in (
        f"/cases/{desk.reference}/plan",
        f"/cases/{desk.reference}/notes/files/{desk.file_id}",
        f"/cases/{desk.reference}/access",
        f"/people/{desk.public_id}/chronology",
        f"/people/{desk.public_id}/chronology.pdf",
        "/people/P0000000/chronology",
    ):
        assert stranger.get(path).status_code == 404, path


def test_who_was_let_in_reads_and_writes_notes_until_access_is_withdrawn(
    site: Site, lead: FlaskClient, desk: Desk
) -> None:
    teacher = site.signed_in("other_lead")
    assert teacher.get(f"/cases/{desk.reference}").status_code == 200
    note = {"kind": "observation", "words": "Fell asleep in class"}
    assert teacher.post(f"/cases/{desk.reference}/notes/new", data=note).status_code == 302
    assert teacher.get(f"/cases/{desk.reference}/plan/actions/new").status_code == 403
    assert teacher.post(f"/cases/{desk.reference}/access", data={}).status_code == 403
    (withdraw,) = re.findall(r'action="([^"]+/withdraw)"', lead.get(f"/cases/{desk.reference}/access").text)
    assert lead.post(withdraw).status_code == 302
    assert teacher.get(f"/cases/{desk.reference}").status_code == 404
    assert lead.post(withdraw).status_code == 404


def test_of_very_many_colleagues_one_is_named_by_email(
    site: Site, lead: FlaskClient, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = f"/cases/{desk.reference}/access"
    assert '<option value="south_manager@council.example"' in lead.get(page).text
    monkeypatch.setattr("earlyhelp.insight.offering.FEW", 3)
    asked = lead.get(page).text
    assert "<select" not in asked
    assert asked.index("Their work email address") < asked.index("What may they do?")
    refused = lead.post(page, data={"user": "nobody@council.example"})
    assert refused.status_code == 422
    assert "Choose somebody with an active account" in refused.text
    until = {"until-day": "1", "until-month": "6", "until-year": "2026"}
    who = {"user": " South_Manager@council.example ", "level": "read", "reason": "Her sister moves south"}
    assert lead.post(page, data={**who, **until}).status_code == 302
    assert "Her sister moves south" in lead.get(page).text


def test_a_flag_leads_back_to_the_chronology_and_to_no_other_site(lead: FlaskClient, desk: Desk) -> None:
    path = f"/cases/{desk.reference}/notes/significant/event/{desk.event_id}"
    here = f"/people/{desk.public_id}/chronology"
    answer = lead.post(path, query_string={"next": here}, data={"reason": "The first contact of all"})
    assert answer.headers["Location"] == here
    assert "The first contact of all" in lead.get(f"{here}?significant=yes").text
    gone = lead.post(f"{path}/withdraw", query_string={"next": "//evil.example"})
    assert gone.headers["Location"] == f"/cases/{desk.reference}/notes"


@pytest.mark.parametrize(
    "query",
    ["since-day=31&since-month=2&since-year=2026", "kind=zzz&public_id=x&_external=1", "until-year=x"],
)
def test_a_chronology_bears_whatever_is_asked(lead: FlaskClient, desk: Desk, query: str) -> None:
    assert lead.get(f"/people/{desk.public_id}/chronology?{query}").status_code == 200
    assert lead.get(f"/people/{desk.public_id}/chronology?after=nonsense").status_code == 400


def test_each_reading_is_written_down(lead: FlaskClient, site: Site, desk: Desk) -> None:
    for path in (f"/cases/{desk.reference}/plan", f"/people/{desk.public_id}/chronology"):
        lead.get(path)
    read = [(row.what, row.case_id is None, row.person_id is None) for row in rows(site, AccessEntry)]
    assert read[-2:] == [("plan", False, True), ("chronology", True, False)]
