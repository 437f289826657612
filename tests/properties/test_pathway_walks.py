"""In every sound pathway, whatever has legally happened, a case can still be brought to a final state."""

import random
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest

from earlyhelp.pathway.calendar import england
from earlyhelp.pathway.facts import Refused
from earlyhelp.pathway.lint import check_text
from earlyhelp.pathway.loading import folder_library, load, read
from earlyhelp.pathway.machine import CompiledPathway, compile_pathway
from earlyhelp.places import workflows
from tests.pathway.moments import london
from tests.pathway.walks import Walk

SHIPPED = sorted(workflows().glob("*.toml"))
WALKS, STEPS = 12, 15
TRIES = 60
"""Answers are random: an action that refuses some may take others."""


def farness(engine: CompiledPathway) -> dict[str, int]:
    """How many actions at least lie between each state and a final one, by the file alone."""
    pathway = engine.pathway
    reaches: dict[str, set[str]] = defaultdict(set)
    for action in pathway.actions.values():
        for source in action.sources:
            for to in (action.to, *(way.to for way in action.ways)):
                reaches[source] |= set(pathway.states) if to == "back" else {to}
    far = {name: 0 for name, state in pathway.states.items() if state.final}
    for distance in range(1, len(pathway.states) + 1):
        for source, targets in reaches.items():
            if source not in far and any(far.get(target) == distance - 1 for target in targets):
                far[source] = distance
    return far


def brought_to_an_end(walk: Walk, far: dict[str, int]) -> bool:
    """Try what leads nearer to an end, then anything, a bounded number of times."""
    for _ in range(TRIES):
        if walk.is_closed:
            return True
        here = walk.facts.state or ""
        nearer = [name for name in walk.possible() if leads_nearer(walk, name, here, far)]
        try:
            walk.take(walk.chance.choice(nearer or walk.possible()))
        except Refused:
            continue
    return walk.is_closed


def leads_nearer(walk: Walk, name: str, here: str, far: dict[str, int]) -> bool:
    action = walk.pathway.actions[name]
    targets = (action.to, *(way.to for way in action.ways))
    return any(far.get(target, len(far)) < far[here] for target in targets)


def walks(engine: CompiledPathway, seeds: Iterable[int]) -> Iterable[Walk]:
    for seed in seeds:
        yield Walk(engine, begun_at=london("2026-03-10 10:00"), chance=random.Random(seed))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_after_any_legal_walk_a_shipped_pathway_leads_to_an_end(path: Path) -> None:
    engine = compile_pathway(load(path), england())
    far = farness(engine)
    for walk in walks(engine, range(WALKS)):
        walk.wander(STEPS)
        before = list(walk.path)
        assert brought_to_an_end(walk, far), before


def test_so_does_every_sound_file_with_actions_taken_away() -> None:
    """Files that nobody wrote: what lint still calls sound may not trap a case."""
    text = (Path(__file__).parents[1] / "pathway" / "broken" / "whole.toml").read_text()
    library = folder_library(Path(__file__).parents[1] / "pathway" / "broken")
    names = list(read(text, file="whole", library=library).actions)
    sound = 0
    for seed in range(40):
        gone = random.Random(seed).sample(names, k=1 + seed % 3)
        cut = "".join(f'[actions.{name}]\nroles = ["manager"]\n' for name in gone)
        over = f'extends = "whole"\nname = "cut"\ntitle = "Cut"\nversion = "1"\n{cut}'
        if check_text(over, file="cut.toml", library=library):
            continue
        sound += 1
        engine = compile_pathway(read(over, file="cut.toml", library=library), england())
        for walk in walks(engine, range(3)):
            walk.wander(STEPS)
            assert brought_to_an_end(walk, farness(engine)), (gone, walk.path)
    assert sound > 5
