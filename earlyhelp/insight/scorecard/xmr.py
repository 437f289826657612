"""Run charts with natural process limits (XmR): what is a signal, and what is noise.

Rules, after Wheeler, Understanding Variation, and NHS England's Making Data Count:

- the centre line is the mean; the limits lie 2.66 mean moving ranges from it, and a count or share never below 0,
  nor a share above 100;
- a point outside the limits is a signal;
- eight points in a row on one side of the centre line are a signal, and the centre line and limits are then computed
  anew from the first of them on, once;
- three of four points in a row nearer to a limit than to the centre line, on one side, are a signal.
"""

from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean
from typing import Literal, NamedTuple

FACTOR = 2.66
RUN = 8
FEWEST = 6
"""With fewer points than this there are no limits worth drawing."""

Signal = Literal["outside", "run", "near a limit"]


class Limits(NamedTuple):
    """Centre line and natural process limits of one stretch of points."""

    centre: float
    lower: float
    upper: float
    reach: float
    """From the centre line to where the limits would be if nothing were impossible."""


class Point(NamedTuple):
    """One value, the limits that it is judged by, and the signal that it is, if any."""

    place: int
    value: float
    limits: Limits | None
    signal: Signal | None = None


def without_limits(values: Sequence[float | None]) -> list[Point]:
    """Points of what adds up from month to month: such a line is never noise around a mean."""
    return [Point(place, value, None) for place, value in enumerate(values) if value is not None]


def xmr(
    values: Sequence[float | None], *, lowest: float | None = None, highest: float | None = None
) -> list[Point]:
    """The points of a chart. Values that are None leave a gap: they have no point and break no run."""
    known = [(place, value) for place, value in enumerate(values) if value is not None]
    numbers = [value for _, value in known]
    if len(numbers) < FEWEST:
        return [Point(place, value, None) for place, value in known]
    limits = _limits_of_each(numbers, lowest, highest)
    signals = _signals(numbers, limits)
    return [
        Point(place, value, limit, signal)
        for (place, value), limit, signal in zip(known, limits, signals, strict=True)
    ]


def limits_of(numbers: Sequence[float], lowest: float | None, highest: float | None) -> Limits:
    """Mean ± 2.66 × mean moving range, cut to what is possible."""
    centre = fmean(numbers)
    moves = [abs(later - earlier) for earlier, later in pairwise(numbers)]
    reach = FACTOR * fmean(moves) if moves else 0.0
    lower, upper = centre - reach, centre + reach
    if lowest is not None:
        lower = max(lower, lowest)
    if highest is not None:
        upper = min(upper, highest)
    return Limits(centre, lower, upper, reach)


def _limits_of_each(numbers: Sequence[float], lowest: float | None, highest: float | None) -> list[Limits]:
    """The limits of every point: anew from the first run of eight on, where there is something before it."""
    whole = limits_of(numbers, lowest, highest)
    shift = _first_run(numbers, whole.centre)
    if not shift:
        return [whole] * len(numbers)
    before, after = numbers[:shift], numbers[shift:]
    earlier = limits_of(before, lowest, highest)
    return [earlier] * len(before) + [limits_of(after, lowest, highest)] * len(after)


def _first_run(numbers: Sequence[float], centre: float) -> int | None:
    """Where the first run of eight on one side begins; None where there is none. A run from the first point is 0."""
    for start in range(len(numbers) - RUN + 1):
        if _on_one_side(numbers[start : start + RUN], centre):
            return start
    return None


def _on_one_side(numbers: Sequence[float], centre: float) -> bool:
    return all(number > centre for number in numbers) or all(number < centre for number in numbers)


def _signals(numbers: Sequence[float], limits: Sequence[Limits]) -> list[Signal | None]:
    found: list[Signal | None] = [None] * len(numbers)
    for start in range(len(numbers) - 3):
        for place in _near_a_limit(numbers, limits, start):
            found[place] = "near a limit"
    whole = fmean(numbers)
    for start in range(len(numbers) - RUN + 1):
        if _on_one_side(numbers[start : start + RUN], whole):
            found[start : start + RUN] = ["run"] * RUN
    for place, (number, limit) in enumerate(zip(numbers, limits, strict=True)):
        if number > limit.upper or number < limit.lower:
            found[place] = "outside"
    return found


def _near_a_limit(numbers: Sequence[float], limits: Sequence[Limits], start: int) -> list[int]:
    """The places of those points, if three of the four from `start` are nearer to one limit than to the centre."""
    for side in (1, -1):
        near = [place for place in range(start, start + 4) if _is_near(numbers[place], limits[place], side)]
        if len(near) >= 3:
            return near
    return []


def _is_near(number: float, limits: Limits, side: int) -> bool:
    return limits.reach > 0 and (number - limits.centre) * side > limits.reach / 2


RULES = (
    "The line in the middle is the mean of the months it covers. The limits lie 2.66 mean moving ranges above and "
    "below it: what stays between them is ordinary variation, not news.",
    "A diamond marks a month outside the limits.",
    "A triangle marks eight or more months in a row on one side of the mean. Mean and limits are computed anew from "
    "the first of them.",
    "A square marks three of four months in a row that are nearer to a limit than to the mean.",
    f"With fewer than {FEWEST} months there are no limits.",
)
"""The same rules as readers of the scorecard are told them."""
