"""Figures in the words of pages."""

from urllib.parse import quote_plus

from earlyhelp.insight.measures.behind import Part
from earlyhelp.insight.measures.figures import Figure
from earlyhelp.insight.scorecard import words as of_scorecard

COLOURS = {"met": "green", "near": "yellow", "missed": "red", "no target": "grey", "not known": "grey"}
"""Of the tag whose words say the same."""

LEFT_AS_IT_IS = "!$'()*,/:;?@"
"""What `url_for` does not escape in a query."""


class FigureWords:
    """What templates ask for."""

    status = of_scorecard.STATUS
    travel = of_scorecard.TRAVEL
    better = of_scorecard.BETTER
    colours = COLOURS
    parts = staticmethod(of_scorecard.parts_words)
    period = staticmethod(of_scorecard.period_words)
    day = staticmethod(of_scorecard.day_words)
    target = staticmethod(of_scorecard.target_words)
    signals = staticmethod(of_scorecard.signal_words)
    limits = staticmethod(of_scorecard.limits_words)

    value = staticmethod(of_scorecard.value_words)

    @staticmethod
    def part(figure: Figure, part: Part) -> str:
        """One of its two parts in figures."""
        if figure.hidden:
            return of_scorecard.HIDDEN
        number = figure.numerator if part == "numerator" else figure.denominator
        return "None" if number is None else f"{number:,.0f}" if number == int(number) else f"{number:,.1f}"

    @staticmethod
    def made_of(figure: Figure) -> list[tuple[str, Part | None]]:
        """What `parts` says, in pieces: each number with the part of the figure whose cases it counts, if it does."""
        words, kind = of_scorecard.parts_words(figure), figure.measure.kind
        first, _, rest = words.partition(" ")
        opens: list[tuple[str, Part | None]] = [
            (first, "denominator" if kind in {"median", "longest"} else "numerator")
        ]
        if not rest:
            return opens
        between, _, whole = f" {rest}".rpartition(" ")
        if kind in {"share", "mean"}:
            return [*opens, (f"{between} ", None), (whole, "denominator")]
        return [*opens, (f"{between} {whole}", None)]

    @staticmethod
    def of_part(key: str) -> str:
        """What leads from the address of a figure in parts to one of these, as `url_for` would write it."""
        return f"&of={quote_plus(key, safe=LEFT_AS_IT_IS)}" if key else ""


figure_words = FigureWords()
