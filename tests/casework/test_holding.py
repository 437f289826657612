"""Actions that wait for each other, or for a sweep: what they then read must not be older than what they waited for."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, select, text

from earlyhelp.casework.pathways import close_office, open_office, read_calendar_version
from earlyhelp.records import wire
from earlyhelp.records.clocks import ClockRow
from earlyhelp.records.database import connect, reading, transaction
from tests.casework.watched_cases import MONDAY, Council, act, alerts, council_in, days, swept
from tests.web.desk import planned, scores

REVIEW = {
    "taf_date": "2026-04-16",
    "attended": ["family"],
    "progress": "Going well",
    "next_review_date": "2026-06-16",
    **scores(6, 4, 4),
}
LATER = MONDAY + days(46)


@pytest.fixture
def busy(postgresql_url: Callable[[], str]) -> Iterator[Engine]:
    """On SQLite one writer waits for the other before it reads anything."""
    engine = connect(postgresql_url())
    yield engine
    engine.dispose()


def test_an_action_that_waited_for_another_stops_the_clock_that_one_started(busy: Engine) -> None:
    council, reference = a_plan(busy)
    with waits(lambda: review(busy, council, reference, held_at=LATER)), transaction(busy) as connection:
        act(connection, reference, "record_review", council["lead"], REVIEW, now=LATER)
        until_somebody_waits(busy)
    with reading(busy) as connection:
        statuses = connection.scalars(
            select(ClockRow.status).where(ClockRow.name == "review").order_by(ClockRow.id)
        )
        assert [status == "running" for status in statuses] == [False, False, True]


def test_an_action_settles_what_a_sweep_raised_while_it_waited(busy: Engine) -> None:
    """The review was held before anything fell due, and is typed in when the first warning is raised."""
    council, reference = a_plan(busy)
    early = MONDAY + days(10)
    with waits(lambda: review(busy, council, reference, held_at=early)), transaction(busy) as connection:
        swept(connection, LATER)
        until_somebody_waits(busy)
    with reading(busy) as connection:
        raised = alerts(connection, "review")
        assert raised
        assert {alert.status for alert in raised} == {"resolved"}


def test_an_action_takes_two_trips_to_the_database(busy: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """One to read and hold the case, one to write and commit: BEGIN and COMMIT travel with them."""
    council, reference = a_plan(busy)
    trips: list[int] = []
    travel = wire._travel

    def counted(server: Any, known: Any, commands: Sequence[wire.Command]) -> wire.Answers:
        trips.append(len(commands))
        return travel(server, known, commands)

    review(busy, council, reference, held_at=LATER)  # raises what fell due, which is asked for
    monkeypatch.setattr(wire, "_travel", counted)
    review(busy, council, reference, held_at=LATER)
    assert len(trips) == 2


def test_two_who_close_days_at_once_close_both(busy: Engine) -> None:
    def closed(*days: date) -> None:
        with transaction(busy) as connection:
            for on in days:
                close_office(connection, on=on, name="Flood")

    def version() -> str:
        with reading(busy) as connection:
            return read_calendar_version(connection)

    first, second, third = (date(2026, 3, day) for day in (3, 4, 5))
    closed(first)
    with waits(lambda: closed(third)), transaction(busy) as connection:
        close_office(connection, on=second, name="Flood")
        until_somebody_waits(busy)
    found = version()
    with transaction(busy) as connection:
        for on in (second, third):
            open_office(connection, on=on)
    closed(second, third)
    assert version() == found


def a_plan(engine: Engine) -> tuple[Council, str]:
    """A case whose plan is in progress; a warning of its review falls due by LATER."""
    council = council_in(engine)
    with transaction(engine) as connection:
        reference = planned(connection, council)
    return council, reference


def review(engine: Engine, council: Council, reference: str, *, held_at: datetime) -> None:
    with transaction(engine) as connection:
        act(connection, reference, "record_review", council["lead"], REVIEW, now=LATER, occurred_at=held_at)


@contextmanager
def waits(action: Callable[[], None]) -> Iterator[None]:
    """Lets the block's transaction begin; the action begins beside it, and ends after it."""
    faults: list[BaseException] = []

    def run() -> None:
        try:
            BEGUN.wait(20)
            action()
        except BaseException as fault:
            faults.append(fault)

    BEGUN.clear()
    thread = threading.Thread(target=run)
    thread.start()
    yield
    thread.join()
    assert faults == []


BEGUN = threading.Event()


def until_somebody_waits(engine: Engine) -> None:
    """Lets the other begin, and returns when it is waiting for a lock."""
    BEGUN.set()
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    for _ in range(2_000):
        with reading(engine) as connection:
            if connection.scalar(waiting):
                return
        threading.Event().wait(0.005)
    raise AssertionError("nobody waits")
