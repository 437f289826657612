"""What is kept of the month under way is what the history says, however much time has passed since it was kept."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from sqlalchemy import Connection, Engine, select

from earlyhelp.insight.measures import kept as keeping
from earlyhelp.insight.measures.asking import month_of, scene_of
from earlyhelp.insight.measures.definitions import MEASURES
from earlyhelp.insight.measures.kept import kept_amounts
from earlyhelp.insight.measures.kept_rules import KEPT
from earlyhelp.insight.measures.narrowing import EVERYWHERE
from earlyhelp.insight.measures.ripening import ripens
from earlyhelp.pathway.calendar import england
from earlyhelp.records.cases import Case
from earlyhelp.records.clocks import ClockRow
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.kept_figures import KeptFigures
from earlyhelp.scheduler import blocks
from earlyhelp.scheduler.figures import keep_figures
from tests.casework.test_perform import ASSESSMENT, FIRST_CONTACT
from tests.casework.watched_cases import Council, act, allocated, council_in, days, the_clock
from tests.insight.measures.lived import NOW, copied
from tests.insight.measures.test_kept import (
    LAST,
    SPANS,
    UNDER_WAY,
    assert_in_step,
    assert_parts_in_step,
    submitted,
)

TIMELY = tuple(measure for measure in KEPT if ripens(measure) or measure.day is None)
"""What time alone can change; the others are compared elsewhere."""
DUE = [MEASURES["first_contact_in_time"], MEASURES["first_contact_in_time_net"]]
APRIL = datetime(2026, 4, 1, 9, tzinfo=UTC)
A_MOMENT = timedelta(microseconds=1)
CLOSING = {
    "end_measure": "outcomes_achieved",
    "family_feedback": "It helped",
    "achieved": "A dry bedroom",
    **{name: 7 for name in ASSESSMENT if name.startswith("score")},
}


def moments(engine: Engine) -> list[datetime]:
    """Until the month is over: just before and at due moments and midnights, and anywhere between."""
    random, end = Random(2), england().end_of(UNDER_WAY[0].last)
    with reading(engine) as connection:
        due = connection.scalars(select(ClockRow.due_at).where(ClockRow.due_at.between(NOW, end)).distinct())
        edges = [*due, *(england().start_of(date(2026, 4, day)) for day in range(19, 31))]
    found = [at + random.choice((-A_MOMENT, timedelta(0), A_MOMENT)) for at in edges]
    found += [NOW + (end - NOW) * random.random() for _ in edges]
    return sorted([*random.sample(found, 5), end, end + days(random.random())])


def test_time_passes_over_a_lived_history(engine: Engine) -> None:
    copied(1, engine)
    keep_figures(engine, now=NOW)
    # To count the whole history takes long: other moments on each database.
    some = moments(engine)[:: 4 if engine.dialect.name == "postgresql" else 3]
    for now in some:
        assert_in_step(engine, now=now, measures=TIMELY)
    timely = [
        ("open_cases", "state_kind"),
        ("authorisation_oldest", "team"),
        ("assessment_in_time", "worker"),
    ]
    assert_parts_in_step(engine, parts=timely, now=some[-2], span=UNDER_WAY[0])
    keep_figures(engine, now=some[-2])
    assert_in_step(engine, now=some[-1], measures=TIMELY)


def fell_due(connection: Connection, council: Council) -> tuple[str, datetime]:
    allocated(connection, council, at=APRIL)
    return "first_contact_in_time_net", the_clock(connection, "first_contact").due_at


def was_met_after_a_pause(connection: Connection, council: Council) -> tuple[str, datetime]:
    """Its due moment without the pause comes after all is done."""
    reference = paused(connection, council)
    lead, then = council["lead"], APRIL + days(2.5)
    again = {"clock": "first_contact", "reason": "Back home"}
    act(connection, reference, "resume_clock", council["manager"], again, now=then)
    act(connection, reference, "record_first_contact", lead, FIRST_CONTACT, now=then)
    return "first_contact_in_time", the_clock(connection, "first_contact").gross_due_at


def stands_still(connection: Connection, council: Council) -> tuple[str, datetime]:
    paused(connection, council)
    return "first_contact_in_time", the_clock(connection, "first_contact").gross_due_at


def paused(connection: Connection, council: Council) -> str:
    reference = allocated(connection, council, at=APRIL)
    pause = {"clock": "first_contact", "reason": "Family abroad"}
    act(connection, reference, "pause_clock", council["manager"], pause, now=APRIL + days(1))
    return reference


def was_due_from_the_contact(connection: Connection, council: Council) -> tuple[str, datetime]:
    """Fifteen working days from Saturday 14 March, two of them at Easter."""
    allocated(connection, council, at=datetime(2026, 3, 14, 10, tzinfo=UTC))
    return "assessment_in_time_from_contact", england().start_of(date(2026, 4, 8)) + A_MOMENT


def held_for_six_months(connection: Connection, council: Council) -> tuple[str, datetime]:
    """From the last day of October to that of April, which has a day less."""
    ended = datetime(2025, 10, 31, 15, tzinfo=UTC)
    reference = allocated(connection, council, at=ended)
    act(connection, reference, "record_first_contact", council["lead"], FIRST_CONTACT, now=ended)
    act(connection, reference, "close_case", council["lead"], CLOSING, now=ended)
    return "sustained_6m", england().start_of(date(2026, 4, 30)) + A_MOMENT


def waited_a_day(connection: Connection, council: Council) -> tuple[str, datetime]:
    """Since Maundy Thursday: the next working day is the Tuesday."""
    submitted(connection, council, at=APRIL + days(1))
    return "authorisation_oldest", england().start_of(date(2026, 4, 7)) + A_MOMENT


RIPENS = (fell_due, was_met_after_a_pause, stands_still, was_due_from_the_contact, held_for_six_months)


@pytest.mark.parametrize("happened", [*RIPENS, waited_a_day], ids=lambda one: one.__name__)
def test_a_figure_of_the_month_under_way_changes_at_its_moment(
    engine: Engine, happened: Callable[[Connection, Council], tuple[str, datetime]]
) -> None:
    council = council_in(engine)
    with transaction(engine) as connection:
        key, moment = happened(connection, council)
    measure, spans = MEASURES[key], UNDER_WAY
    assert moment.date() > LAST
    keep_figures(engine, now=moment - timedelta(minutes=30))
    before = assert_in_step(engine, now=moment - A_MOMENT, measures=[measure])
    after = assert_in_step(engine, now=moment, measures=[measure])
    assert all(after.added[key, span] != before.added[key, span] for span in spans) or all(
        after.total[key, span] == 1 + before.total[key, span] for span in spans
    )
    assert (keep_figures(engine, now=moment) == 1) == ripens(measure)
    assert keep_figures(engine, now=moment + timedelta(minutes=1)) == 0
    assert assert_in_step(engine, now=moment + timedelta(minutes=1), measures=[measure]) == after
    ahead_of_whoever_looks = assert_in_step(engine, now=moment - A_MOMENT, measures=[measure])
    assert ahead_of_whoever_looks == before


def test_what_waits_is_told_as_of_each_day(engine: Engine) -> None:
    council = council_in(engine)
    with transaction(engine) as connection:
        for day in (2, 10, 11):  # a Saturday is the last
            submitted(connection, council, at=APRIL + days(day - 1))
    keep_figures(engine, now=APRIL + days(10.5))
    waits = [measure for measure in KEPT if measure.waits]
    assert [measure.key for measure in waits] == ["authorisation_wait", "authorisation_oldest"]
    passed = (*range(9), 20, 32) if engine.dialect.name == "sqlite" else (0, 1, 20, 32)
    oldest = []
    for after in passed:
        now = APRIL + days(10.5 + after)
        amounts = assert_in_step(engine, now=now, measures=waits)
        oldest.append(max(amounts.spread["authorisation_oldest", UNDER_WAY[0]]))
        assert_parts_in_step(engine, parts=[("authorisation_oldest", "team")], now=now, span=UNDER_WAY[0])
    assert (oldest[0], oldest[-1]) == (4, 18)


def test_too_much_that_fell_due_leaves_only_what_falls_due_to_the_history(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    council = council_in(engine)
    with transaction(engine) as connection:
        _, moment = fell_due(connection, council)
    keep_figures(engine, now=moment - days(1))
    monkeypatch.setattr(keeping, "AT_MOST", 0)
    with reading(engine) as connection:
        told = kept_amounts(connection, KEPT, scene_of(connection, *SPANS, now=moment), EVERYWHERE).total
    assert told.keys() == {(m.key, s) for m in KEPT for s in SPANS if s not in UNDER_WAY or not ripens(m)}


def test_what_falls_due_is_not_asked_for_months_that_have_ended(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    council = council_in(engine)
    with transaction(engine) as connection:
        _, moment = fell_due(connection, council)
    keep_figures(engine, now=moment - days(1))
    monkeypatch.delattr(keeping, "ripened")
    with reading(engine) as connection:
        ended = scene_of(connection, month_of(LAST), now=moment)
        assert len(kept_amounts(connection, KEPT, ended, EVERYWHERE).total) == len(KEPT)


def three_due(engine: Engine, council: Council) -> datetime:
    """Kept the day before all three fall due; the moment when they do."""
    with transaction(engine) as connection:
        for surname in ("Kitto", "Roe", "Rowe"):
            allocated(connection, council, at=APRIL, surname=surname)
        moment = the_clock(connection, "first_contact").due_at
    keep_figures(engine, now=moment - days(1))
    return moment


def judged_at(engine: Engine) -> datetime | None:
    with reading(engine) as connection:
        return connection.scalar(select(KeptFigures.judged_at))


def test_much_that_falls_due_at_once_is_counted_in_several_transactions(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 1)
    moment = three_due(engine, council_in(engine))
    ticks = iter((False, False, True, True))
    assert keep_figures(engine, now=moment, stopping=lambda: next(ticks)) == 1
    assert judged_at(engine) == moment - days(1)
    assert_in_step(engine, now=moment, measures=DUE)
    assert keep_figures(engine, now=moment) == 3
    assert judged_at(engine) == moment
    assert_in_step(engine, now=moment, measures=DUE)


def test_of_two_that_count_what_fell_due_at_once_one_gives_way(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 2)
    moment = three_due(engine, council_in(engine))
    others: list[int] = []

    def meanwhile() -> bool:
        if len(others) == 1:
            others.append(keep_figures(engine, now=moment + timedelta(seconds=1)))
        others.append(0)
        return False

    assert keep_figures(engine, now=moment, stopping=meanwhile) == 0
    assert others[1] == 3
    assert judged_at(engine) == moment + timedelta(seconds=1)
    assert_in_step(engine, now=moment, measures=DUE)


def test_what_one_counts_whose_clock_is_behind_is_not_taken_for_judged(engine: Engine) -> None:
    council = council_in(engine)
    moment = three_due(engine, council)
    keep_figures(engine, now=moment)
    with transaction(engine) as connection:
        allocated(connection, council, at=APRIL, surname="Nance")
    keep_figures(engine, now=moment - timedelta(seconds=1))
    assert_in_step(engine, now=moment, measures=DUE)


def test_one_that_goes_on_in_a_month_that_another_began_counts_what_fell_due_at_its_midnight(
    engine: Engine,
) -> None:
    council = council_in(engine)
    with transaction(engine) as connection:
        for surname in ("Kitto", "Roe"):
            allocated(connection, council, at=APRIL + days(22), surname=surname)
        midnight = the_clock(connection, "first_contact").due_at
    of_april = month_of(date(2026, 4, 30))
    assert midnight == england().end_of(of_april.last)
    later, others = midnight + timedelta(seconds=1), [0]

    def meanwhile() -> bool:
        if others.pop() == 0:
            keep_figures(engine, now=later, stopping=lambda: True)
        others.append(1)
        return False

    assert keep_figures(engine, now=midnight - timedelta(minutes=5), stopping=meanwhile) == 2
    with reading(engine) as connection:
        told = kept_amounts(connection, DUE, scene_of(connection, of_april, now=later), EVERYWHERE).total
    assert told == {(measure.key, of_april): 2 for measure in DUE}


def test_what_happened_is_kept_as_of_when_the_rest_is_judged(engine: Engine) -> None:
    """One that ended before it took what had fallen due: whoever reads by a clock behind its own sees no more."""
    council = council_in(engine)
    moment = three_due(engine, council)
    pause = {"clock": "assessment", "reason": "Family abroad"}
    with transaction(engine) as connection:
        reference = connection.scalar(select(Case.reference).order_by(Case.id).limit(1)) or ""
        act(connection, reference, "pause_clock", council["manager"], pause, now=APRIL + days(1))
    assert keep_figures(engine, now=moment, stopping=lambda: True) == 1
    assert judged_at(engine) == moment - days(1)
    assert_in_step(engine, now=moment - A_MOMENT, measures=DUE)
    assert_in_step(engine, now=moment, measures=DUE)
