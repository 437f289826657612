"""What the made-up council is made of, read from the files beside this one."""

import tomllib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from random import Random
from typing import Any, TypeVar

Picked = TypeVar("Picked")


def read_data(name: str) -> dict[str, Any]:
    """The content of one of our own data files."""
    text = (files("earlyhelp.simulation") / f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def drawn(dice: Random, shares: Mapping[Picked, float]) -> Picked:
    """One of the keys, as often as its share says."""
    return dice.choices(list(shares), weights=list(shares.values()))[0]


class Words:
    """What people write, by what it is about."""

    def __init__(self, phrases: Mapping[str, Any]) -> None:
        self.needs: Mapping[str, Any] = phrases["needs"]
        self._said: Mapping[str, Sequence[str]] = {
            **phrases["said"],
            **{f"why_{decision}": words for decision, words in phrases["rationale"].items()},
        }

    def say(self, dice: Random, about: str) -> str:
        return dice.choice(self._said[about])

    def of_need(self, dice: Random, need: str, what: str) -> str:
        return str(dice.choice(self.needs[need][what]))

    def needs_that_lead_to(self, decision: str) -> list[str]:
        found = [need for need, words in self.needs.items() if decision in words["for"]]
        return found or list(self.needs)


def repeatable_dice(seed: int, about: str) -> Random:
    """Dice of its own for one piece of the history: the same every time, whatever else happens beside it."""
    return Random(f"{seed}: {about}")  # noqa: S311 - a made-up history must be the same again
