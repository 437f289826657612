"""Measures are defined in the words of the standard pathway; each council reads them in its own."""

from collections.abc import Mapping
from dataclasses import replace

from earlyhelp.insight.measures.measure import Measure
from earlyhelp.pathway.terms import respoken


def in_words_of(terms: Mapping[str, str], measure: Measure) -> Measure:
    """The same measure, said as this council says it."""
    return replace(
        measure,
        title=respoken(measure.title, terms),
        definition=respoken(measure.definition, terms),
        numerator=respoken(measure.numerator, terms),
        denominator=respoken(measure.denominator, terms),
    )
