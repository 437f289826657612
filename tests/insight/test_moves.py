"""What is kept of moves says exactly what the whole history says, whatever has happened since, to whoever asks."""

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, delete, func, insert, select

from earlyhelp.casework.restricting import lift_restriction, restrict_case
from earlyhelp.insight import flow, moves as reading_moves
from earlyhelp.insight.flow import counted_moves, departures
from earlyhelp.insight.moves import Travelled, kept_moves
from earlyhelp.permissions import SYSTEM, Person
from earlyhelp.records.cases import Case, Event
from earlyhelp.records.database import driver_of, reading, transaction
from earlyhelp.records.kept_moves import KeptMove, KeptMoves, LeftOutOfMoves, Move
from earlyhelp.records.retention import RetentionRun
from earlyhelp.scheduler import blocks
from earlyhelp.scheduler.moves import bring_moves_up
from tests.casework.test_perform import FIRST_CONTACT
from tests.casework.watched_cases import Council, act, allocated, contact, council_in, days

MARCH, APRIL = datetime(2026, 3, 9, 10, tzinfo=UTC), datetime(2026, 4, 14, 10, tzinfo=UTC)
ASKED = Travelled("standard", date(2026, 3, 9), date(2026, 4, 14))


@pytest.fixture
def council(engine: Engine) -> Council:
    """Two cases with a lead professional, one that was only told of."""
    council = council_in(engine)
    with transaction(engine) as connection:
        for number, surname in enumerate(("Rowe", "Kitto")):
            allocated(connection, council, at=MARCH + days(number), surname=surname)
        contact(connection, council, at=MARCH + days(2), surname="Bray")
    return council


def reference(connection: Connection, number: int) -> str:
    return connection.scalars(select(Case.reference).order_by(Case.id)).all()[number]


def told_more(connection: Connection, council: Council) -> None:
    allocated(connection, council, at=APRIL, surname="Penrose")


def moved_on(connection: Connection, council: Council) -> None:
    first = reference(connection, 0)
    act(
        connection,
        first,
        "record_first_contact",
        council["lead"],
        FIRST_CONTACT,
        now=APRIL,
        occurred_at=MARCH + days(3),
    )


def corrected(connection: Connection, council: Council) -> None:
    told = {"event": 1, "happened_at": (MARCH - days(2)).isoformat(), "reason": "Typed wrongly"}
    act(connection, reference(connection, 1), "correct_event", council["service_manager"], told, now=APRIL)


def restricted(connection: Connection, council: Council) -> None:
    restrict_case(
        connection,
        reference=reference(connection, 0),
        person=council["manager"],
        given={"reason": "A threat to the family"},
        now=APRIL,
    )


def opened_again(connection: Connection, council: Council) -> None:
    lift_restriction(
        connection,
        reference=reference(connection, 0),
        person=council["manager"],
        given={"reason": "The threat is over"},
        now=APRIL,
    )


MOVED = Event.from_state != Event.to_state
WAYS = select(Event.from_state, Event.action, Event.to_state).where(MOVED).distinct()


def place_of(move: flow.Departure) -> flow.Place:
    return flow.Place(move.occurred_on, move.case_id, move.sequence)


def every_move(connection: Connection, person: Person, state: str, **way: str) -> list[flow.Departure]:
    """The list of those who left a state from its first page to its last."""
    found: list[flow.Departure] = []
    after = None
    while True:
        page = departures(connection, person=person, asked=ASKED, state=state, after=after, **way)
        found += page[:1]
        if len(page) < 2:
            return found
        after = place_of(page[0])


HAPPENINGS: tuple[Callable[[Connection, Council], None], ...] = (told_more, moved_on, corrected, restricted)


def in_step(engine: Engine, person: Person) -> dict[Move, int]:
    with reading(engine) as connection:
        quickly = kept_moves(connection, person=person, asked=ASKED)
        slowly = counted_moves(connection, person, ASKED)
    assert quickly is not None
    assert +quickly == slowly
    return dict(slowly)


def test_what_happens_later_is_counted_at_once(engine: Engine, council: Council) -> None:
    person = council["service_manager"]
    assert bring_moves_up(engine, now=APRIL - days(1)) == 3
    moves = in_step(engine, person)
    assert sum(moves.values()) == 4
    for happens in HAPPENINGS:
        with transaction(engine) as connection:
            happens(connection, council)
        before, moves = moves, in_step(engine, person)
        assert moves != before, happens.__name__
    assert bring_moves_up(engine, now=APRIL + days(1)) > 0
    assert in_step(engine, person) == moves
    assert bring_moves_up(engine, now=APRIL + days(1)) == 0


KEPT_AFTER: Mapping[str, Container[str]] = {
    "nothing more": (),
    "restricting": ("restricted",),
    "opening": ("opened_again",),
    "all": ("restricted", "moved_on", "opened_again", "told_more"),
}


def readers(council: Council, case_id: int) -> Iterator[tuple[Person, bool]]:
    """Those who see everybody's cases, and whether they see this one also while it is restricted."""
    yield council["service_manager"], False
    yield replace(council["service_manager"], given=frozenset({case_id})), False
    named = {"given": frozenset({case_id}), "given_restricted": frozenset({case_id})}
    yield replace(council["service_manager"], **named), True
    for of_case in ("lead", "manager"):
        person = council[of_case]
        yield replace(person, roles=person.roles | {"service_manager"}), True
    yield SYSTEM, True


@pytest.mark.parametrize(
    ("begins", "kept_after"), [*(("open", after) for after in KEPT_AFTER), ("restricted", "nothing more")]
)
def test_a_restricted_case_is_in_the_picture_of_those_who_may_see_it_and_no_other(
    engine: Engine, council: Council, begins: str, kept_after: str
) -> None:
    """Whenever it was restricted or opened, and whenever the worker passed by."""
    steps = [restricted, moved_on, opened_again, told_more, restricted, corrected, opened_again]
    with transaction(engine) as connection:
        case_id = connection.scalars(select(Case.id).order_by(Case.id)).all()[0]
        for happens in steps[:1] if begins == "restricted" else ():
            happens(connection, council)
    bring_moves_up(engine, now=MARCH + days(20))
    for happens in steps[1:] if begins == "restricted" else steps:
        with transaction(engine) as connection:
            happens(connection, council)
        if happens.__name__ in KEPT_AFTER[kept_after]:
            bring_moves_up(engine, now=APRIL + days(1))
        with reading(engine) as connection:
            is_restricted = connection.scalar(select(Case.restricted).where(Case.id == case_id))
            if happens.__name__ in KEPT_AFTER[kept_after]:
                assert connection.scalars(select(LeftOutOfMoves.case_id)).all() == [case_id][:is_restricted]
        (of_all, *_), *others = [(in_step(engine, who), sees) for who, sees in readers(council, case_id)]
        more = [sum(theirs.values()) > sum(of_all.values()) for theirs, _ in others]
        assert more == [is_restricted and sees for _, sees in others], happens.__name__


def test_what_ended_in_the_middle_goes_on_and_readers_count_the_rest(
    engine: Engine, council: Council, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 2)
    ticks = iter((False, True))
    assert bring_moves_up(engine, now=APRIL, stopping=lambda: next(ticks)) == 2
    in_step(engine, council["service_manager"])
    assert bring_moves_up(engine, now=APRIL) == 1
    in_step(engine, council["service_manager"])


def test_what_is_still_being_written_is_not_passed_over(postgresql_engine: Engine) -> None:
    """Its events have lower numbers than those of somebody who began later and was done sooner."""
    council = council_in(postgresql_engine)
    with transaction(postgresql_engine) as connection:
        allocated(connection, council, at=MARCH, surname="Rowe")
    with transaction(postgresql_engine) as slow:
        moved_on(slow, council)
        driver_of(slow)  # sends what waits to be written
        with transaction(postgresql_engine) as quick:
            told_more(quick, council)
        bring_moves_up(postgresql_engine, now=APRIL + timedelta(minutes=1))
    in_step(postgresql_engine, council["service_manager"])
    bring_moves_up(postgresql_engine, now=APRIL + days(1))
    in_step(postgresql_engine, council["service_manager"])


def test_after_history_was_deleted_nothing_is_read_until_all_is_made_anew(
    engine: Engine, council: Council
) -> None:
    bring_moves_up(engine, now=APRIL)
    with transaction(engine) as connection:
        run = {"applied_at": APRIL, "applied_by": "tests", "running": False}
        connection.execute(insert(RetentionRun).values(run))
        assert kept_moves(connection, person=council["service_manager"], asked=ASKED) is None
    assert bring_moves_up(engine, now=APRIL) == 3
    in_step(engine, council["service_manager"])


def test_who_does_not_see_everybodys_cases_is_never_answered_from_it(
    engine: Engine, council: Council, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring_moves_up(engine, now=APRIL)
    manager, all_seeing = council["manager"], council["service_manager"]
    with reading(engine) as connection:
        assert kept_moves(connection, person=manager, asked=ASKED) is None
        theirs = counted_moves(connection, manager, ASKED)
        assert sum(theirs.values()) == 4
        assert theirs == counted_moves(connection, all_seeing, ASKED)
    with transaction(engine) as connection:
        told_more(connection, council)
        moved_on(connection, council)
        monkeypatch.setattr(reading_moves, "AT_MOST", 1)
        assert kept_moves(connection, person=all_seeing, asked=ASKED) is None, "too much has happened since"
        for table in (KeptMove, KeptMoves):
            connection.execute(delete(table))
        assert kept_moves(connection, person=all_seeing, asked=ASKED) is None, "nothing is kept"
        assert connection.scalar(select(func.count()).select_from(KeptMove)) == 0


def test_a_move_whose_day_was_corrected_twice_is_named_by_the_last(engine: Engine, council: Council) -> None:
    with transaction(engine) as connection:
        moved_on(connection, council)
        moved = connection.execute(select(Event).order_by(Event.id.desc()).limit(1)).one()
        for later in (4, 5):
            told = {
                "event": moved.sequence,
                "happened_at": (MARCH + days(later)).isoformat(),
                "reason": "Typed wrongly",
            }
            person = council["service_manager"]
            act(connection, reference(connection, 0), "correct_event", person, told, now=APRIL)
        found = {
            day: departures(
                connection, person=person, asked=Travelled("standard", on, on), state=moved.from_state
            )
            for day in (3, 4, 5)
            for on in [(MARCH + days(day)).date()]
        }
    assert [(one.sequence, one.occurred_on.day) for one in found.pop(5)] == [(moved.sequence, MARCH.day + 5)]
    assert not any(found.values())


@pytest.mark.parametrize("who", ["service_manager", "manager", "south_manager"])
def test_the_moves_by_one_way_are_those_of_the_state_that_went_that_way(
    engine: Engine, council: Council, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    """Page after page, the newest first, with moves whose day was corrected."""
    monkeypatch.setattr(flow, "PAGE", 1)
    with transaction(engine) as connection:
        for happens in (told_more, moved_on, corrected):
            happens(connection, council)
        moved = connection.execute(select(Event).order_by(Event.id.desc()).where(MOVED).limit(1)).one()
        told = {
            "event": moved.sequence,
            "happened_at": (MARCH + days(4)).isoformat(),
            "reason": "Typed wrongly",
        }
        act(
            connection, reference(connection, 0), "correct_event", council["service_manager"], told, now=APRIL
        )
        counted = counted_moves(connection, council[who], ASKED)
        for state, action, to in connection.execute(WAYS).all():
            by_any = every_move(connection, council[who], state)
            assert by_any == sorted(by_any, key=place_of, reverse=True)
            assert len(by_any) == sum(times for move, times in counted.items() if move.from_state == state)
            by_one = [move for move in by_any if (move.action, move.to_state) == (action, to)]
            assert every_move(connection, council[who], state, action=action, to=to) == by_one
            assert bool(by_one) == (who != "south_manager")
            assert not every_move(connection, council[who], state, action="no such action")
