"""The worker: who is active, who takes over, and that a tick is never what correctness rests on."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, func, select, text, update

from earlyhelp.casework.changed_days import changed_days
from earlyhelp.casework.heartbeat import beat, prune
from earlyhelp.casework.pathways import close_office
from earlyhelp.casework.sweep import Swept, sweep
from earlyhelp.counting import bring_board_up
from earlyhelp.insight.health import last_sweep_at
from earlyhelp.records.clocks import Alert, Heartbeat, OutboxMessage, Sweep
from earlyhelp.records.database import connect, reading, transaction
from earlyhelp.records.kept_board import KeptBoard
from earlyhelp.records.kept_review import KeptReview
from earlyhelp.scheduler import run_once, run_worker, start_background, worker
from earlyhelp.scheduler.election import Candidate
from earlyhelp.scheduler.worker import JOBS
from earlyhelp.settings import Settings
from tests.casework.watched_cases import MONDAY, allocated, council_in, days

TUESDAY_WEEK = datetime(2026, 3, 10, 10, tzinfo=UTC)


def settings_for(engine: Engine, folder: Path, **more: Any) -> Settings:
    url = engine.url.render_as_string(hide_password=False)
    return Settings(database_url=url, instance_path=folder, sweep_seconds=1, **more)


def until(true: Callable[[], bool], seconds: float = 15) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, "waited in vain"
        time.sleep(0.05)


def count(engine: Engine, table: Any) -> int:
    with reading(engine) as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def candidate(engine: Engine, name: str) -> Candidate:
    return Candidate(engine, name, MONDAY, heartbeat_seconds=15, interval_seconds=60)


def test_the_worker_sweeps_at_once_and_tells(fresh_engine: Engine, tmp_path: Path) -> None:
    """Item 2: a worker that starts after a week raises all there is without waiting for a tick."""
    council = council_in(fresh_engine)
    with transaction(fresh_engine) as connection:
        allocated(connection, council)
    end = start_background(settings_for(fresh_engine, tmp_path), now=lambda: TUESDAY_WEEK)
    try:
        until(lambda: count(fresh_engine, Alert) == 3)
        until(lambda: count(fresh_engine, OutboxMessage) > 1)
    finally:
        end()
    assert count(fresh_engine, Heartbeat) == 0


def test_two_workers_share_one_database_without_raising_anything_twice(
    fresh_engine: Engine, tmp_path: Path
) -> None:
    """Item 3: several timers fire where one should. The database decides."""
    council = council_in(fresh_engine)
    with transaction(fresh_engine) as connection:
        allocated(connection, council)
    started = time.monotonic()
    settings = settings_for(fresh_engine, tmp_path)

    def now() -> datetime:
        return TUESDAY_WEEK + timedelta(seconds=time.monotonic() - started)

    ends = [start_background(settings, now=now) for _ in range(2)]
    try:
        until(lambda: count(fresh_engine, Alert) == 3)
        with reading(fresh_engine) as connection:
            assert sorted(connection.scalars(select(Heartbeat.active))) == [False, True]
        time.sleep(1.5)
    finally:
        for end in ends:
            end()
    assert count(fresh_engine, Alert) == 3


def test_a_worker_stops_when_it_is_told(fresh_engine: Engine, tmp_path: Path) -> None:
    council_in(fresh_engine)
    stop = Event()
    thread = Thread(target=run_worker, args=(settings_for(fresh_engine, tmp_path),), kwargs={"stop": stop})
    thread.start()
    until(lambda: count(fresh_engine, Sweep) > 0)
    stop.set()
    thread.join(timeout=10)
    assert not thread.is_alive()


def test_a_worker_that_is_told_to_stop_finishes_the_sweep_that_is_under_way(
    fresh_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    council = council_in(fresh_engine)
    with transaction(fresh_engine) as connection:
        allocated(connection, council)
    under_way, go_on = Event(), Event()

    def slow_sweep(connection: Connection, **asked: Any) -> Swept:
        swept = sweep(connection, **asked)
        under_way.set()
        go_on.wait(10)
        return swept

    monkeypatch.setattr(worker, "sweep", slow_sweep)
    end = Thread(target=start_background(settings_for(fresh_engine, tmp_path), now=lambda: TUESDAY_WEEK))
    assert under_way.wait(10)
    end.start()
    end.join(0.2)
    assert (end.is_alive(), count(fresh_engine, Alert)) == (True, 0)
    go_on.set()
    end.join(10)
    assert (end.is_alive(), count(fresh_engine, Alert), count(fresh_engine, Heartbeat)) == (False, 3, 0)


@pytest.mark.slow
def test_a_worker_process_ends_cleanly_on_sigterm_and_a_standby_takes_over(
    fresh_engine: Engine, tmp_path: Path
) -> None:
    """Issue item 7: an advisory lock (or the newest heartbeat) elects; a standby takes over within two intervals."""
    council_in(fresh_engine)
    program = (
        "import sys; from pathlib import Path; from earlyhelp.scheduler import run_worker;"
        "from earlyhelp.settings import Settings;"
        "run_worker(Settings(database_url=sys.argv[1], instance_path=Path(sys.argv[2]), sweep_seconds=1))"
    )
    url = fresh_engine.url.render_as_string(hide_password=False)
    active, killed = (
        subprocess.Popen([sys.executable, "-c", program, url, str(tmp_path)], env={**os.environ, "TZ": "UTC"})
        for _ in range(2)
    )
    try:
        until(lambda: count(fresh_engine, Heartbeat) == 2, 30)
        killed.kill()
        killed.wait()
        before = datetime.now(UTC)
        until(lambda: swept_since(fresh_engine, before + timedelta(seconds=2)), 10)
        active.send_signal(signal.SIGTERM)
        assert active.wait(timeout=10) == 0
    finally:
        for process in (active, killed):
            if process.poll() is None:
                process.kill()
                process.wait()


def swept_since(engine: Engine, moment: datetime) -> bool:
    with reading(engine) as connection:
        last = last_sweep_at(connection, now=datetime.now(UTC))
    return last is not None and last >= moment


def test_one_candidate_is_active_and_the_next_follows_when_it_stands_down(fresh_engine: Engine) -> None:
    first, second = candidate(fresh_engine, "first"), candidate(fresh_engine, "second")
    assert first.stand(MONDAY)
    assert not second.stand(MONDAY + timedelta(seconds=1))
    assert first.stand(MONDAY + timedelta(seconds=15))
    first.stand_down()
    assert second.stand(MONDAY + timedelta(seconds=60))
    second.stand_down()


def test_a_candidate_whose_session_died_stands_again(postgresql_url: Callable[[], str]) -> None:
    engine = connect(postgresql_url())
    first, second = candidate(engine, "first"), candidate(engine, "second")
    assert first.stand(MONDAY)
    assert first._session is not None
    pid = first._session.scalar(text("SELECT pg_backend_pid()"))
    with transaction(engine) as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
    assert not first.stand(MONDAY + timedelta(seconds=15))
    assert second.stand(MONDAY + timedelta(seconds=16))
    assert not first.stand(MONDAY + timedelta(seconds=30))
    second.stand_down()
    engine.dispose()


def test_a_standby_sweeps_when_the_active_worker_is_silent(fresh_engine: Engine, tmp_path: Path) -> None:
    """It hangs, but its lock or heartbeat is still there: nobody may wait for it."""
    council = council_in(fresh_engine)
    with transaction(fresh_engine) as connection:
        allocated(connection, council)
    hanging = candidate(fresh_engine, "hanging")
    assert hanging.stand(TUESDAY_WEEK)
    end = start_background(settings_for(fresh_engine, tmp_path), now=lambda: TUESDAY_WEEK)
    try:
        until(lambda: count(fresh_engine, Alert) == 3)
    finally:
        end()
        hanging.stand_down()


def test_the_schedule_is_a_list_of_jobs_none_of_which_may_be_dropped() -> None:
    assert {"heartbeat", "sweep", "messages", "webhooks", "seals", "checkpoint", "prune"} <= {
        job.name for job in JOBS
    }


def test_the_active_worker_counts_the_dashboard_of_a_large_council(
    fresh_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    council_in(fresh_engine)
    monkeypatch.setattr(worker, "bring_board_up", partial(bring_board_up, above=-1))
    end = start_background(settings_for(fresh_engine, tmp_path), now=lambda: TUESDAY_WEEK)
    try:
        until(lambda: count(fresh_engine, KeptBoard) == 1)
    finally:
        end()


def test_the_active_worker_alone_reviews_what_is_due_to_end(
    fresh_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    council_in(fresh_engine)
    monkeypatch.setattr("earlyhelp.scheduler.retention.many_closed", lambda _connection, above: True)
    (review,) = (job.run for job in JOBS if job.name == "records to end")
    ours = worker._worker(fresh_engine, settings_for(fresh_engine, tmp_path), lambda: TUESDAY_WEEK)
    review(ours)
    assert count(fresh_engine, KeptReview) == 0
    ours.beat()
    review(ours)
    assert count(fresh_engine, KeptReview) == 1
    ours.candidate.stand_down()


def test_the_active_worker_alone_forgets_which_days_changed(fresh_engine: Engine, tmp_path: Path) -> None:
    council_in(fresh_engine)
    with transaction(fresh_engine) as connection:
        close_office(connection, on=TUESDAY_WEEK.date(), name="Snow")
    (settle,) = (job.run for job in JOBS if job.name == "calendar")
    ours = worker._worker(fresh_engine, settings_for(fresh_engine, tmp_path), lambda: TUESDAY_WEEK)

    def forgotten() -> bool:
        settle(ours)
        with reading(fresh_engine) as connection:
            return changed_days(connection) is None

    assert [forgotten(), forgotten()] == [False, False]
    ours.beat()
    assert [forgotten(), forgotten()] == [False, True]
    ours.candidate.stand_down()


def test_one_run_sweeps_in_batches_and_tells(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    council = council_in(engine)
    with transaction(engine) as connection:
        for n in range(3):
            allocated(connection, council, surname=f"Family {n}")
    monkeypatch.setattr("earlyhelp.scheduler.worker.BATCH", 2)
    total = run_once(engine, base_url="https://help.example", now=TUESDAY_WEEK, worker="tests")
    assert (total.warnings, total.breaches, total.more) == (6, 3, False)
    assert count(engine, Sweep) >= 2


def test_pruning_keeps_what_people_look_at(engine: Engine) -> None:
    council = council_in(engine)
    with transaction(engine) as connection:
        allocated(connection, council)
        beat(connection, worker="old", started_at=MONDAY, now=MONDAY, active=True, interval_seconds=60)
    run_once(engine, base_url="https://help.example", now=TUESDAY_WEEK, worker="tests")
    with transaction(engine) as connection:
        prune(connection, now=TUESDAY_WEEK + days(80))
        assert connection.scalar(select(func.count()).select_from(Sweep)) == 1
        connection.execute(update(OutboxMessage).values(status="dead"))
        prune(connection, now=TUESDAY_WEEK + days(100))
    assert [count(engine, table) for table in (Heartbeat, Sweep)] == [0, 0]
    assert count(engine, OutboxMessage) == 3, "what never went out stays until somebody has seen to it"
    with transaction(engine) as connection:
        connection.execute(update(OutboxMessage).values(status="sent"))
        prune(connection, now=TUESDAY_WEEK + days(100))
    assert count(engine, OutboxMessage) == 0
    assert count(engine, Alert) == 3
