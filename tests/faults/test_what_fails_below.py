"""The database away, the disk full: nothing typed is lost, nothing is half written, and the page says what to do."""

import errno
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, insert, select
from sqlalchemy.exc import OperationalError

from earlyhelp.filing.storing import Store
from earlyhelp.records.cases import Case, Contact, Event
from earlyhelp.records.clocks import Alert
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.notes import CaseNote
from earlyhelp.records.reference import AccessEntry
from earlyhelp.scheduler import run_once
from tests.casework.watched_cases import allocated
from tests.faults.broken_sites import kept_on, on_a_full_disk, send_again, without_database
from tests.web.telephoned import CALL, PAGE
from tests.web.watched_site import Site, site_in

WORRIES = "Kerra <says> the mornings are hard & long\nsince Easter. " * 300
"""Longer than a page of the database, so that a file that may not grow cannot take it."""


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> Site:
    return site_in(engine, tmp_path)


def failing(site: Site) -> AbstractContextManager[None]:
    """The fault that each database can really have."""
    return on_a_full_disk(site) if site.engine.dialect.name == "sqlite" else without_database(site)


def counted(site: Site, table: type) -> int:
    with reading(site.engine) as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def test_a_contact_that_could_not_be_saved_is_kept_on_the_page_and_saved_once(site: Site) -> None:
    screener = site.signed_in("screener")
    with failing(site):
        page = screener.post(PAGE, data=CALL | {"worries": WORRIES})
    assert (page.status_code, page.headers["Retry-After"]) == (503, "30")
    assert "Nothing of what you just sent was saved" in page.text
    assert "call 999" in page.text
    assert kept_on(page)["worries"].split() == WORRIES.split()
    assert "<says>" not in page.text
    assert counted(site, Contact) == counted(site, Case) == counted(site, Event) == 0
    saved = send_again(screener, page)
    assert saved.status_code == 302, saved.text
    with reading(site.engine) as connection:
        assert connection.scalars(select(Contact.worries)).all() == [WORRIES.strip()]


def test_a_password_is_never_written_into_the_page(postgresql_engine: Engine, tmp_path: Path) -> None:
    site = site_in(postgresql_engine, tmp_path)
    with without_database(site):
        page = site.app.test_client().post(
            "/sign-in", data={"email": "lead@council.example", "password": "a guessed one"}
        )
    assert page.status_code == 503
    assert "a guessed one" not in page.text


def test_a_page_says_to_wait_while_there_is_no_database_and_is_there_again_after(
    postgresql_engine: Engine, tmp_path: Path
) -> None:
    site = site_in(postgresql_engine, tmp_path)
    screener = site.signed_in("screener")
    with without_database(site):
        page = screener.get("/front-door")
        assert page.status_code == 503
        assert "Wait a minute, then open the page again" in page.text
        health = screener.get("/health")
        assert (health.status_code, health.json["database"]) == (503, "not answering")  # type: ignore[index]
        told = screener.get("/api/v1/cases", headers={"Authorization": "Bearer some-token"})
        assert (told.status_code, told.mimetype) == (503, "application/problem+json")
    assert screener.get("/front-door").status_code == 200


def test_a_sweep_that_found_no_database_raises_everything_when_it_is_back(
    postgresql_engine: Engine, tmp_path: Path
) -> None:
    site = site_in(postgresql_engine, tmp_path)
    with transaction(site.engine) as connection:
        allocated(connection, site.council)
    with without_database(site), pytest.raises(Exception, match=r"connect|terminat"):
        run_once(site.engine, base_url="https://e.example", now=site.now, worker="tests")
    assert counted(site, Alert) == 0
    swept = run_once(site.engine, base_url="https://e.example", now=site.now, worker="tests")
    assert swept.breaches == 1


def test_no_record_is_shown_whose_reading_finds_no_room_to_be_written_down(
    sqlite_engine: Engine, tmp_path: Path
) -> None:
    site = site_in(sqlite_engine, tmp_path)
    with transaction(site.engine) as connection:
        reference = allocated(connection, site.council)
    lead = site.signed_in("lead")
    entry = {"at": site.now, "user_id": site.council["lead"].id, "what": "case", "reason": "x" * 40}
    with on_a_full_disk(site):
        with pytest.raises(OperationalError, match="full"):
            fill_the_log(site, entry)
        before, answers = counted(site, AccessEntry), [lead.get(f"/cases/{reference}") for _ in range(4)]
    statuses = [answer.status_code for answer in answers]
    assert statuses[-1] == 503
    assert "Wait a minute, then open the page again" in answers[-1].text
    assert "Tregenza" not in answers[-1].text
    assert counted(site, AccessEntry) - before == statuses.count(200)


def fill_the_log(site: Site, entry: dict[str, object]) -> None:
    """Until its last page is full, but for what is shorter."""
    while True:
        with transaction(site.engine) as connection:
            connection.execute(insert(AccessEntry).values(**entry))


@pytest.fixture
def no_room(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The disk on which attached files lie is full; the database's is not."""

    def keep(self: Store, content: bytes) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Store, "keep", keep)
        yield patch


def test_a_note_whose_file_finds_no_room_is_not_half_saved(
    sqlite_engine: Engine, tmp_path: Path, no_room: pytest.MonkeyPatch
) -> None:
    site = site_in(sqlite_engine, tmp_path)
    with transaction(site.engine) as connection:
        reference = allocated(connection, site.council)
    lead = site.signed_in("lead")
    body = (
        b'--edge\r\nContent-Disposition: form-data; name="kind"\r\n\r\nvisit\r\n'
        b'--edge\r\nContent-Disposition: form-data; name="words"\r\n\r\nShe showed me her drawings\r\n'
        b'--edge\r\nContent-Disposition: form-data; name="files"; filename="a.pdf"\r\n\r\n'
        b"%PDF-1.4\n%%EOF\r\n--edge--\r\n"
    )
    kind = "multipart/form-data; boundary=edge"
    page = lead.post(f"/cases/{reference}/notes/new", data=body, content_type=kind)
    assert page.status_code == 503, page.text
    assert "Files must be chosen again" in page.text
    assert counted(site, CaseNote) == 0
