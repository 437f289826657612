"""In which figures a few cases count is said by what is kept exactly as by the history."""

from collections.abc import Mapping, Sequence

import pytest
from sqlalchemy import Connection, Engine, select, update

from earlyhelp.insight.measures import kept as keeping, kept_few
from earlyhelp.insight.measures.asking import scene_of
from earlyhelp.insight.measures.definitions import MEASURES
from earlyhelp.insight.measures.figures import Figure
from earlyhelp.insight.measures.kept import kept_of
from earlyhelp.insight.measures.kept_cases import Counted
from earlyhelp.insight.measures.kept_few import Place, few_count_in
from earlyhelp.insight.measures.kept_rules import KEPT
from earlyhelp.insight.measures.narrowing import EVERYWHERE, Narrowed
from earlyhelp.insight.measures.scene import Scene
from earlyhelp.insight.scorecard.unseen import _counting_in_history
from earlyhelp.records.cases import Case
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.kept_figures import KeptFigures
from earlyhelp.scheduler.figures import keep_figures
from tests.casework.watched_cases import Council, act, allocated, contact, council_in, days, the_clock
from tests.insight.measures.lived import NOW, copied
from tests.insight.measures.test_kept import APRIL, MARCH, SPANS, UNDER_WAY, contacted_late, ways_to_narrow

ASKED = [(measure, span) for measure in KEPT for span in dict.fromkeys(SPANS)]


def by_history(
    connection: Connection, scene: Scene, narrowed: Narrowed, cases: tuple[int, ...]
) -> set[Place]:
    asked = [Figure(measure, span, 1, 1, None) for measure, span in ASKED]
    found = _counting_in_history(connection, asked, scene, narrowed, cases)
    return {(figure.measure.key, figure.span) for figure in found}


def as_kept(connection: Connection, scene: Scene, narrowed: Narrowed, cases: tuple[int, ...]) -> set[Place]:
    """All figures at once, and one at a time, which reads their lists."""
    told = few_count_in(connection, ASKED, scene, narrowed, cases)
    assert len(told) == len(ASKED)
    for asked in ASKED[::149]:
        assert few_count_in(connection, [asked], scene, narrowed, cases).items() <= told.items()
    return {place for place, counts in told.items() if counts}


def test_of_a_lived_history(engine: Engine) -> None:
    copied(1, engine)
    keep_figures(engine, now=NOW)
    with reading(engine) as connection:
        scene = scene_of(connection, *dict.fromkeys(SPANS), now=NOW)
        ids = tuple(connection.scalars(select(Case.id).order_by(Case.id)))
        ever = 0
        for number, narrowed in enumerate((EVERYWHERE, *ways_to_narrow(connection)[::4])):
            cases = ids[number::9]
            found = by_history(connection, scene, narrowed, cases)
            assert as_kept(connection, scene, narrowed, cases) == found, narrowed
            ever += bool(found)
        assert ever


def moved_to_february(connection: Connection, council: Council) -> None:
    """The first contact counts in March no more."""
    first = connection.scalar(select(Case.reference).order_by(Case.id).limit(1)) or ""
    told = {"event": 1, "happened_at": (MARCH - days(20)).isoformat(), "reason": "The wrong month was typed"}
    act(connection, first, "correct_event", council["service_manager"], told, now=APRIL)


def test_of_what_happened_since(engine: Engine) -> None:
    council = council_in(engine)
    with transaction(engine) as connection:
        for number in range(3):
            contact(connection, council, at=MARCH + days(number), surname=f"Roe{number}")
        allocated(connection, council, at=MARCH + days(1), surname="Kitto")
    keep_figures(engine, now=APRIL - days(1))
    ways = (EVERYWHERE, Narrowed(worker_id=council["lead"].id))
    for number, happens in enumerate((moved_to_february, contacted_late)):
        with transaction(engine) as connection:
            happens(connection, council)
            scene = scene_of(connection, *dict.fromkeys(SPANS), now=APRIL)
            ids = tuple(connection.scalars(select(Case.id).order_by(Case.id)))
            for cases in (ids[:1], ids[-4:]):
                found = by_history(connection, scene, ways[number % 2], cases)
                assert as_kept(connection, scene, ways[number % 2], cases) == found, (happens, cases)


def test_of_what_is_not_kept_nothing_is_said(engine: Engine) -> None:
    council = council_in(engine)
    with transaction(engine) as connection:
        contact(connection, council, at=MARCH)
        scene = scene_of(connection, *dict.fromkeys(SPANS), now=APRIL)
        assert few_count_in(connection, ASKED, scene, EVERYWHERE, (1,)) == {}


def test_of_what_fell_due_in_too_many_cases_nothing_is_said(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    council = council_in(engine)
    with transaction(engine) as connection:
        allocated(connection, council, at=APRIL)
        moment = the_clock(connection, "first_contact").due_at
    keep_figures(engine, now=moment - days(1))
    monkeypatch.setattr(keeping, "AT_MOST", 0)
    month = UNDER_WAY[0]
    received, due = MEASURES["contacts_received"], MEASURES["first_contact_in_time"]
    with reading(engine) as connection:
        scene = scene_of(connection, month, now=moment)
        told = few_count_in(connection, [(received, month), (due, month)], scene, EVERYWHERE, (1,))
    assert told == {(received.key, month): True}


def test_nothing_is_said_that_was_kept_anew_meanwhile(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    council = council_in(engine)
    with transaction(engine) as connection:
        contact(connection, council, at=MARCH)
    keep_figures(engine, now=APRIL)

    def meanwhile(connection: Connection, cases: Sequence[int]) -> Mapping[int, Counted]:
        connection.execute(update(KeptFigures).values(turn=KeptFigures.turn + 1))
        return kept_of(connection, cases)

    monkeypatch.setattr(kept_few, "kept_of", meanwhile)
    with transaction(engine) as connection:
        scene = scene_of(connection, *dict.fromkeys(SPANS), now=APRIL)
        assert few_count_in(connection, ASKED, scene, EVERYWHERE, (1,)) == {}
