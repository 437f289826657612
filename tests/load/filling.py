"""Filling in any action's fields from the pathway alone, as a caller who has never seen the pages would."""

import random
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

CONDITION = re.compile(r"when (\w+) is (.+)")
WORDS = (
    "family",
    "school",
    "visit",
    "mother",
    "worries",
    "helps",
    "often",
    "absent",
    "sleeps",
    "agreed",
    "plan",
)
NAMES = ("Wenna", "Jory", "Morwenna", "Denzil", "Tegen", "Cador", "Lowena", "Piran")
FAMILIES = ("Tregenza", "Pascoe", "Nance", "Bolitho", "Curnow", "Hosken", "Angove", "Trelawny")
Field = Mapping[str, Any]


def fill(action: Mapping[str, Any], dice: random.Random, version: int = 1) -> dict[str, Any]:
    """A value for every required field, and for about half of the others."""
    filled: dict[str, Any] = {}
    for field in action["fields"]:
        if _wanted(field, filled, dice):
            value = _value(field, dice, version)
            if value is not None:
                filled[field["name"]] = value
    return filled


def child(dice: random.Random) -> dict[str, Any]:
    born = datetime.now(UTC) - timedelta(days=dice.randint(100, 6000))
    return {
        "given_name": dice.choice(NAMES),
        "family_name": dice.choice(FAMILIES),
        "date_of_birth": f"{born:%Y-%m-%d}",
        "gender": dice.choice(["male", "female"]),
        "postcode": f"WS{dice.randint(1, 9)} {dice.randint(1, 9)}TP",
    }


def _wanted(field: Field, filled: Mapping[str, Any], dice: random.Random) -> bool:
    required = field["required"]
    if isinstance(required, bool):
        return required or dice.random() < 0.5
    condition = CONDITION.fullmatch(required)
    return condition is None or filled.get(condition[1]) in condition[2].split(" or ")


def _value(field: Field, dice: random.Random, version: int) -> Any:
    codes = [choice["code"] for choice in field["choices"]]
    if field["type"] in {"choice", "person", "team"}:
        return dice.choice(codes) if codes else None
    if field["type"] in {"choices", "services"}:
        some = dice.sample(codes, dice.randint(1, min(3, len(codes)))) if codes else []
        answers = [choice["code"] for choice in field.get("answers", [])]
        return {code: dice.choice(answers) for code in some} if answers else some
    if field["type"] == "score":
        return dice.randint(field.get("min", 0), field.get("max", version))
    return OTHER_TYPES[field["type"]](dice)


def _words(dice: random.Random) -> str:
    return " ".join(dice.choices(WORDS, k=dice.randint(3, 9))).capitalize()


def _day(dice: random.Random) -> str:
    return f"{datetime.now(UTC) + timedelta(days=dice.randint(-3, 60)):%Y-%m-%d}"


def _moment(dice: random.Random) -> str:
    return (datetime.now(UTC) - timedelta(milliseconds=dice.randint(0, 5000))).isoformat()


OTHER_TYPES: Mapping[str, Callable[[random.Random], Any]] = {
    "text": _words,
    "long_text": _words,
    "date": _day,
    "moment": _moment,
    "yes_no": lambda dice: dice.random() < 0.5,
    "children": lambda dice: [child(dice) for _ in range(dice.randint(1, 3))],
}
