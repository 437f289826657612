"""Each measure counts what somebody would who reads every event of every case, now and as known on an earlier day."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime
from statistics import fmean, median
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select

from earlyhelp.insight.measures.asking import months_to, scene_of
from earlyhelp.insight.measures.behind import Part, behind
from earlyhelp.insight.measures.counting import since_april
from earlyhelp.insight.measures.definitions import LIST, MEASURES
from earlyhelp.insight.measures.figures import Figure, counted_rows, figures
from earlyhelp.insight.measures.measure import Measure
from earlyhelp.insight.measures.scene import Scene, Span
from earlyhelp.permissions import SYSTEM
from earlyhelp.records.database import reading
from tests.insight.measures.counted import by_day, of_span
from tests.insight.measures.lived import NOW, SEEDS, copied, history
from tests.insight.measures.walked import World, read_world

MONTHS = months_to(date(2026, 4, 18), 11)
KNOWN_ON = date(2026, 1, 15)
END_OF_THAT_DAY = datetime(2026, 1, 16, tzinfo=UTC)
RATES = {"early_help_rate": "assessments_started", "referral_rate": "re_referral_social_care_12m"}


def walked(world: World, spans: tuple[Span, ...]) -> dict[str, list[list[int]]]:
    """For each measure and span the values of what it counts, smallest first."""
    on_days = by_day(world)
    found = {
        key: [sorted(value for day, value in rows if span.first <= day <= span.last) for span in spans]
        for key, rows in on_days.items()
    }
    for span in spans:
        for key, values in of_span(world, span.first, span.last).items():
            found.setdefault(key, []).append(sorted(values))
    for rate, counts in RATES.items():
        found[rate] = [
            [1 for day, _ in on_days[counts] if since_april(span.last).first <= day <= span.last]
            for span in spans
        ]
    return found


def counted(connection: Connection, measure: Measure, scene: Scene) -> list[list[int]]:
    rows = counted_rows(measure, scene).cte()
    values: dict[int, list[int]] = defaultdict(list)
    for span, value in connection.execute(select(rows.c.span, rows.c.value)):
        values[span].append(int(value))
    return [sorted(values[number]) for number in range(len(scene.spans))]


def expected_value(measure: Measure, values: list[int]) -> float | None:
    if measure.kind == "count":
        return len(values)
    if not values:
        return None
    if measure.kind == "share":
        return 100 * fmean(values)
    if measure.kind == "median":
        return median(values)
    return max(values) if measure.kind == "longest" else fmean(values)


def same(figure: Figure, values: list[int]) -> bool:
    if figure.measure.kind in {"rate", "per_fte"}:
        return figure.numerator == len(values)
    if figure.measure.kind != "longest" and figure.numerator != sum(values):
        return False
    expected = expected_value(figure.measure, values)
    return figure.value == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize("seed", SEEDS)
def test_every_measure_counts_what_a_walk_through_the_history_counts(engine: Engine, seed: int) -> None:
    copied(seed, engine)
    with reading(engine) as connection:
        for known_on, at, before in ((None, NOW, None), (KNOWN_ON, END_OF_THAT_DAY, END_OF_THAT_DAY)):
            scene = scene_of(connection, *MONTHS, now=NOW, as_known_on=known_on)
            assert scene.at == at
            expected = walked(read_world(connection, at=at, recorded_before=before), MONTHS)
            assert set(expected) == set(MEASURES)
            if known_on is None:
                rows = {measure.key: counted(connection, measure, scene) for measure in LIST}
                wrong = {key: (rows[key], expected[key]) for key in rows if rows[key] != expected[key]}
                assert wrong == {}
            found = figures(connection, LIST, scene)
            assert [
                (key, figure.span)
                for key, of_months in found.items()
                for figure, values in zip(of_months, expected[key], strict=True)
                if not same(figure, values)
            ] == []


def test_the_histories_have_something_of_everything() -> None:
    """A measure that is empty in all histories would be tested by nothing."""
    filled: set[str] = set()
    for seed in SEEDS:
        with history(seed) as engine, reading(engine) as connection:
            world = read_world(connection, at=NOW, recorded_before=None)
        filled |= {key for key, of_months in walked(world, MONTHS).items() if any(of_months)}
    elsewhere = {"compliments", "feedback", "family_satisfaction", "strategy_discussions_complete"}
    assert set(MEASURES) - filled == elsewhere


def test_every_number_opens_into_as_many_rows(engine: Engine) -> None:
    copied(1, engine)
    with reading(engine) as connection:
        scene = scene_of(connection, Span(date(2025, 10, 1), date(2026, 3, 31)), now=NOW)
        found = figures(connection, LIST, scene)
        for measure in LIST:
            figure = found[measure.key][0]
            whole = behind(connection, measure, scene, person=SYSTEM)
            assert (
                whole.total
                == whole.visible
                == sum(1 for _ in _walk(connection, measure, scene, "denominator"))
            )
            if measure.kind == "share":
                assert whole.total == figure.denominator
                counted = list(_walk(connection, measure, scene, "numerator"))
                assert len(counted) == figure.numerator
            elif measure.kind in {"count", "rate", "per_fte"}:
                assert whole.total == figure.numerator
            else:
                assert whole.total == figure.denominator


def _walk(connection: Connection, measure: Measure, scene: Scene, part: Part) -> Iterator[Any]:
    """Every row of every page."""
    after: str | None = None
    while True:
        page = behind(connection, measure, scene, person=SYSTEM, part=part, after=after, limit=40)
        yield from page.rows
        after = page.following
        if after is None:
            return
