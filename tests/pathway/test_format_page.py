"""The page that teaches the format teaches what is true: every example runs, every word is on it."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from earlyhelp.pathway import vocabulary
from earlyhelp.pathway.definition import Action, Clock, Field, Pathway, State
from earlyhelp.pathway.guards import GUARDS
from earlyhelp.pathway.lint import check_text
from earlyhelp.pathway.loading import folder_library
from earlyhelp.places import workflows

PAGE = (Path(__file__).parents[2] / "docs" / "pathway-format.md").read_text()
EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
ADDED = [text for text in EXAMPLES[1:] if not text.startswith("extends")]
LAID_OVER = [text for text in EXAMPLES if text.startswith("extends")]
WORDS = [
    vocabulary.Role, vocabulary.StateKind, vocabulary.ActionKind, vocabulary.ClockKind, vocabulary.Holder,
    vocabulary.Audience, vocabulary.Fact, vocabulary.LevelKey, vocabulary.FieldType,
]  # fmt: skip


def library() -> Callable[[str], str]:
    shipped = folder_library(workflows())
    return lambda name: EXAMPLES[0] if name == "little" else shipped(name)


def faults_of(text: str) -> list[str]:
    return [str(fault) for fault in check_text(text, file="example", library=library())]


def test_the_first_example_is_whole_and_has_three_states() -> None:
    assert faults_of(EXAMPLES[0]) == []
    assert EXAMPLES[0].count("[states.") == 3


def test_what_is_added_step_by_step_is_sound_at_the_end() -> None:
    assert len(ADDED) == 5
    assert faults_of("\n".join([EXAMPLES[0], *ADDED])) == []


@pytest.mark.parametrize("text", LAID_OVER, ids=lambda text: text.split('"')[3])
def test_a_file_laid_over_another_is_sound(text: str) -> None:
    assert faults_of(text) == []


@pytest.mark.parametrize("words", WORDS)
def test_every_word_that_a_file_may_use_is_on_the_page(words: object) -> None:
    assert [word for word in get_args(words) if f"`{word}`" not in PAGE] == []


@pytest.mark.parametrize("part", [State, Action, Field, Clock])
def test_every_key_is_on_the_page(part: type[Pathway]) -> None:
    keys = [setting.alias or name for name, setting in part.model_fields.items()]
    assert [key for key in keys if f"`{key}`" not in PAGE and f"{key} =" not in PAGE] == []


def test_every_guard_is_listed_with_its_meaning() -> None:
    for name, rule in GUARDS.items():
        needs = ", ".join(f"`{parameter}`" for parameter in rule.parameters)
        assert f"| `{name}` | {rule.description} | {needs} |".replace("  ", " ") in PAGE
