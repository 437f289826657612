"""Sweepers that are killed at any moment: every stage is raised once, none is missing, nobody is told twice."""

import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, insert, select, text

from earlyhelp.casework.stages import stage_moments_of
from earlyhelp.casework.sweep import sweep
from earlyhelp.records.clocks import Alert, ClockRow, OutboxMessage
from earlyhelp.records.database import connect, reading, transaction
from tests.casework.watched_cases import MONDAY, act, allocated, council_in, days
from tests.load import sweeper

REACHED = {"how": "home_visit", "child_seen": True, "childs_voice": "Showed her drawings"}
FORKS = get_context("forkserver")
FORKS.set_forkserver_preload(
    ["tests.load.sweeper"]
)  # a sweeper that begins at once sweeps before it is killed
CLOCKS = 600
END = MONDAY + days(90)


def a_backlog(engine: Engine, count: int = CLOCKS) -> None:
    """Many runs of one clock, each begun at its own moment over a month."""
    council = council_in(engine)
    with transaction(engine) as connection:
        allocated(connection, council)
        row = connection.execute(select(ClockRow).where(ClockRow.name == "first_contact")).one()
        like = {name: value for name, value in row._mapping.items() if name != "id"}
        moments = ("due_at", "gross_due_at", "next_moment", "warning_1_at", "warning_2_at", "escalation_1_at")
        connection.execute(
            insert(ClockRow),
            [
                like
                | {"started_by": 1_000 + n}
                | {name: like[name] + timedelta(minutes=73 * n) for name in moments}
                for n in range(count)
            ],
        )


def expected(connection: Connection) -> set[tuple[int, str, datetime]]:
    """What the rows themselves say must have been raised by the end."""
    return {
        (clock.id, stage, at)
        for clock in connection.execute(select(ClockRow).where(ClockRow.status == "running"))
        for stage, at in stage_moments_of(clock).items()
        if at is not None and at <= END
    }


def raised(connection: Connection) -> list[tuple[int, str, datetime]]:
    rows = connection.execute(select(Alert.clock_id, Alert.stage, Alert.fell_due_at))
    return [(row.clock_id, row.stage, row.fell_due_at) for row in rows]


def start_sweeper(url: str, seed: int, begins: datetime) -> BaseProcess:
    process = FORKS.Process(target=sweeper.keep_sweeping, args=(url, seed, begins))
    process.start()
    return process


def let_them_die(url: str, *, processes: int, kills: int) -> None:
    """Keep so many sweepers running, killing one at random again and again."""
    chance = random.Random(processes)
    running = [start_sweeper(url, n, MONDAY + days(n)) for n in range(processes)]
    for _ in range(kills):
        time.sleep(chance.uniform(0.2, 0.5))
        victim = chance.randrange(processes)
        end(running[victim])
        running[victim] = start_sweeper(url, chance.randrange(10_000), MONDAY + days(chance.uniform(0, 60)))
    for process in running:
        end(process)


def end(process: BaseProcess) -> None:
    assert process.is_alive(), f"a sweeper ended by itself: {process.exitcode}"
    process.kill()
    process.join()
    process.close()


def prove(engine: Engine) -> None:
    """One last sweep at the end, as after an outage; then compare with what had to be."""
    with transaction(engine) as connection:
        sweep(connection, now=END, worker="the last")
    with reading(engine) as connection:
        found = raised(connection)
        assert len(found) == len(set(found))
        assert set(found) == expected(connection)
        assert connection.execute(select(ClockRow).where(ClockRow.next_moment <= END)).all() == []
        keys = list(connection.scalars(select(OutboxMessage.message_key)))
        assert len(keys) == len(set(keys))


@pytest.mark.slow
def test_four_sweepers_killed_at_random_on_postgresql_raise_everything_once(
    postgresql_url: Callable[[], str],
) -> None:
    """Items 1 to 3: mail without end, timers that fire late, several firing where one should."""
    url = postgresql_url()
    engine = connect(url)
    a_backlog(engine)
    let_them_die(url, processes=4, kills=10)
    prove(engine)
    engine.dispose()


@pytest.mark.slow
def test_two_sweepers_killed_at_random_on_sqlite_raise_everything_once(sqlite_url: Callable[[], str]) -> None:
    url = sqlite_url()
    engine = connect(url)
    a_backlog(engine)
    let_them_die(url, processes=2, kills=8)
    prove(engine)
    engine.dispose()


@pytest.mark.slow
def test_sweepers_and_people_who_act_neither_wait_for_nor_miss_each_other(fresh_engine: Engine) -> None:
    """First contacts are recorded while two sweepers run: no deadlock, no stage lost, no alert left open."""
    council = council_in(fresh_engine)
    with transaction(fresh_engine) as connection:
        cases = [allocated(connection, council, surname=f"Family {n}") for n in range(25)]
    at = MONDAY + days(9)
    faults: list[BaseException] = []

    def carefully(work: Callable[[], Any]) -> Callable[[], None]:
        def run() -> None:
            try:
                work()
            except BaseException as fault:
                faults.append(fault)

        return run

    def keep_sweeping() -> None:
        for n in range(60):
            with transaction(fresh_engine) as connection:
                sweep(connection, now=at + timedelta(seconds=n), worker="tests")

    def record(references: list[str]) -> None:
        for reference in references:
            with transaction(fresh_engine) as connection:
                act(connection, reference, "record_first_contact", council["lead"], REACHED, now=at)

    work = [keep_sweeping, keep_sweeping, lambda: record(cases[::2]), lambda: record(cases[1::2])]
    threads = [Thread(target=carefully(part)) for part in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    with reading(fresh_engine) as connection:
        alerts = connection.execute(select(Alert).where(Alert.clock == "first_contact")).all()
    assert len(alerts) == 3 * len(cases)
    assert {alert.status for alert in alerts} == {"resolved"}


def test_a_sweep_does_not_wait_for_an_action_under_way(postgresql_url: Callable[[], str]) -> None:
    """Somebody's action holds the case and one of its clocks: the sweep raises the others, and that one later."""
    engine = connect(postgresql_url())
    council = council_in(engine)
    at = MONDAY + days(16)
    with transaction(engine) as connection:
        reference = allocated(connection, council)
    with transaction(engine) as acting:
        act(acting, reference, "record_first_contact", council["lead"], REACHED, now=MONDAY + days(1))
        with transaction(engine) as sweeping:
            sweeping.execute(text("SET LOCAL lock_timeout = '2s'"))
            sweep(sweeping, now=at, worker="tests")
    with transaction(engine) as connection:
        sweep(connection, now=at, worker="tests")
        clocks = set(connection.scalars(select(Alert.clock)))
    assert clocks == {"assessment"}
    engine.dispose()
