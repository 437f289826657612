"""Every measure as a page of the documentation, out of the definitions themselves."""

from earlyhelp.insight.measures.definitions import GROUPS
from earlyhelp.insight.measures.measure import Measure
from earlyhelp.insight.measures.splits import TITLES, splits_of

BETTER = {"bigger": "bigger is better", "smaller": "smaller is better", "neither": "neither way is better"}
BEGINNING = """# Measures

Made from the definitions by `earlyhelp/insight/measures/document.py`; a test holds this page equal to them. Each
measure is defined once: the scorecard, the weekly report, files and the API count alike. All are over kinds of states,
actions and clocks, so that they hold for every pathway. Targets and the population are settings of the council.

A figure can be asked for any days, team, agency of the lead professional, locality and source; as known on an earlier
day it counts only what had been recorded by the end of that day in London: late recordings, corrections and merges of
children's records since then are left out. What is kept without a history is as it is today: who works how many hours
and for which agency, the locality of a team, whether a child has a disability, the population, the calendar.

Restricted records count like all others. Where fewer than five were counted and a restricted record that the reader may
not see is among them, the figure is kept back from that reader, and so is what would let it be worked out; the weekly
report tells nobody. Beside the cases that they may open, such a number would tell that there is another.
"""


def document() -> str:
    """The whole page, as Markdown."""
    parts = [BEGINNING]
    for group, measures in GROUPS.items():
        parts.append(f"\n## {group}\n")
        parts += [_described(measure) for measure in measures]
    return "".join(parts)


def _described(measure: Measure) -> str:
    splits = ", ".join(TITLES[split].lower() for split in splits_of(measure)) or "nothing"
    lines = (
        f"\n### {measure.title}\n",
        f"`{measure.key}` · {measure.unit} · {BETTER[measure.better]}\n",
        f"{measure.definition}\n",
        f"- Numerator: {measure.numerator}",
        f"- Denominator: {measure.denominator}",
        f"- Broken down by: {splits}",
        f"- Source: {measure.source}",
    )
    return "\n".join(lines) + "\n"
