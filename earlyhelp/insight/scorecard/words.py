"""The scorecard in words and cells: the same for the page, the files and the e-mail."""

from datetime import date

from earlyhelp.insight.measures.figures import Figure
from earlyhelp.insight.measures.judging import written
from earlyhelp.insight.measures.scene import Span
from earlyhelp.insight.scorecard.contents import Row, Scorecard
from earlyhelp.insight.scorecard.xmr import Point

STATUS = {
    "met": "Target met",
    "near": "Near the target",
    "missed": "Target missed",
    "no target": "No target",
    "not known": "Nothing to judge",
}
TRAVEL = {
    "improved": "Improved",
    "deteriorated": "Deteriorated",
    "maintained": "Maintained",
    "higher": "Higher",
    "lower": "Lower",
    "not known": "Not known",
}
HIDDEN = "[c]"
"""Confidential, as the Government Analysis Function marks it."""
BETTER = {"bigger": "Bigger is better", "smaller": "Smaller is better", "neither": "Neither is better"}


def period_words(span: Span) -> str:
    """`March 2026` for a whole month, otherwise both days."""
    first, last = span.first, span.last
    if first.day == 1 and (first.year, first.month) == (last.year, last.month) and _ends_month(last):
        return f"{first:%B} {first.year}"
    return f"{day_words(first)} to {day_words(last)}"


def day_words(day: date) -> str:
    return f"{day.day} {day:%B} {day.year}"


def value_words(figure: Figure) -> str:
    """The value, a dash where there was nothing to measure, `[c]` where it is kept from a published paper."""
    return HIDDEN if figure.hidden else written(figure.measure, figure.value)


def parts_words(figure: Figure) -> str:
    """`45 of 60`; `45` for a count; `32 over 10` for a mean; of a median how many were counted."""
    if figure.hidden:
        return HIDDEN
    numerator = f"{figure.numerator:,.0f}"
    if figure.denominator is None:
        return numerator
    whole = f"{figure.denominator:,.1f}" if figure.measure.kind == "per_fte" else f"{figure.denominator:,.0f}"
    if figure.measure.kind in {"median", "longest"}:
        return f"{whole} counted"
    return f"{numerator} {'over' if figure.measure.kind == 'mean' else 'of'} {whole}"


def target_words(row: Row) -> str:
    return "None" if row.judged.target is None else written(row.measure, row.judged.target)


def signal_words(card: Scorecard, row: Row) -> str:
    """What the chart says, for those who do not look at it."""
    if not row.points:
        return "Nothing was measured in these months."
    if row.measure.kind == "rate":
        return "It adds up since 1 April: no limits are drawn."
    if row.points[-1].limits is None:
        return "Too few months for limits: no signal can be told from noise."
    signals = [_signal(card, row, point) for point in row.points if point.signal == "outside"]
    signals += _stretches(card, row, "run", "were all on one side of the mean: the measure has shifted")
    signals += _stretches(card, row, "near a limit", "were mostly near one limit")
    return " ".join(signals) or "No signal: the months differ by no more than ordinary variation."


def limits_words(row: Row) -> str:
    """The limits of the latest month."""
    limits = row.points[-1].limits if row.points else None
    if limits is None:
        return "No limits"
    of = row.measure
    return f"mean {written(of, limits.centre)}, limits {written(of, limits.lower)} to {written(of, limits.upper)}"


def month_words(card: Scorecard, point: Point) -> str:
    month = card.months[point.place].first
    return f"{month:%B} {month.year}"


def _signal(card: Scorecard, row: Row, point: Point) -> str:
    assert point.limits is not None
    side = "above the upper" if point.value > point.limits.upper else "below the lower"
    return f"{month_words(card, point)} was {side} limit, at {written(row.measure, point.value)}."


def _stretches(card: Scorecard, row: Row, signal: str, words: str) -> list[str]:
    """One sentence for each stretch of months that are the same signal."""
    found: list[list[Point]] = []
    for earlier, point in zip([None, *row.points], row.points, strict=False):
        if point.signal != signal:
            continue
        if earlier is not None and earlier.signal == signal and found:
            found[-1].append(point)
        else:
            found.append([point])
    return [
        f"{month_words(card, stretch[0])} to {month_words(card, stretch[-1])} {words}."
        for stretch in found
        if len(stretch) > 1
    ]


def _ends_month(day: date) -> bool:
    return (date.fromordinal(day.toordinal() + 1)).day == 1
