"""An administrator's pathway pages: the picture, publishing a version, moving open cases, trying a file on the past."""

import html
import io
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, select

from earlyhelp.pathway.guards import GUARDS
from earlyhelp.pathway.loading import content_of, load
from earlyhelp.pathway.outline import outline
from earlyhelp.pathway.writing import as_toml
from earlyhelp.places import workflows
from earlyhelp.records.cases import Case
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.reference import PublishedPathway
from earlyhelp.scheduler.replays import replay_waiting
from tests.casework.watched_cases import MONDAY, Council, allocated, days
from tests.web.watched_site import Site, site_after

PAGE = "/administration/pathways/standard"


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> Site:
    site = site_after(one_family, engine, tmp_path)
    site.now = MONDAY + days(1)
    return site


def one_family(connection: Connection, council: Council) -> None:
    allocated(connection, council)


@pytest.fixture
def administrator(site: Site) -> FlaskClient:
    return site.signed_in("administrator")


def changed_file(version: str = "2", working_days: int = 3) -> str:
    content = content_of(load(workflows() / "standard.toml"))
    content["version"] = version
    content["clocks"]["first_contact"]["due"] = {"working_days": working_days}
    return as_toml(content)


def published(site: Site) -> list[str]:
    with reading(site.engine) as connection:
        return list(connection.scalars(select(PublishedPathway.version).order_by(PublishedPathway.id)))


def test_open_cases_of_a_version_are_counted_until_they_are_very_many(
    site: Site, administrator: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("casework.moving", "web.administration.pathways"):
        monkeypatch.setattr(f"earlyhelp.{module}.MOST_COUNTED", 1)
    page = administrator.get(f"{PAGE}/versions").text
    assert ('data-label="Open cases">1<' in page, "(0 on other versions)" in page) == (True, True)
    with transaction(site.engine) as connection:
        for hour in range(2):
            allocated(connection, site.council, at=site.now + timedelta(hours=hour))
    assert 'data-label="Open cases">more than 1<' in administrator.get(f"{PAGE}/versions").text
    asked = administrator.post(f"{PAGE}/publish", data={"text": changed_file()}).text
    assert "keep the version they are on: more than 1, more than 1 of them version 1." in asked


def test_the_page_shows_the_picture_beside_its_words(administrator: FlaskClient) -> None:
    page = administrator.get(PAGE)
    assert f'src="{PAGE}/picture.svg"' in page.text
    assert "style=" not in page.text
    drawn = administrator.get(f"{PAGE}/picture.svg")
    assert drawn.mimetype == "image/svg+xml"
    assert "Awaiting first contact" in drawn.text


def test_whatever_the_picture_shows_is_written_below_it(administrator: FlaskClient) -> None:
    read = html.unescape(administrator.get(PAGE).text)
    for station in outline(load(workflows() / "standard.toml")):
        shown = [station.title, *station.clocks, *(step.title for step in station.steps)]
        shown += [f"leads to {step.where}" for step in station.leaving if step.to != "back"]
        assert [words for words in shown if words not in read] == []


def test_every_fault_of_a_file_is_shown_with_its_line_and_nothing_is_lost(
    site: Site, administrator: FlaskClient
) -> None:
    text = changed_file().replace("[clocks.first_contact]", "[clocks.first_contact]\npauseable = true", 1)
    answer = administrator.post(f"{PAGE}/publish", data={"text": text})
    assert answer.status_code == 422
    assert "Line " in answer.text
    assert "pauseable" in answer.text
    assert published(site) == ["1"]


def test_a_version_is_published_after_its_changes_were_seen(site: Site, administrator: FlaskClient) -> None:
    upload = {"file": (io.BytesIO(changed_file().encode()), "standard.toml")}
    seen = administrator.post(f"{PAGE}/publish", data=upload)
    assert "Time limit changed" in seen.text
    assert "5 working days becomes 3 working days" in seen.text
    assert published(site) == ["1"]
    without = administrator.post(f"{PAGE}/publish", data={"text": changed_file(), "step": "publish"})
    assert without.status_code == 422
    done = {"text": changed_file(), "step": "publish", "reason": "Agreed by the board"}
    assert administrator.post(f"{PAGE}/publish", data=done).status_code == 302
    assert published(site) == ["1", "2"]
    assert "Agreed by the board" in administrator.get(f"{PAGE}/versions").text


def test_the_same_version_with_other_content_is_refused(site: Site, administrator: FlaskClient) -> None:
    answer = administrator.post(f"{PAGE}/publish", data={"text": changed_file(version="1")})
    assert answer.status_code == 422
    assert "still version 1" in answer.text


def test_chosen_cases_are_moved_after_their_clocks_were_seen(site: Site, administrator: FlaskClient) -> None:
    done = {"text": changed_file(), "step": "publish", "reason": "Agreed by the board"}
    administrator.post(f"{PAGE}/publish", data=done)
    with reading(site.engine) as connection:
        reference = connection.scalars(select(Case.reference)).one()
    page = administrator.get(f"{PAGE}/move")
    assert reference in page.text
    nobody = administrator.post(f"{PAGE}/move", data={"step": "move", "reason": "Fairer"})
    assert nobody.status_code == 422
    form = {"step": "move", "reason": "Fairer", "case": reference}
    assert administrator.post(f"{PAGE}/move", data=form).status_code == 302
    assert "Every open case runs on version 2" in administrator.get(f"{PAGE}/move").text


def test_another_file_is_tried_on_the_past_by_the_worker(site: Site) -> None:
    site.now = MONDAY + days(5)
    administrator = site.signed_in("administrator")
    text = changed_file(working_days=2)
    page = administrator.post(f"{PAGE}/replay", data={"text": text}).headers["Location"]
    waiting = administrator.get(page)
    assert "It waits for the worker" in waiting.text
    assert waiting.headers["Refresh"] == "5"
    replay_waiting(site.engine, lambda: site.now, worker="tests")
    done = administrator.get(page)
    assert "Refresh" not in done.headers
    assert "1 case " in done.text
    with reading(site.engine) as connection:
        reference = connection.scalars(select(Case.reference)).one()
    assert f"{reference}: " in done.text
    assert GUARDS["of_a_social_care_team"].description in done.text
    again = administrator.get(f"{PAGE}/replay?again={page.rpartition('/')[2]}").text
    assert "[clocks.first_contact]" in again
    assert page in again


def test_a_period_that_ends_before_it_begins_is_refused_with_the_file_kept(
    administrator: FlaskClient,
) -> None:
    backwards = {"text": changed_file(), "from": "2026-03-05", "to": "2026-03-01"}
    answer = administrator.post(f"{PAGE}/replay", data=backwards)
    assert answer.status_code == 422
    assert "[clocks.first_contact]" in answer.text


@pytest.mark.parametrize("number", ["9", "0", "99999999999999999999"])
def test_a_replay_that_is_not_there_is_not_found(administrator: FlaskClient, number: str) -> None:
    assert administrator.get(f"{PAGE}/replay/{number}").status_code == 404
