"""How long records are kept: the council's rules, read from its settings file, and the day on which a case is due."""

import tomllib
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

FILE = Path("retention") / "rules.toml"


class RulesUnsound(Exception):
    """The file of retention rules cannot be used; the words say why."""


class Keep(BaseModel):
    """So many years from an anchor."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    anchor: Literal["closing", "last_contact", "birth", "eighteenth_birthday"]
    years: Annotated[int, Field(ge=0, le=150)]


class Rule(BaseModel):
    """Which closed cases it is for, and for how long they are kept: until the last of `keep` has passed."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: Annotated[str, Field(min_length=1, max_length=200)]
    outcomes: tuple[str, ...] | None = None
    keep: Annotated[tuple[Keep, ...], Field(min_length=1)]


class Rules(BaseModel):
    """All rules, in the order in which they are tried. `example` until a council says that they are its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    example: bool = False
    families_together: bool = True
    """Whether a family's closed cases are kept until the last of them is due."""
    rules: Annotated[tuple[Rule, ...], Field(min_length=1)]

    def for_outcome(self, outcome: str | None) -> Rule | None:
        return next((rule for rule in self.rules if rule.outcomes is None or outcome in rule.outcomes), None)


class Anchors(NamedTuple):
    """The days of one case that rules count from."""

    closing: date
    last_contact: date
    births: Sequence[date | None]


def load_rules(shipped: Path, own: Path | None) -> Rules:
    """The council's own rules where there are any, else the shipped example. RulesUnsound names the fault."""
    path = own / FILE if own is not None and (own / FILE).is_file() else shipped / FILE
    try:
        return Rules.model_validate(tomllib.loads(path.read_text()))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise RulesUnsound(f"{path}: {fault}") from None
    except ValidationError as fault:
        first = fault.errors()[0]
        raise RulesUnsound(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def due_on(rule: Rule, anchors: Anchors) -> date | None:
    """The day from which the case need be kept no longer; None while a birth date that the rule needs is unknown."""
    days: list[date] = []
    for keep in rule.keep:
        starts = _starts(keep.anchor, anchors)
        if starts is None:
            return None
        days += [years_after(start, keep.years) for start in starts]
    return max(days)


def years_after(day: date, years: int) -> date:
    """The same day so many years on; 29 February becomes 1 March, so that nothing is due a day early."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def _starts(anchor: str, anchors: Anchors) -> Sequence[date] | None:
    if anchor == "closing":
        return [anchors.closing]
    if anchor == "last_contact":
        return [anchors.last_contact]
    births = [birth for birth in anchors.births if birth is not None]
    if not births or len(births) < len(anchors.births):
        return None
    return births if anchor == "birth" else [years_after(birth, 18) for birth in births]
