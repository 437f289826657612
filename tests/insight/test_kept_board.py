"""What is kept of the dashboard says what counting says, to those alone who see so much, for two minutes at most."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import Connection, Engine, func, insert, select

from earlyhelp import counting
from earlyhelp.casework.kept_board import keep_board
from earlyhelp.casework.restricting import restrict_case
from earlyhelp.counting import bring_board_up
from earlyhelp.insight.dashboard import board
from earlyhelp.insight.flow import states_now
from earlyhelp.insight.kept_board import SERVES, Counted, kept_board
from earlyhelp.pathway.calendar import england
from earlyhelp.permissions import SYSTEM, Person
from earlyhelp.records.cases import Case
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.kept_board import KeptBoard
from earlyhelp.records.organisation import CouncilSetting
from earlyhelp.records.workload import KEY
from tests.casework.watched_cases import MONDAY, Council, accepted, allocated, contact, council_in, days

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


def kept_for(engine: Engine, person: Person, now: datetime = NOW) -> Counted | None:
    with reading(engine) as connection:
        return kept_board(connection, person=person, now=now)


def test_it_says_what_counting_says(engine: Engine, council: Council) -> None:
    head = council["service_manager"]
    assert bring_board_up(engine, now=NOW, above=2)
    with reading(engine) as connection:
        counted = board(connection, person=head, now=NOW, calendar=england())
        states = states_now(connection, person=head, pathway="standard")
    assert counted.open_cases == 3, "the restricted one is not theirs to see"
    assert (len(counted.owners.first), counted.front_door.received) == (3, 1)
    assert kept_for(engine, head) == Counted(NOW, counted, {"standard": states})


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


@pytest.mark.parametrize(
    "more",
    [
        lambda head: replace(head, given=frozenset({1}), given_restricted=frozenset({1})),
        lambda head: replace(head, roles=head.roles | {"lead_professional"}),
        lambda head: replace(head, roles=head.roles | {"manager"}, team_id=1),
        lambda head: SYSTEM,
    ],
)
def test_who_may_see_a_restricted_case_is_counted_for(
    engine: Engine, council: Council, more: Callable[[Person], Person]
) -> None:
    bring_board_up(engine, now=NOW, above=2)
    assert kept_for(engine, more(council["service_manager"])) is None


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


def test_a_letter_to_a_case_that_was_restricted_afterwards_shows_no_more_than_others_see(
    engine: Engine, council: Council
) -> None:
    bring_board_up(engine, now=NOW, above=2)
    with reading(engine) as connection:
        hidden = connection.scalars(select(Case.id).where(Case.restricted)).one()
    head = council["service_manager"]
    assert kept_for(engine, replace(head, given=frozenset({hidden}))) == kept_for(engine, head)
