"""What is kept of the dashboard says what counting says, to those alone who see everybody's cases, and not for long."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import Connection, Engine, func, insert, select, update

from earlyhelp import counting
from earlyhelp.casework.kept_board import keep_board
from earlyhelp.casework.restricting import restrict_case
from earlyhelp.counting import FRESH, bring_board_up, count_again
from earlyhelp.insight.board_owners import Owners
from earlyhelp.insight.dashboard import Board, board
from earlyhelp.insight.flow import states_now
from earlyhelp.insight.kept_board import (
    SERVES,
    Counted,
    Told,
    kept_board,
    last_counted,
    told_board,
    told_states,
)
from earlyhelp.pathway.calendar import england
from earlyhelp.permissions import SYSTEM, Person
from earlyhelp.records.cases import Case
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.kept_board import KeptBoard
from earlyhelp.records.organisation import CouncilSetting
from earlyhelp.records.workload import KEY
from tests.casework.watched_cases import MONDAY, Council, accepted, act, allocated, contact, council_in, days

NOW = MONDAY + days(16)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def council(engine: Engine) -> Council:
    """Two families with a worker, of whom one is restricted; one to allocate and one contact of today."""
    council = council_in(engine)
    with transaction(engine) as connection:
        allocated(connection, council, surname="Angove")
        hidden = allocated(connection, council, surname="Bolitho")
        accepted(connection, council, surname="Curnow")
        contact(connection, council, at=NOW - MINUTE, surname="Hosken")
        why = {"reason": "A threat to the family"}
        restrict_case(connection, reference=hidden, person=council["manager"], given=why, now=NOW)
    return council


def kept_for(engine: Engine, person: Person, now: datetime = NOW) -> Told | None:
    with reading(engine) as connection:
        return kept_board(connection, person=person, now=now)


def test_it_says_what_counting_says(engine: Engine, council: Council) -> None:
    head = council["service_manager"]
    assert bring_board_up(engine, now=NOW, above=2)
    with reading(engine) as connection:
        counted = board(connection, person=head, now=NOW, calendar=england())
        states = states_now(connection, person=head, pathway="standard")
        hidden = connection.scalars(select(Case.id).where(Case.restricted)).all()
    assert counted.open_cases == 3, "the restricted one is not theirs to see"
    assert (len(counted.owners.first), counted.front_door.received) == (3, 1)
    assert kept_for(engine, head) == Told(Counted(NOW, counted, {"standard": states}, hidden), ())


def test_what_was_counted_serves_two_minutes_and_never_before(engine: Engine, council: Council) -> None:
    bring_board_up(engine, now=NOW, above=2)
    told = {
        moment: kept_for(engine, council["service_manager"], NOW + moment) for moment in (-MINUTE, SERVES)
    }
    assert told[-MINUTE] is None
    assert told[SERVES] is not None
    assert kept_for(engine, council["service_manager"], NOW + SERVES + timedelta(seconds=1)) is None


def test_what_was_counted_yesterday_says_nothing_of_today(engine: Engine, council: Council) -> None:
    midnight = england().start_of(NOW.date())
    bring_board_up(engine, now=midnight - MINUTE, above=2)
    assert kept_for(engine, council["service_manager"], midnight - timedelta(seconds=1)) is not None
    assert kept_for(engine, council["service_manager"], midnight) is None


@pytest.mark.parametrize(
    "who", ["manager", "south_manager", "screening_manager", "social_care_manager", "lead"]
)
def test_who_sees_fewer_cases_is_never_told_from_it(engine: Engine, council: Council, who: str) -> None:
    bring_board_up(engine, now=NOW, above=2)
    assert kept_for(engine, council[who]) is None


def test_whoever_may_see_restricted_cases_is_told_those_too(engine: Engine, council: Council) -> None:
    """Everybody who sees all other cases, and each a few of these: where a case is led, of a team, or given."""
    with transaction(engine) as connection:
        _hide(connection, contact(connection, council, at=NOW - MINUTE, surname="Jago"))
        today, outlived = (_closed(connection, council, at) for at in (NOW - MINUTE, MONDAY))
        answer = {"told_what": "No further action", "how": "phone"}
        act(connection, today, "answer_referrer", council["screener"], answer, now=NOW)
        _hide(connection, today)
        _hide(connection, outlived)
    bring_board_up(engine, now=NOW, above=2)
    few = {}
    for who in (council["service_manager"], *_heads(engine, council)):
        told, counted = told_to(engine, who), counted_for(engine, who)
        assert numbers(told) == numbers(counted), who
        few[who.name] = (told.open_cases, told.in_no_table, told.front_door.received)
    assert few == {
        "Service Manager": (3, 0, 1),
        "Named to all": (5, 2, 3),
        "Named to one": (4, 1, 1),
        "Lead": (4, 1, 1),
        "Manager": (4, 1, 1),
        "The system": (5, 2, 3),
    }


def _hide(connection: Connection, reference: str) -> None:
    connection.execute(update(Case).where(Case.reference == reference).values(restricted=True))


def _closed(connection: Connection, council: Council, at: datetime) -> str:
    reference = contact(connection, council, at=at, surname="Keast")
    why = {"level_of_need": "universal", "rationale": "Met where they are"}
    act(connection, reference, "close_no_further_action", council["screener"], why, now=at)
    return reference


def _heads(engine: Engine, council: Council) -> Iterator[Person]:
    head, lead, manager = (council[who] for who in ("service_manager", "lead", "manager"))
    with reading(engine) as connection:
        hidden = connection.scalars(select(Case.id).where(Case.restricted).order_by(Case.id)).all()
    for name, some in (("Named to all", frozenset(hidden)), ("Named to one", frozenset(hidden[:1]))):
        yield replace(head, name=name, given=some, given_restricted=some)
    yield replace(lead, roles=head.roles | lead.roles)
    yield replace(manager, roles=head.roles | manager.roles)
    yield SYSTEM


def told_to(engine: Engine, person: Person, now: datetime = NOW) -> Board:
    """By what is kept, and in which states the cases are, by that too."""
    with reading(engine) as connection:
        kept = kept_board(connection, person=person, now=now)
        assert kept is not None
        told = told_board(connection, kept, now=now)
        assert sum(told_states(kept, pathway="standard").values()) == told.open_cases
    return told


def counted_for(engine: Engine, person: Person) -> Board:
    with reading(engine) as connection:
        return board(connection, person=person, now=NOW, calendar=england())


def numbers(of: Board) -> Board:
    """All but the tables."""
    sums = Owners(breached=of.owners.breached, due_soon=of.owners.due_soon)
    return replace(of, owners=sums, teams=(), teams_in_all=0, in_no_table=0)


def test_a_case_restricted_or_opened_to_all_since_is_counted_once(engine: Engine, council: Council) -> None:
    bring_board_up(engine, now=NOW, above=2)
    with transaction(engine) as connection:
        known = Case.reference.in_(select(Case.reference).where(Case.state_kind != "screening"))
        both = connection.scalars(select(Case.id).where(known, Case.lead_professional_id.is_not(None))).all()
        connection.execute(update(Case).where(Case.id.in_(both)).values(restricted=~Case.restricted))
    given = frozenset(both)
    head = replace(council["service_manager"], given=given, given_restricted=given)
    assert told_to(engine, head).open_cases == 4


def test_what_is_asked_for_again_is_counted_unless_it_was_just_now(engine: Engine, council: Council) -> None:
    moments = (NOW, NOW + FRESH, NOW + FRESH + timedelta(seconds=1))
    assert [count_again(engine, now=moment, above=2) for moment in moments] == [True, False, True]
    with reading(engine) as connection:
        last = last_counted(connection, now=moments[-1])
    assert last is not None
    assert last.at == moments[-1]


def test_a_small_council_is_not_counted_because_somebody_asks(engine: Engine, council: Council) -> None:
    assert not count_again(engine, now=NOW)


def test_when_the_ceilings_change_all_is_counted_anew(engine: Engine, council: Council) -> None:
    bring_board_up(engine, now=NOW, above=2)
    with transaction(engine) as connection:
        connection.execute(insert(CouncilSetting).values(key=KEY, value='{"newly_qualified": 3}'))
    assert kept_for(engine, council["service_manager"]) is None
    bring_board_up(engine, now=NOW, above=2)
    assert kept_for(engine, council["service_manager"]) is not None


def test_a_small_council_is_counted_when_somebody_looks(engine: Engine, council: Council) -> None:
    assert not bring_board_up(engine, now=NOW)
    assert not bring_board_up(engine, now=NOW, above=4)
    assert kept_for(engine, council["service_manager"]) is None


def test_what_a_worker_of_another_version_kept_is_left_alone(engine: Engine, council: Council) -> None:
    with transaction(engine) as connection:
        keep_board(connection, counted_at=NOW, rules="", counted={"of": "another shape"})
    assert kept_for(engine, council["service_manager"]) is None


def test_a_worker_that_dies_while_it_counts_leaves_what_was_there(
    engine: Engine, council: Council, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring_board_up(engine, now=NOW, above=2)
    before = kept_for(engine, council["service_manager"])

    def kept_and_died(connection: Connection, **said: object) -> None:
        keep_board(connection, counted_at=NOW + MINUTE, rules="", counted={})
        raise KeyboardInterrupt

    monkeypatch.setattr(counting, "keep_board", kept_and_died)
    with pytest.raises(KeyboardInterrupt):
        bring_board_up(engine, now=NOW + MINUTE, above=2)
    assert kept_for(engine, council["service_manager"], NOW + MINUTE) == before


def test_two_workers_at_once_keep_one(fresh_engine: Engine) -> None:
    council, both = council_in(fresh_engine), Barrier(2)
    with transaction(fresh_engine) as connection:
        allocated(connection, council)

    def count() -> None:
        both.wait()
        bring_board_up(fresh_engine, now=NOW, above=0)

    workers = [Thread(target=count) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    with reading(fresh_engine) as connection:
        assert connection.scalar(select(func.count()).select_from(KeptBoard)) == 1
    assert kept_for(fresh_engine, council["service_manager"]) is not None
