"""A time limit that runs only for some cases: the pathway says of which."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from earlyhelp.pathway.calendar import england
from earlyhelp.pathway.facts import Actor, Facts
from earlyhelp.pathway.faults import PathwayError
from earlyhelp.pathway.layers import Library
from earlyhelp.pathway.lint import sound
from earlyhelp.pathway.loading import folder_library, load
from earlyhelp.pathway.machine import CompiledPathway, compile_pathway
from earlyhelp.places import workflows

MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)
CONTACT = {
    "children": [{"given_name": "Wenna"}],
    "source": "2A",
    "channel": "online_form",
    "worries": "Left alone",
    "strengths": "A grandmother nearby",
    "agreement": "not_sought",
}


@pytest.fixture(scope="module")
def standard() -> CompiledPathway:
    return compile_pathway(load(workflows() / "standard.toml"), england())


def started(engine: CompiledPathway, **more: Any) -> dict[str, datetime]:
    actor = Actor(None, frozenset({"public"}))
    step = engine.step(Facts(state=None), "receive_contact", {**CONTACT, **more}, actor, MONDAY)
    return {start.clock.name: start.schedule.due_at for start in step.starts}


def test_a_child_who_may_be_at_risk_now_has_a_clock_of_an_hour(standard: CompiledPathway) -> None:
    assert started(standard, urgency="red")["risk_now"] == MONDAY + timedelta(hours=1)


@pytest.mark.parametrize("told", [{}, {"urgency": "amber"}])
def test_any_other_contact_has_only_the_screening_clock(
    standard: CompiledPathway, told: dict[str, str]
) -> None:
    assert list(started(standard, **told)) == ["screening_decision"]


@pytest.mark.parametrize(
    ("condition", "words"),
    [('{ urgency = ["crimson"] }', "no value of urgency"), ('{ team = ["north"] }', "cannot decide")],
)
def test_a_condition_that_could_never_hold_is_a_fault(condition: str, words: str, tmp_path: Path) -> None:
    head = 'format = 1\nname = "own"\ntitle = "Our own"\nversion = "1"\nextends = "standard"\n'
    text = f"{head}[clocks.risk_now]\nonly_when = {condition}\n"
    library: Library = folder_library(tmp_path, workflows())
    with pytest.raises(PathwayError, match=words):
        sound(text, file="own.toml", library=library)
