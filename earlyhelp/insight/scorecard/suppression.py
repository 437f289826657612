"""Small numbers in published papers: counts under 5 are kept back, and so is what would let them be worked out.

A figure is small when it, what it is a share of, or the difference of the two is 1 to 4. Months add up to quarters and
to the year to date: where a total is shown, so few of its parts may never be kept back that subtraction gives one away.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from earlyhelp.insight.measures.behind import SMALL
from earlyhelp.insight.measures.figures import Figure, covered
from earlyhelp.insight.measures.scene import Span
from earlyhelp.insight.scorecard.contents import Row, Scorecard, points_of
from earlyhelp.insight.scorecard.subtraction import ways_to

SAME_EVENTS = (
    ("contacts_received", "recontact_12m"),
    ("below_threshold", "nfa_by_source", "days_to_close_below_threshold"),
    ("assessments_completed", "partner_led"),
    ("stepped_up", "stepped_up_share", "stepped_down_share"),
    ("stepped_down", "stepped_down_share", "stepped_up_share"),
    ("end_measures", "outcomes_achieved"),
    ("days_to_lead_professional", "days_to_lead_professional_median"),
    ("first_contact_in_time", "first_contact_in_time_net"),
    ("assessment_in_time", "assessment_in_time_net"),
    ("reviews_in_time", "reviews_in_time_net"),
    ("open_cases", "caseload"),
    ("authorisation_queue", "authorisation_wait", "authorisation_oldest"),
)
"""Measures of which one says what another is made of: what one keeps back, all do."""

RATES = {"early_help_rate": "assessments_started", "referral_rate": "re_referral_social_care_12m"}
"""Rates, and the measure whose year to date they are made of."""


class Sum(NamedTuple):
    """Spans that add up to another, less one that is inside it: nothing is known of it if either total is hidden."""

    totals: tuple[Span, ...]
    parts: tuple[Span, ...]


def published(card: Scorecard) -> Scorecard:
    """The scorecard as it may be published: figures kept back have no value, and no chart shows them."""
    return without(card, {row.measure.key: _hidden_alone(row) for row in card.rows})


def without(card: Scorecard, few: Mapping[str, set[Span]]) -> Scorecard:
    """The scorecard without these figures of each measure, nor what would let them be worked out."""
    hidden = _with_what_tells(card, {row.measure.key: set(few.get(row.measure.key, ())) for row in card.rows})
    return replace(card, rows=[_covered(card, row, hidden[row.measure.key]) for row in card.rows])


def is_small(figure: Figure) -> bool:
    """Whether the figure says something about one to four people or events."""
    return any(map(are_few, _parts(figure)))


def are_few(events: float) -> bool:
    """Whether a number of people or events is 1 to 4."""
    return 0 < events < SMALL


def _parts(figure: Figure) -> Iterator[float]:
    """The numbers of events that a figure gives away."""
    whole, kind = figure.denominator, figure.measure.kind
    if kind in {"count", "rate", "per_fte"}:
        yield figure.numerator
    elif whole is not None:
        yield whole
        if kind == "share":
            yield figure.numerator
            yield whole - figure.numerator


def _with_what_tells(card: Scorecard, hidden: dict[str, set[Span]]) -> dict[str, set[Span]]:
    changed = True
    while changed:
        changed = False
        for family in SAME_EVENTS:
            together = set().union(*(hidden[key] for key in family if key in hidden))
            for key in family:
                if key in hidden and hidden[key] != together:
                    hidden[key], changed = set(together), True
        for row in card.rows:
            changed |= _hide_what_subtraction_tells(row, card.months, hidden[row.measure.key])
    rows = {row.measure.key: row for row in card.rows}
    for rate, made_of in RATES.items():
        if rate in rows and made_of in rows and rows[made_of].judged.year_to_date.span in hidden[made_of]:
            hidden[rate].add(rows[rate].judged.figure.span)
    return hidden


def _hidden_alone(row: Row) -> set[Span]:
    """What is small by itself. Of a rate only the period's own is published: two months of it give away a third."""
    cells = cells_of(row)
    if row.measure.kind == "rate":
        last = row.judged.figure.span
        return {span for span, figure in cells.items() if span != last or is_small(figure)}
    return {span for span, figure in cells.items() if is_small(figure)}


def cells_of(row: Row) -> dict[Span, Figure]:
    """Every figure that a scorecard shows of a measure."""
    judged = row.judged
    compared = (judged.figure, judged.previous, judged.year_before, judged.year_to_date)
    return {figure.span: figure for figure in (*row.months, *compared)}


def _hide_what_subtraction_tells(row: Row, months: Sequence[Span], hidden: set[Span]) -> bool:
    """Hide more until no sum gives a hidden figure away. Whether anything was hidden."""
    if row.measure.day is None or row.measure.kind == "rate":
        return False  # what stands at a moment does not add up over months
    cells, before = cells_of(row), len(hidden)
    while way := ways_to(sorted(hidden, key=_order), [span for span in cells if span not in hidden]):
        hidden.add(min(way, key=lambda span: (span not in months, cells[span].numerator, _order(span))))
    for each in _sums(cells, months):
        while not any(total in hidden for total in each.totals) and _at_an_end(each, cells, hidden):
            shown = [span for span in each.parts if span not in hidden]
            hidden.add(min(shown, key=lambda span: cells[span].numerator, default=each.totals[0]))
    return len(hidden) > before


def _order(span: Span) -> tuple[date, date]:
    return span.first, span.last


def _at_an_end(each: Sum, cells: dict[Span, Figure], hidden: set[Span]) -> bool:
    """Whether all that is kept back of a sum is 1 to 4, and together the least or the most: then each is known."""
    kept_back = [span for span in each.parts if span in hidden]
    amounts = [list(_parts(cells[span])) for span in kept_back]
    for of_all in zip(*amounts, strict=True):
        least, most = len(of_all), (SMALL - 1) * len(of_all)
        if all(0 < amount < SMALL for amount in of_all) and sum(of_all) in {least, most}:
            return True
    return False


def _sums(cells: Iterable[Span], months: Sequence[Span]) -> list[Sum]:
    """Every total that is made of shown months, and every difference of two such totals."""
    made = {span: parts for span in cells if (parts := _made_of(span, months)) and parts != (span,)}
    sums = [Sum((span,), parts) for span, parts in made.items()]
    for outer, parts in made.items():
        for inner, fewer in made.items():
            if inner != outer and set(fewer) < set(parts):
                rest = tuple(part for part in parts if part not in fewer)
                sums.append(Sum((outer, inner), rest))
    return sums


def _made_of(span: Span, months: Sequence[Span]) -> tuple[Span, ...]:
    """The months that make up a span exactly; none if they do not."""
    inside = tuple(month for month in months if span.first <= month.first and month.last <= span.last)
    return inside if inside and inside[0].first == span.first and inside[-1].last == span.last else ()


def _covered(card: Scorecard, row: Row, hidden: set[Span]) -> Row:
    months = [_cover(figure, hidden) for figure in row.months]
    judged = row.judged
    of_period, before = _cover(judged.figure, hidden), _cover(judged.previous, hidden)
    kept = replace(
        judged,
        figure=of_period,
        previous=before,
        year_before=_cover(judged.year_before, hidden),
        year_to_date=_cover(judged.year_to_date, hidden),
        travel="not known" if of_period.hidden or before.hidden else judged.travel,
        status="not known" if of_period.hidden else judged.status,
    )
    values = [
        None if figure.hidden or figure.span.last > card.scene.today else figure.value for figure in months
    ]
    return replace(row, judged=kept, months=months, points=points_of(row.measure, values))


def _cover(figure: Figure, hidden: set[Span]) -> Figure:
    if figure.span not in hidden:
        return figure
    return covered(figure)
