"""An administrator imports services: first what would change, then the import, then its report."""

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from earlyhelp.records.database import reading
from earlyhelp.records.directory import DirectoryImport
from earlyhelp.records.reference import Service
from tests.casework.feed_server import a_service
from tests.web.watched_site import Site, site_in


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> Site:
    return site_in(engine, tmp_path)


def names(site: Site) -> list[str]:
    with reading(site.engine) as connection:
        return list(connection.scalars(select(Service.name).order_by(Service.name)))


def upload(content: bytes) -> dict[str, Any]:
    return {"file": (io.BytesIO(content), "services.json")}


def test_an_upload_is_shown_before_it_is_imported(site: Site) -> None:
    administrator = site.signed_in("administrator")
    content = json.dumps([a_service(1, name="<b>Bold</b> help"), a_service(2, name="")]).encode()
    answer = administrator.post("/administration/directory", data=upload(content))
    page = administrator.get(answer.headers["Location"]).text
    assert "Bold help" in page
    assert "it has no name" in page
    assert names(site) == []
    form = re.search(r'action="(/administration/directory/imports/\d+)"', page)
    assert form is not None
    done = administrator.post(form[1])
    assert names(site) == ["Bold help"]
    assert "it has no name" in administrator.get(done.headers["Location"]).text
    assert "1 added" in administrator.get("/administration/directory").text
    assert "already" in administrator.post(form[1], follow_redirects=True).text


def test_an_import_nobody_wants_is_forgotten(site: Site) -> None:
    administrator = site.signed_in("administrator")
    read = administrator.post("/administration/directory", data=upload(json.dumps([a_service(1)]).encode()))
    administrator.post(read.headers["Location"].removesuffix("/preview"), data={"forget": "1"})
    with reading(site.engine) as connection:
        assert connection.execute(select(DirectoryImport.id)).all() == []
    assert names(site) == []


@pytest.mark.parametrize("content", [b"", b"<html>", b"\x00\xff", b"[" * 50_000, b"{}"])
def test_what_is_no_feed_is_refused_in_words(site: Site, content: bytes) -> None:
    refused = site.signed_in("administrator").post("/administration/directory", data=upload(content))
    assert refused.status_code == 422
    assert "Nothing was imported" in refused.text


def test_an_address_of_our_own_network_is_refused(site: Site) -> None:
    form = {"address": "http://127.0.0.1:1/services"}
    refused = site.signed_in("administrator").post("/administration/directory", data=form)
    assert refused.status_code == 422
    assert "within a network" in refused.text


def test_a_directory_larger_than_other_forms_may_be_is_taken(site: Site) -> None:
    content = json.dumps([a_service(n, description="x" * 7_000) for n in range(400)]).encode()
    assert len(content) > 2_000_000
    answer = site.signed_in("administrator").post("/administration/directory", data=upload(content))
    assert answer.status_code == 302
    answer.request.environ["wsgi.input"].close()  # the client keeps what it sent in a file
