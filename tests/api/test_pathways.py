"""A pathway as callers read it: enough to fill in every form without having seen the pages."""

from datetime import date
from typing import Any

import pytest

from earlyhelp.pathway.definition import Pathway
from earlyhelp.pathway.loading import content_of, load, load_content
from earlyhelp.places import workflows
from earlyhelp.web.api.pathway_shapes import pathway_shape
from tests.api.council import SERVICES, TEAMS, Council


@pytest.fixture
def standard(council: Council) -> dict[str, Any]:
    return council.get("screener", "/pathways/standard").json or {}


def action(pathway: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in pathway["actions"] if one["name"] == name)


def field(pathway: dict[str, Any], of: str, name: str) -> dict[str, Any]:
    return next(one for one in action(pathway, of)["fields"] if one["name"] == name)


def test_a_pathway_has_the_keys_of_the_interface(standard: dict[str, Any]) -> None:
    assert list(standard) == ["name", "title", "version", "states", "actions", "clocks"]
    assert list(standard["states"][0]) == ["name", "title", "kind", "final"]
    assert list(standard["actions"][0]) == ["name", "title", "from", "to", "roles", "fields"]
    assert list(standard["clocks"][0]) == ["name", "title", "starts", "stops", "due"]


def test_an_opening_action_comes_from_nowhere(standard: dict[str, Any]) -> None:
    assert (action(standard, "receive_contact")["from"], action(standard, "reopen")["from"]) == (
        [],
        ["closed"],
    )


def test_what_is_required_is_said_also_in_words(standard: dict[str, Any]) -> None:
    told = [field(standard, "accept_for_early_help", name)["required"] for name in ("rationale", "team")] + [
        field(standard, "refer_to_social_care", "override_reason")["required"]
    ]
    assert told == [True, False, "when agreement is refused or not_sought"]


def test_choices_are_listed_with_their_labels(standard: dict[str, Any]) -> None:
    levels = field(standard, "accept_for_early_help", "level_of_need")["choices"]
    assert [choice["code"] for choice in levels] == ["additional", "targeted"]
    assert levels[1]["label"] == "Level 3: Targeted"
    sources = field(standard, "receive_contact", "source")["choices"]
    assert {"1A", "10"} <= {choice["code"] for choice in sources}


def test_people_teams_and_services_can_be_chosen_too(standard: dict[str, Any]) -> None:
    people = field(standard, "allocate_lead_professional", "lead_professional")["choices"]
    assert [choice["code"] for choice in people] == ["lead@council.example", "other_lead@council.example"]
    teams = field(standard, "allocate_lead_professional", "team")["choices"]
    assert {choice["code"] for choice in teams} == set(TEAMS)
    services = field(standard, "signpost", "services")
    assert {choice["code"] for choice in services["choices"]} == set(SERVICES)
    assert "answers" not in services


def test_where_each_service_needs_an_answer_both_are_listed(standard: dict[str, Any]) -> None:
    reached = field(standard, "record_service_reached", "services")
    assert {choice["code"] for choice in reached["choices"]} == set(SERVICES)
    assert "reached" in {choice["code"] for choice in reached["answers"]}


def test_a_score_says_its_range(standard: dict[str, Any]) -> None:
    score = field(standard, "record_review", "score_parenting_capacity")
    assert (score["min"], score["max"]) == (1, 10)


def test_a_partners_system_is_not_told_who_works_here(council: Council) -> None:
    told = council.get("partner", "/pathways/standard")
    assert told.status_code == 200
    assert "@council.example" not in told.text


def test_a_clock_by_urgency_says_its_time_for_each(standard: dict[str, Any]) -> None:
    due = {clock["name"]: clock["due"] for clock in standard["clocks"]}
    assert due["first_contact"] == "5 working days"
    assert due["step_up_decision"] == {"red": "4 hours", "amber": "1 working day", "green": "3 working days"}


@pytest.mark.parametrize(("on", "offered"), [(date(2026, 3, 2), True), (date(2026, 3, 3), False)])
def test_a_code_that_has_ended_is_no_longer_offered(on: date, offered: bool) -> None:
    pathway: Pathway = load(workflows() / "standard.toml")
    content = content_of(pathway)
    content["codes"]["urgency"]["red"]["valid_to"] = "2026-03-02"
    shape: Any = pathway_shape(load_content(content), {}, on)
    codes = [choice["code"] for choice in field(shape, "change_urgency", "urgency")["choices"]]
    assert ("red" in codes) is offered
