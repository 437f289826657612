"""The pages of a case call things what its pathway calls them."""

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from earlyhelp.casework.intake import open_case
from earlyhelp.casework.pathways import publish
from earlyhelp.casework.perform import perform
from earlyhelp.pathway.loading import folder_library, read
from earlyhelp.permissions import load_person
from earlyhelp.places import workflows
from earlyhelp.records.database import transaction
from earlyhelp.records.organisation import User
from tests.web.conftest import NOW

OURS = """
extends = "standard"
name = "ours"
title = "Ours"
version = "1"
[terms]
lead_professional = "key worker at The Hub"
screener = "duty officer"
manager = "co-ordinator"
"""
CONTACT = {
    "source": "3A", "channel": "telephone", "agreement": "given", "worries": "Often absent", "strengths": "A warm home",
}  # fmt: skip
ACCEPTED = {"level_of_need": "targeted", "rationale": "Needs a plan", "agreement": "given"}


def accepted(app: Flask) -> str:
    """A case on that pathway that waits for allocation; its address."""
    ours = read(OURS, file="ours.toml", library=folder_library(workflows()))
    with transaction(app.extensions["earlyhelp"].engine) as connection:
        publish(connection, ours, by="tests", now=NOW)
        user_id = connection.execute(select(User.id).where(User.email == "screener@x.org")).scalar_one()
        person = load_person(connection, user_id=user_id)
        assert person is not None
        children = [{"given_name": "Wenna", "family_name": "Tregenza", "date_of_birth": "2019-05-04"}]
        case = open_case(
            connection, person=person, children=children, fields=CONTACT, now=NOW, pathway="ours"
        )
        perform(
            connection,
            reference=case.reference,
            action="accept_for_early_help",
            person=person,
            fields=ACCEPTED,
            now=NOW,
        )
    return f"/cases/{case.reference}"


def test_the_case_page_names_roles_and_actions_in_the_pathways_words(
    app: Flask, screener: FlaskClient
) -> None:
    page = screener.get(accepted(app)).text
    assert "Key worker at The Hub: none yet" in page
    assert "Allocate a key worker at The Hub" in page
    assert "(duty officer)" in page
    assert "lead professional" not in page.lower()


def test_the_page_of_an_action_asks_in_the_pathways_words(app: Flask, screener: FlaskClient) -> None:
    page = screener.get(f"{accepted(app)}/actions/allocate_lead_professional").text
    assert "Allocate a key worker at The Hub" in page
    assert "lead professional" not in page.lower()


def test_the_working_of_a_clock_names_its_holder_in_the_pathways_words(
    app: Flask, screener: FlaskClient
) -> None:
    page = screener.get(f"{accepted(app)}/clocks/allocation").text
    assert "Co-ordinator</td>" in page
    assert "Manager</td>" not in page
