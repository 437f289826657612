"""A figure in parts says of those that are shown what it says of them all."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace

from sqlalchemy import Engine

from earlyhelp.insight.measures.asking import scene_of
from earlyhelp.insight.measures.counting import since_april
from earlyhelp.insight.measures.definitions import MEASURES
from earlyhelp.insight.measures.splits import Breakdown, broken_down
from earlyhelp.records.database import reading
from earlyhelp.scheduler.figures import keep_figures
from tests.insight.measures.lived import NOW, copied
from tests.insight.measures.test_kept import LAST, PARTS

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
