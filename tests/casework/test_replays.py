"""Replays asked for on a page: one worker does each, tells how far it is, and nobody waits for one that died."""

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import Engine, select, update

from earlyhelp.casework.replays import (
    GIVEN_UP_AFTER,
    KEPT,
    NoLongerOurs,
    Wish,
    ask_for_replay,
    forget_old_replays,
    take_up,
    tell_progress,
)
from earlyhelp.pathway.loading import load
from earlyhelp.places import workflows
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.replays import PathwayReplay
from earlyhelp.scheduler.replays import FAILED, replay_waiting
from tests.casework.watched_cases import MONDAY, Council, allocated, council_in, days

NOW = MONDAY + days(20)


@pytest.fixture
def council(engine: Engine) -> Council:
    return council_in(engine)


def asked(engine: Engine, council: Council) -> int:
    wish = Wish("standard", load(workflows() / "standard.toml"), "text", MONDAY.date(), NOW.date())
    with transaction(engine) as connection:
        return ask_for_replay(connection, wish, person=council["manager"], now=NOW)


def the_row(engine: Engine) -> Any:
    with reading(engine) as connection:
        return connection.execute(select(PathwayReplay).order_by(PathwayReplay.id)).first()


def taken(engine: Engine, worker: str, at: Any = NOW) -> Any:
    with transaction(engine) as connection:
        return take_up(connection, worker=worker, now=at)


def test_what_was_asked_for_is_done_and_kept(engine: Engine, council: Council) -> None:
    with transaction(engine) as connection:
        allocated(connection, council)
    asked(engine, council)
    assert replay_waiting(engine, lambda: NOW, worker="one") == 1
    row = the_row(engine)
    assert (row.status, row.done, row.total, row.result["cases"]) == ("done", 1, 1, 1)
    assert replay_waiting(engine, lambda: NOW, worker="one") == 0


def test_of_workers_that_look_at_once_one_takes_it_up(engine: Engine, council: Council) -> None:
    asked(engine, council)
    together, found = Barrier(3), []

    def look(worker: str) -> None:
        together.wait()
        found.append(taken(engine, worker))

    workers = [Thread(target=look, args=[f"worker {number}"]) for number in range(3)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert len([row for row in found if row is not None]) == 1


def test_a_dead_worker_is_followed_by_another_and_may_write_no_more(engine: Engine, council: Council) -> None:
    number = asked(engine, council)
    assert taken(engine, "dead") is not None
    assert taken(engine, "other", NOW + GIVEN_UP_AFTER) is None
    assert taken(engine, "other", NOW + GIVEN_UP_AFTER + timedelta(seconds=1)) is not None
    with pytest.raises(NoLongerOurs), transaction(engine) as connection:
        tell_progress(connection, replay_id=number, worker="dead", done=1, total=2, now=NOW)


def test_a_worker_that_is_told_to_stop_leaves_it_to_the_next(engine: Engine, council: Council) -> None:
    with transaction(engine) as connection:
        allocated(connection, council)
    asked(engine, council)
    answers = iter([False, True, True])
    assert replay_waiting(engine, lambda: NOW, worker="one", stopping=lambda: next(answers)) == 0
    assert the_row(engine).status == "waiting"


def test_one_that_fails_says_so_and_the_next_is_done(
    engine: Engine, council: Council, caplog: pytest.LogCaptureFixture
) -> None:
    first = asked(engine, council)
    with transaction(engine) as connection:
        wrong = update(PathwayReplay).where(PathwayReplay.id == first).values(content={"name": "no pathway"})
        connection.execute(wrong)
    asked(engine, council)
    assert replay_waiting(engine, lambda: NOW, worker="one") == 1
    assert (the_row(engine).status, the_row(engine).fault) == ("failed", FAILED)
    assert f"replay {first} failed" in caplog.text


def test_after_three_months_it_is_forgotten(engine: Engine, council: Council) -> None:
    asked(engine, council)
    with transaction(engine) as connection:
        forget_old_replays(connection, now=NOW + KEPT)
        assert connection.scalar(select(PathwayReplay.id)) is not None
        forget_old_replays(connection, now=NOW + KEPT + timedelta(seconds=1))
        assert connection.scalar(select(PathwayReplay.id)) is None
