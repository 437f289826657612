"""What a figure means: which way it goes, and whether it meets its target. In words, never in colours alone."""

from dataclasses import dataclass
from typing import Literal

from earlyhelp.insight.measures.figures import Figure
from earlyhelp.insight.measures.measure import Measure
from earlyhelp.insight.measures.settings import CouncilNumbers

Travel = Literal["improved", "deteriorated", "maintained", "higher", "lower", "not known"]
Status = Literal["met", "near", "missed", "no target", "not known"]


@dataclass(frozen=True)
class Judged:
    """A figure beside those it is compared with."""

    figure: Figure
    previous: Figure
    year_before: Figure
    year_to_date: Figure
    target: float | None
    travel: Travel
    status: Status

    @property
    def compared(self) -> tuple[Figure, Figure, Figure, Figure]:
        return self.figure, self.previous, self.year_before, self.year_to_date


def judged(
    figure: Figure, previous: Figure, year_before: Figure, year_to_date: Figure, numbers: CouncilNumbers
) -> Judged:
    target = numbers.targets.get(figure.measure.key)
    return Judged(
        figure,
        previous,
        year_before,
        year_to_date,
        target,
        travel(figure, previous),
        status(figure.measure, figure.value, target, near_percent=numbers.near_percent),
    )


def travel(now: Figure, before: Figure) -> Travel:
    """Against the period before. Maintained means that both look the same when written down."""
    if now.value is None or before.value is None:
        return "not known"
    measure = now.measure
    if written(measure, now.value) == written(measure, before.value):
        return "maintained"
    rose = now.value > before.value
    if measure.better == "neither":
        return "higher" if rose else "lower"
    return "improved" if rose == (measure.better == "bigger") else "deteriorated"


def status(measure: Measure, value: float | None, target: float | None, *, near_percent: float) -> Status:
    """Near means short of the target by no more than so many per cent of it."""
    if target is None or measure.better == "neither":
        return "no target"
    if value is None:
        return "not known"
    short = target - value if measure.better == "bigger" else value - target
    if short <= 0:
        return "met"
    return "near" if short <= abs(target) * near_percent / 100 else "missed"


def written(measure: Measure, value: float | None) -> str:
    """A value as people read it: `96.4 %`, `1,204`, `3.5`, or a dash where there was nothing to measure."""
    if value is None:
        return "–"
    if measure.kind == "count":
        return f"{value:,.0f}"
    return f"{value:,.1f}\N{NO-BREAK SPACE}%" if measure.kind == "share" else f"{value:,.1f}"
