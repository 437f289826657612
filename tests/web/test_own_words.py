"""What a council calls things is what its pages, messages, papers and files say."""

import html
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, select, update

from earlyhelp.casework.intake import open_case
from earlyhelp.casework.pathways import publish
from earlyhelp.casework.perform import perform
from earlyhelp.casework.sweep import sweep
from earlyhelp.pathway.loading import folder_library, read
from earlyhelp.places import workflows
from earlyhelp.records.cases import Case
from earlyhelp.records.clocks import OutboxMessage
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.organisation import Team
from earlyhelp.records.reference import PublishedPathway
from earlyhelp.scheduler import run_once
from tests.casework.watched_cases import MONDAY, Council, contact, days
from tests.web.watched_site import Site, site_after

LEAD, DOOR, MEETING = "family navigator", "Family Front Door", "circle of support"
OURS = f"""
extends = "worcestershire"
name = "ours"
title = "Family help here"
version = "1"
[terms]
lead_professional = "{LEAD}"
meeting = "{MEETING}"
"""


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> Site:
    """A council whose front door receives on Worcestershire's pathway, with words of its own besides."""
    site = site_after(our_words, engine, tmp_path)
    site.now = MONDAY + days(4)
    return site


def our_words(connection: Connection, _council: Council) -> None:
    pathway = read(OURS, file="ours.toml", library=folder_library(workflows()))
    publish(connection, pathway, by="tests", now=MONDAY)
    connection.execute(update(Team).where(Team.key == "front_door").values(pathway="ours"))


@pytest.fixture
def reference(site: Site) -> str:
    people = site.council
    with transaction(site.engine) as connection:
        reference = open_case(
            connection,
            person=people["screener"],
            children=[{"given_name": "Wenna", "family_name": "Rowe", "date_of_birth": "2019-05-04"}],
            fields={
                "source": "3A",
                "channel": "telephone",
                "worries": "Often absent",
                "strengths": "A warm home",
                "agreement": "given",
            },
            now=MONDAY,
        ).reference
        accept = {
            "level_of_need": "targeted",
            "rationale": "Needs several services",
            "agreement": "given",
            "team": "north",
        }
        for action, who, fields in (
            ("accept_for_early_help", "screener", accept),
            ("allocate_lead_professional", "manager", {"lead_professional": people["lead"].email}),
        ):
            perform(
                connection, reference=reference, action=action, person=people[who], fields=fields, now=MONDAY
            )
    return reference


@pytest.fixture
def manager(site: Site) -> FlaskClient:
    return site.signed_in("manager")


@pytest.mark.parametrize("page", ["", "/record", "/access"])
def test_a_page_of_a_case_speaks_the_words_of_its_pathway(
    manager: FlaskClient, reference: str, page: str
) -> None:
    text = manager.get(f"/cases/{reference}{page}").text.lower()
    assert LEAD in text or MEETING in text
    assert "lead professional" not in text


def test_pages_of_many_cases_speak_the_words_of_the_front_door(site: Site, reference: str) -> None:
    queue = site.signed_in("screener").get("/front-door").text
    assert f'<h1 class="govuk-heading-l">{DOOR}</h1>' in queue
    assert "front door" not in queue.replace("/front-door", "").replace(DOOR, "").lower()
    manager = site.signed_in("manager")
    assert "Family navigator" in manager.get("/management/cases").text


@pytest.mark.parametrize(
    "page", ["", "/measures", "/days_to_lead_professional", "/download/csv", "/download/html"]
)
def test_measures_are_told_in_the_councils_words(manager: FlaskClient, page: str) -> None:
    text = html.unescape(manager.get(f"/scorecard{page}").text)
    assert f"ays to a {LEAD}: mean" in text
    assert "lead professional" not in text.lower()


def test_a_file_and_a_paper_say_the_same(manager: FlaskClient, reference: str) -> None:
    assert f"Waiting for a {LEAD}" in manager.get("/management/caseload.csv").text
    paper = manager.get(f"/cases/{reference}/record.pdf")
    assert paper.mimetype == "application/pdf"
    assert "family navigator" in manager.get(f"/cases/{reference}/record").text.lower()


def test_a_message_names_a_time_limit_as_the_pathway_does(site: Site, reference: str) -> None:
    late = MONDAY + days(10)
    with transaction(site.engine) as connection:
        sweep(connection, now=late, worker="tests")
    run_once(site.engine, base_url="https://help.example", now=late, worker="tests")
    with reading(site.engine) as connection:
        bodies = "\n".join(connection.scalars(select(OutboxMessage.body)))
    assert f"Allocate a {LEAD}" in bodies
    assert "lead professional" not in bodies


def test_a_team_that_an_administrator_gives_a_pathway_receives_on_it(site: Site) -> None:
    with reading(site.engine) as connection:
        name = connection.scalar(select(Team.name).where(Team.key == "front_door"))
    team = {"name": name, "kind": "front_door", "locality": "", "ceiling": "", "manager": ""}
    for pathway in ("standard", "ours"):
        chosen = {**team, "pathway": pathway}
        administrator = site.signed_in("administrator")
        assert administrator.post("/administration/teams/front_door", data=chosen).status_code == 302
        with transaction(site.engine) as connection:
            contact(connection, site.council, surname=pathway)
            newest = select(PublishedPathway.name).join(Case).order_by(Case.id.desc()).limit(1)
            assert connection.scalar(newest) == pathway
