"""What a measure is: words for people, and the rows that it counts for queries."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Select, literal

from earlyhelp.insight.measures.scene import Scene

Kind = Literal["count", "share", "mean", "median", "longest", "rate", "per_fte"]
"""How the rows make the value: see `figures.value_of`."""
Better = Literal["bigger", "smaller", "neither"]
Unit = Literal["number", "per cent", "calendar days", "working days", "points", "per 10,000", "cases per FTE"]
Column = Callable[[Any], Any]


def one(_rows: Any) -> Any:
    """Every row counts once."""
    return literal(1)


@dataclass(frozen=True)
class Measure:
    """One measure. `rows` selects events that it may count; `counts` which of them it does, all without one.

    Every row has `case_id`, `sequence` (the event), `team_id` and `lead_professional_id`. `value` is a column of each
    counted row: 0 or 1 for a share, the amount for a mean or median. `day` names the column of the day by which it
    falls into a period; rows of a moment have a `span` instead. `splits` are columns of its own to break it down by.
    """

    key: str
    title: str
    definition: str
    numerator: str
    denominator: str
    kind: Kind
    unit: Unit
    better: Better
    source: str
    rows: Callable[[Scene], Select[Any]]
    counts: Column | None = None
    value: Column = one
    day: str | None = "day"
    splits: tuple[str, ...] = ()

    @property
    def waits(self) -> bool:
        """Whether its value is how long something has waited at a moment: it grows with every working day."""
        return self.day is None and self.unit == "working days"
