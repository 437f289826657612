"""The schema that editors use says the same as the program."""

import json
import tomllib
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from earlyhelp.pathway.guards import GUARDS
from earlyhelp.pathway.schema import schema
from earlyhelp.places import workflows

BROKEN = Path(__file__).parent / "broken"
REFUSED_ALREADY_BY_THE_SCHEMA = [
    "unknown_key", "unknown_key_at_the_top", "name_in_capitals", "unknown_role", "unknown_field_type",
    "unknown_holder", "code_without_label", "clock_nothing_starts", "clock_nothing_stops", "warning_when_due",
    "version_with_spaces", "dotted_guard", "unknown_guard", "guard_with_a_wrong_value", "extends_without_a_version",
]  # fmt: skip


@pytest.fixture(scope="module")
def validator() -> Any:
    return jsonschema_rs.Draft202012Validator(schema())


def content_of_file(path: Path) -> Any:
    """As an editor sees it: dates and times as text."""
    return json.loads(json.dumps(tomllib.loads(path.read_text()), default=str))


@pytest.mark.parametrize("path", sorted(workflows().glob("*.toml")), ids=lambda path: path.stem)
def test_every_shipped_pathway_fits(validator: Any, path: Path) -> None:
    assert [error.message for error in validator.iter_errors(content_of_file(path))] == []


def test_a_file_that_extends_another_need_say_only_what_differs(validator: Any) -> None:
    assert validator.is_valid(content_of_file(BROKEN / "rungs_out_of_order.toml"))


@pytest.mark.parametrize("name", REFUSED_ALREADY_BY_THE_SCHEMA)
def test_a_fault_of_form_is_shown_while_typing(validator: Any, name: str) -> None:
    assert not validator.is_valid(content_of_file(BROKEN / f"{name}.toml"))


def test_a_whole_file_must_say_everything(validator: Any) -> None:
    whole = content_of_file(BROKEN / "whole.toml")
    assert validator.is_valid(whole)
    del whole["states"]["helping"]["kind"]
    assert not validator.is_valid(whole)


def test_every_guard_is_offered_with_its_meaning() -> None:
    offered = {guard["title"]: guard["description"] for guard in schema()["$defs"]["Guard"]["oneOf"]}
    assert offered.keys() == GUARDS.keys()
    assert all(rule.description in offered[name] for name, rule in GUARDS.items())
