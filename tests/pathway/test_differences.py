"""What publishing a version would change, in the words that a manager reads before doing it."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest

from earlyhelp.pathway.definition import Pathway
from earlyhelp.pathway.differences import LONGEST, differences
from earlyhelp.pathway.layers import merged
from earlyhelp.pathway.loading import content_of, load, load_content
from earlyhelp.places import workflows


@cache
def standard() -> Pathway:
    return load(workflows() / "standard.toml")


@cache
def content() -> Mapping[str, Any]:
    return content_of(standard())


def with_changes(changes: Mapping[str, Any]) -> Pathway:
    return load_content(merged(content(), changes))


def less(table: str, name: str) -> Pathway:
    """The standard file without one entry of a table."""
    return load_content({**content(), table: {key: v for key, v in content()[table].items() if key != name}})


def said(old: Pathway, new: Pathway) -> list[str]:
    return [str(difference) for difference in differences(old, new)]


def test_the_same_file_differs_in_nothing() -> None:
    assert said(standard(), with_changes({})) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title": "Ours"}, "Pathway changed: Ours; title: Early help: the standard pathway becomes Ours"),
        (
            {"effective_from": "2026-09-01"},
            "Pathway changed: Early help: the standard pathway; effective from: nothing becomes 2026-09-01",
        ),
        ({"terms": {"hub": "family hub"}}, "Term added: hub; “family hub”"),
        (
            {"terms": {"front_door": "hub"}},
            "Term changed: front door; “front door” becomes “hub”",
        ),
        (
            {"states": {"screening": {"title": "Triage"}}},
            "State changed: Triage; title: Screening becomes Triage",
        ),
        (
            {"states": {"parked": {"name": "parked", "title": "Parked", "kind": "screening"}}},
            "State added: Parked",
        ),
        (
            {"actions": {"reopen": {"roles": ["manager", "service_manager"]}}},
            "Action changed: Reopen; roles: manager becomes manager; service manager",
        ),
        (
            {"actions": {"reopen": {"from": ["closed", "screening"]}}},
            "Action changed: Reopen; from: closed becomes closed; screening",
        ),
        (
            {"actions": {"reopen": {"guards": [{"name": "closed_within", "months": 6}]}}},
            "Action changed: Reopen; guards: months 12, name closed within becomes months 6, name closed within",
        ),
        (
            {"actions": {"reopen": {"fields": [{"name": "reason", "required": False}]}}},
            "Question changed: Reopen: Why is it reopened?; required: yes becomes no",
        ),
        (
            {"actions": {"reopen": {"fields": [{"name": "note", "title": "Note", "type": "text"}]}}},
            "Question added: Reopen: Note",
        ),
        (
            {"clocks": {"allocation": {"due": {"working_days": 1}}}},
            "Time limit changed: Allocation of a lead professional; due: 5 working days becomes 1 working day",
        ),
        (
            {"clocks": {"review": {"due_after": {"record_review": {"weeks": 8}}}}},
            "Time limit changed: Review of the plan; "
            "due after: record review: 3 months becomes record review: 8 weeks",
        ),
        (
            {"clocks": {"reassessment": {"warn": [{"before": {"weeks": 2}}]}}},
            "Time limit changed: New assessment; warnings: before 1 month becomes before 2 weeks",
        ),
        (
            {"clocks": {"plan_shared": {"breach": {"to": ["manager"], "urgent": True}}}},
            "Time limit changed: Plan given to the family; "
            "told on breach: to lead professional becomes to manager, urgent yes",
        ),
        (
            {"clocks": {"plan_shared": {"cut_off": "16:00"}}},
            "Time limit changed: Plan given to the family; cut-off: nothing becomes 16:00:00",
        ),
        (
            {"codes": {"urgency": {"red": {"label": "Now"}}}},
            "Choice changed: urgency: Now; label: Red: a child may be at risk of harm now becomes Now",
        ),
        ({"codes": {"urgency": {"blue": {"label": "Blue"}}}}, "Choice added: urgency: Blue"),
    ],
)
def test_what_a_change_is_called(changes: Mapping[str, Any], words: str) -> None:
    assert said(standard(), with_changes(changes)) == [words]


@pytest.mark.parametrize(
    ("table", "name", "words"),
    [
        ("terms", "meeting", "Term removed: meeting"),
        ("states", "closed", "State removed: Closed"),
        ("clocks", "plan_shared", "Time limit removed: Plan given to the family"),
        ("actions", "reopen", "Action removed: Reopen"),
    ],
)
def test_what_is_gone_is_named_and_what_comes_back_is_new(table: str, name: str, words: str) -> None:
    fewer = less(table, name)
    assert said(standard(), fewer) == [words]
    (back,) = said(fewer, standard())
    assert back.startswith(words.replace("removed", "added"))


def test_a_question_that_is_no_longer_asked_is_named_with_its_action() -> None:
    new = load_content(
        {
            **content(),
            "actions": {**content()["actions"], "reopen": {**content()["actions"]["reopen"], "fields": []}},
        }
    )
    assert said(standard(), new) == ["Question removed: Reopen: Why is it reopened?"]


def test_a_level_that_is_split_is_named_by_its_number_and_name() -> None:
    levels = [level for level in content()["levels"] if level["key"] != "targeted"]
    split = [{"key": "targeted", "code": code, "number": code, "name": "Targeted"} for code in ("t3a", "t3b")]
    found = differences(standard(), load_content({**content(), "levels": [*levels, *split]}))
    assert [(one.change, one.title) for one in found if one.part == "Level"] == [
        ("removed", "targeted Targeted"),
        ("added", "t3a Targeted"),
        ("added", "t3b Targeted"),
    ]


def test_a_long_text_is_shortened() -> None:
    (found,) = differences(standard(), with_changes({"summary": "x" * 500}))
    assert found.details[0].endswith("becomes " + "x" * LONGEST + "…")


def test_questions_stand_in_the_order_of_the_file() -> None:
    actions = {
        name: {"fields": [{"name": "extra", "title": "More", "type": "text"}]}
        for name in content()["actions"]
    }
    titles = [one.title for one in differences(standard(), with_changes({"actions": actions}))]
    assert titles == [f"{action.title}: More" for action in standard().actions.values()]
