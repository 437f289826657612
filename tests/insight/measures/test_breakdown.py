"""A figure in parts says of those that are shown what it says of them all, and counts nothing twice for them."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine

from earlyhelp.insight.measures import kept as keeping
from earlyhelp.insight.measures.asking import scene_of
from earlyhelp.insight.measures.counting import since_april
from earlyhelp.insight.measures.definitions import MEASURES
from earlyhelp.insight.measures.kept_splits import kept_spreads
from earlyhelp.insight.measures.narrowing import EVERYWHERE
from earlyhelp.insight.measures.splits import Breakdown, broken_down, counted_spreads
from earlyhelp.insight.scorecard.contents import Asked, Scorecard, scorecard
from earlyhelp.records.database import reading, transaction
from earlyhelp.scheduler.figures import keep_figures
from tests.casework.watched_cases import contact, council_in, days
from tests.insight.measures.lived import NOW, copied
from tests.insight.measures.test_kept import APRIL, LAST, MARCH, PARTS

YEAR = since_april(LAST)
LAG = MEASURES["recording_lag"]


def test_the_largest_parts_are_the_first_of_all_by_size_and_then_by_name(engine: Engine) -> None:
    copied(1, engine)
    keep_figures(engine, now=NOW)
    with reading(engine) as connection:
        scene = scene_of(connection, YEAR, now=NOW)
        for key, by in PARTS:
            parts = broken_down(connection, MEASURES[key], scene, by)
            in_order = list(parts)
            assert in_order == sorted(in_order, key=lambda part: (-parts.sizes[part.key], part.label))
            for count in range(1, len(parts) + 2):
                assert parts.largest(count) == in_order[:count], (key, by, count)


def test_names_are_read_of_what_is_shown_and_what_is_as_large(engine: Engine) -> None:
    """Hundreds of workers have a part in a figure, of which a page shows fifty."""
    with reading(engine) as connection:
        scene = scene_of(connection, YEAR, now=NOW)
        asked_for: list[str] = []

        def names(keys: Collection[str]) -> Mapping[str, str]:
            asked_for.extend(keys)
            return {"1": "Zoe", "2": "Abel"}

        counted = {"1": {0: 4}, "2": {1: 3, 2: 1}, "3": {0: 9}, "4": {0: 1}}
        spreads = {key: Counter(times) for key, times in counted.items()}
        parts = Breakdown(LAG, scene, spreads, names)
    assert [(part.label, part.figure.value) for part in parts.largest(2)] == [("3", 0), ("Abel", 1)]
    assert sorted(asked_for) == ["1", "2", "3"]
    assert [part.figure.hidden for part in replace(parts, hidden=frozenset("3")).largest(2)] == [True, False]
    assert (parts.smallest(["1", "2"]), parts.smallest(["1", "3"])) == ("2", "1")


def one_is_kept_and_one_came_since(engine: Engine) -> None:
    council = council_in(engine)
    with transaction(engine) as connection:
        contact(connection, council, at=MARCH)
    keep_figures(engine, now=APRIL - days(1))
    with transaction(engine) as connection:
        contact(connection, council, at=MARCH + days(1), surname="Rowe")


def card_of(connection: Connection) -> Scorecard:
    return scorecard(connection, Asked(YEAR), now=APRIL, measures=[LAG])


def assert_parts_in_step(connection: Connection, card: Scorecard) -> None:
    """Out of what is kept, and with what the card has read, they are what the history says."""
    scene = card.scene.over((YEAR,))
    quickly = kept_spreads(connection, LAG, scene, "worker", EVERYWHERE, card.kept)
    assert quickly == counted_spreads(connection, LAG, scene, "worker")


def test_what_happened_since_is_counted_once_for_a_figure_and_its_parts(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_is_kept_and_one_came_since(engine)
    count, counted = keeping.count_cases, []

    def counting(*args: object, **given: object) -> object:
        counted.append(args)
        return count(*args, **given)  # type: ignore[arg-type]

    monkeypatch.setattr(keeping, "count_cases", counting)
    with reading(engine) as connection:
        card = card_of(connection)
        assert card.rows[0].judged.figure.denominator == 2
        assert_parts_in_step(connection, card)
    assert len(counted) == 1


def test_what_is_kept_anew_between_a_figure_and_its_parts_is_read_as_it_is_then(engine: Engine) -> None:
    one_is_kept_and_one_came_since(engine)
    with reading(engine) as connection:
        card = card_of(connection)
    keep_figures(engine, now=APRIL - timedelta(hours=1))
    with reading(engine) as connection:
        assert card.kept is not None
        assert not card.kept.holds(connection)
        assert_parts_in_step(connection, card)
