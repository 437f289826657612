"""W4: one step of the engine in memory, with guards, fields, clocks and due moments."""

from datetime import timedelta

from benchmarks.measuring import Figures, in_turns
from earlyhelp.pathway.calendar import england
from earlyhelp.pathway.facts import Actor, Facts
from earlyhelp.pathway.loading import load
from earlyhelp.pathway.machine import compile_pathway
from earlyhelp.places import workflows
from tests.casework.watched_cases import MONDAY

DAYS, A_DAY = 1_200, 10
"""On more days than the engine remembers: it reckons a time limit once for each."""


def run() -> Figures:
    """Microseconds. Goal: 60."""
    engine = compile_pathway(load(workflows() / "standard.toml"), england())
    facts = Facts(state="screening", state_entered_at=MONDAY)
    actor = Actor(1, frozenset({"screener"}))
    fields = {"level_of_need": "targeted", "rationale": "Several needs", "agreement": "given"}

    def steps() -> None:
        for moment in moments:
            engine.step(facts, "accept_for_early_help", fields, actor, moment)

    moments = [MONDAY + timedelta(days=day, minutes=number) for day in range(DAYS) for number in range(A_DAY)]
    (seconds,) = in_turns(steps, rounds=5)
    return {"W4 engine: one step, µs (goal 60)": seconds / len(moments) * 1e6}
