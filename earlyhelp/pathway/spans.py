"""What a pathway file may say about a length of time, and how its days are counted."""

from dataclasses import dataclass
from datetime import time
from fractions import Fraction
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

KINDS = ("working_days", "working_hours", "hours", "days", "weeks", "months")
HOURS = frozenset({"hours", "working_hours"})


def _local_time(given: Any) -> Any:
    if isinstance(given, time) and given.tzinfo is None:
        return given
    if isinstance(given, str) and len(given) in {5, 8} and given[2] == ":":
        return given
    raise ValueError('give a local time of day, such as "16:00"')


LocalTime = Annotated[time, BeforeValidator(_local_time)]
"""A time of day in England. A bare number is refused: pydantic would take 16 for sixteen seconds past midnight."""


class Span(BaseModel):
    """A length of time in exactly one kind of time. A day is a day and never 24 office hours.

    `hours` run round the clock, `working_hours` in office hours; `working_days = 0` is the same working day.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    working_days: int | None = Field(default=None, ge=0, le=1000, strict=True)
    working_hours: int | None = Field(default=None, ge=1, le=5000, strict=True)
    hours: int | None = Field(default=None, ge=1, le=20000, strict=True)
    days: int | None = Field(default=None, ge=0, le=4000, strict=True)
    weeks: int | None = Field(default=None, ge=1, le=500, strict=True)
    months: int | None = Field(default=None, ge=1, le=240, strict=True)

    @model_validator(mode="after")
    def has_exactly_one_kind(self) -> Self:
        given = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "nothing"
            raise ValueError(f"give exactly one of {', '.join(KINDS)}; this gives {found}")
        return self

    @cached_property
    def kind(self) -> str:
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    @cached_property
    def count(self) -> int:
        return int(getattr(self, self.kind))

    def __str__(self) -> str:
        noun = self.kind.replace("_", " ")
        if self.kind == "working_days" and self.count == 0:
            return "the same working day"
        if self.count == 0:
            return "the same day"
        return f"{self.count} {noun.removesuffix('s') if self.count == 1 else noun}"


class Counting(BaseModel):
    """How days are counted: which is day 0, after what time today is over, when the last day ends.

    It holds for clocks that count days of any kind; hours run from the very start.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    count_from: Literal["next_day", "same_day"] = "next_day"
    cut_off: LocalTime | None = None
    until: Literal["end_of_day", "close_of_business"] = "end_of_day"


@dataclass(frozen=True, eq=False)
class Ladder:
    """All that a clock's moments hang on besides its start and span. Each clock has its own: no two are equal."""

    counting: Counting
    warnings: tuple[Fraction | Span, ...]
    """Each at a share of the time up to due, or at a span before it."""
    rungs: tuple[Span, ...]
    """Each so long after due."""


def describe_span(span: Span, counting: Counting) -> str:
    """The rule in plain English."""
    if span.kind == "hours":
        return f"{span}, counted round the clock"
    if span.kind == "working_hours":
        return f"{span} in office hours"
    ends = "by close of business" if counting.until == "close_of_business" else "by the end of the day"
    if span.count == 0:
        rule = f"{span}, {ends}"
    elif counting.count_from == "same_day":
        rule = f"{span} counting the day it starts as day 1, {ends}"
    else:
        rule = f"{span} after the day it starts, {ends}"
    if counting.cut_off is None:
        return rule
    day = "working day" if span.kind == "working_days" else "day"
    return f"{rule}; what starts at or after {counting.cut_off:%H:%M} counts from the next {day}"
