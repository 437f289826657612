"""What published spans give away of one kept back: held against the algebra of sums, which knows no short cut."""

from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given, strategies as some

from earlyhelp.insight.measures.asking import month_of, months_to
from earlyhelp.insight.measures.scene import Span
from earlyhelp.insight.scorecard.subtraction import ways_to

APRIL = date(2026, 4, 1)
QUARTERS = [Span(date(2026, 4, 1), date(2026, 6, 30)), Span(date(2026, 7, 1), date(2026, 9, 30))]
HALF = Span(date(2026, 4, 1), date(2026, 9, 30))
SPANS = some.tuples(some.integers(0, 6), some.integers(0, 6)).map(
    lambda days: Span(APRIL + timedelta(min(days)), APRIL + timedelta(max(days)))
)


def test_a_period_kept_back_is_told_by_the_year_to_date_less_the_period_before() -> None:
    assert set(ways_to([QUARTERS[1]], [QUARTERS[0], HALF])) == {QUARTERS[0], HALF}
    assert ways_to([QUARTERS[1]], [HALF]) == []


def test_one_month_kept_back_is_told_by_the_total_and_the_other_months() -> None:
    months = list(months_to(date(2026, 9, 30)))[-6:]
    hidden = month_of(date(2026, 6, 1))
    shown = [month for month in months if month != hidden]
    assert set(ways_to([hidden], [*shown, HALF])) == {*shown, HALF}
    assert ways_to([hidden, months[0]], [*shown[1:], HALF]) == []


@given(SPANS, some.sets(SPANS, max_size=6))
def test_a_span_is_told_exactly_when_it_is_a_sum_of_shown_ones(hidden: Span, shown: set[Span]) -> None:
    told = bool(ways_to([hidden], shown))
    vectors = [days_of(span) for span in shown]
    assert told == (rank([*vectors, days_of(hidden)]) == rank(vectors))


def days_of(span: Span) -> list[Fraction]:
    days = [APRIL + timedelta(number) for number in range(7)]
    return [Fraction(span.first <= day <= span.last) for day in days]


def rank(rows: list[list[Fraction]]) -> int:
    """By elimination."""
    found, rows = 0, [list(row) for row in rows]
    for column in range(7):
        pivot = next((row for row in rows if row[column]), None)
        if pivot is None:
            continue
        rows.remove(pivot)
        rows = [
            [a - pivot[place] * row[column] / pivot[column] for place, a in enumerate(row)] for row in rows
        ]
        found += 1
    return found
