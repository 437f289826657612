"""What an import remembers of the engine's answers is what the engine answers."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest

from earlyhelp.casework.import_answers import Answers
from earlyhelp.pathway.calendar import england
from earlyhelp.pathway.definition import Pathway
from earlyhelp.pathway.facts import Actor, BadFields, Facts, Step
from earlyhelp.pathway.loading import load
from earlyhelp.pathway.machine import CompiledPathway, compile_pathway
from earlyhelp.places import workflows

SCREENER = Actor(1, frozenset({"screener"}))
ACTION = "receive_contact"


def dated(pathway: Pathway) -> Pathway:
    """The pathway with a source that ended in the middle of the days that are tried."""
    ended = pathway.codes["source"]["2A"].model_copy(update={"valid_to": date(2026, 3, 10)})
    sources = {**pathway.codes["source"], "2A": ended}
    return pathway.model_copy(update={"codes": {**pathway.codes, "source": sources}})


def rows() -> list[tuple[dict[str, Any], int, datetime]]:
    """Contacts that are alike in much, some of them wrong."""
    dice = Random(3)
    words = ("Tired at school", " Late ", "Bell \x07", "x" * 30_000)
    return [
        (
            {
                "source": dice.choice(("2A", "3A", "3A", "?")),
                "channel": "system",
                "presenting_needs": dice.choice(([], ["N1"], ["N2", "N2"])),
                "worries": dice.choices(words, (10, 10, 1, 1))[0],
                "agreement": dice.choice(("given", "refused")),
                **({"strengths": dice.choice(words[:3])} if dice.random() < 0.9 else {}),
                **({"urgency": "red"} if dice.random() < 0.1 else {}),
            },
            dice.choice((1, 1, 2)),
            datetime(2026, 3, 2, 9, tzinfo=UTC)
            + timedelta(days=dice.randrange(16), hours=dice.choice((0, 9))),
        )
        for _ in range(600)
    ]


def said(answer: Any, *arguments: Any) -> Step | dict[str, list[str]]:
    try:
        found: Step = answer(*arguments)
    except BadFields as fault:
        return fault.errors
    return found


@pytest.mark.parametrize(
    "alter", [lambda pathway: pathway, dated], ids=["as shipped", "with a code that ended"]
)
def test_what_is_remembered_is_what_the_engine_answers(alter: Any) -> None:
    engine: CompiledPathway = compile_pathway(alter(load(workflows() / "standard.toml")), england())
    answers = Answers(engine, ACTION, SCREENER)

    def asked_anew(fields: dict[str, Any], children: int, at: datetime) -> Step:
        given = {**fields, "children": [{} for _ in range(children)]}
        return engine.step(Facts(state=None), ACTION, given, SCREENER, at)

    right = wrong = 0
    for fields, children, at in rows():
        expected = said(asked_anew, fields, children, at)
        assert said(answers.step, fields, children, at) == expected
        right += isinstance(expected, Step)
        wrong += isinstance(expected, dict)
    assert right > 100
    assert wrong > 50
