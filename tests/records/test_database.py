"""Neither database loses an update, breaks a reference or mistakes a moment, and readers do not wait for writers."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st
from sqlalchemy import Connection, Engine, insert, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError, StatementError

from earlyhelp.records.base import Instant
from earlyhelp.records.database import connect, is_postgresql, reading, transaction
from earlyhelp.records.organisation import User, UserRole
from earlyhelp.records.people import Counter, Person

THREADS, TURNS = 4, 50
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
EARLIEST, LATEST = NOW.replace(year=1900, tzinfo=None), NOW.replace(year=9998, tzinfo=None)


def test_every_one_of_two_hundred_updates_lands(fresh_engine: Engine) -> None:
    """Four at once read a number and write it plus one. SQLite through its driver's own transactions keeps 50."""
    _count(fresh_engine, 0)
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda _: [_read_then_add_one(fresh_engine) for _ in range(TURNS)], range(THREADS)))
    assert _counted(fresh_engine) == THREADS * TURNS


def test_readers_see_the_last_commit_and_do_not_wait_for_a_writer(fresh_engine: Engine) -> None:
    _count(fresh_engine, 1)
    with transaction(fresh_engine) as writing:
        writing.execute(update(Counter).values(value=2))
        began = time.monotonic()
        with ThreadPoolExecutor(3) as pool:
            seen = list(pool.map(lambda _: _counted(fresh_engine), range(3)))
        waited = time.monotonic() - began
    assert seen == [1, 1, 1]
    assert waited < 5  # a reader that waits for the writer waits for good
    assert _counted(fresh_engine) == 2


def test_a_second_writer_waits_for_the_first(fresh_engine: Engine) -> None:
    _count(fresh_engine, 0)
    begun, second = threading.Event(), ThreadPoolExecutor(1)
    with transaction(fresh_engine) as writing:
        value = _locked_value(writing)
        waiting = second.submit(lambda: (begun.set(), _read_then_add_one(fresh_engine)))
        begun.wait()
        time.sleep(0.1)
        assert not waiting.done()
        writing.execute(update(Counter).values(value=value + 1))
    waiting.result(timeout=20)
    second.shutdown()
    assert _counted(fresh_engine) == 2


def test_what_a_failing_block_wrote_is_gone(fresh_engine: Engine) -> None:
    _count(fresh_engine, 1)
    with pytest.raises(IntegrityError), transaction(fresh_engine) as connection:
        _write_and_fail(connection)
    assert _counted(fresh_engine) == 1


def test_what_is_written_while_only_reading_is_gone(fresh_engine: Engine) -> None:
    _count(fresh_engine, 1)
    with reading(fresh_engine) as connection:
        connection.execute(update(Counter).values(value=2))
    assert _counted(fresh_engine) == 1


def test_a_writer_does_not_wait_for_a_reader(fresh_engine: Engine) -> None:
    _count(fresh_engine, 1)
    with reading(fresh_engine) as connection:
        connection.execute(select(Counter.value))
        _count(fresh_engine, 2)
    assert _counted(fresh_engine) == 2


def test_a_row_cannot_refer_to_nobody(engine: Engine) -> None:
    with pytest.raises(IntegrityError), transaction(engine) as connection:
        connection.execute(insert(UserRole).values(user_id=999, role="screener"))


def test_somebody_whom_a_row_refers_to_cannot_be_removed(connection: Connection) -> None:
    user = insert(User).values(email="sam@example.org", name="Sam", created_at=NOW).returning(User.id)
    connection.execute(
        insert(UserRole).values(user_id=connection.execute(user).scalar_one(), role="screener")
    )
    with pytest.raises(IntegrityError):
        connection.execute(text("DELETE FROM users"))


def test_a_moment_without_a_zone_is_refused(connection: Connection) -> None:
    naive = NOW.replace(tzinfo=None)
    with pytest.raises(StatementError, match="without a time zone"):
        connection.execute(insert(Person).values(public_id="P1", created_at=naive))


@pytest.mark.parametrize(
    "moment",
    [
        NOW,
        datetime(2026, 7, 1, 0, 30, 15, 123456, tzinfo=ZoneInfo("Europe/London")),
        datetime(2026, 10, 25, 1, 30, fold=0, tzinfo=ZoneInfo("Europe/London")),
        datetime(2026, 10, 25, 1, 30, fold=1, tzinfo=ZoneInfo("Europe/London")),
        datetime(2026, 3, 1, tzinfo=timezone(timedelta(hours=-9, minutes=-30))),
    ],
)
def test_a_moment_comes_back_as_the_same_moment_in_utc(connection: Connection, moment: datetime) -> None:
    connection.execute(insert(Person).values(public_id="P1", created_at=moment))
    found = connection.execute(select(Person.created_at)).scalar_one()
    assert found.tzinfo is UTC
    assert found == moment.astimezone(UTC)


def test_moments_are_compared_as_moments_whatever_their_zone(connection: Connection) -> None:
    connection.execute(insert(Person).values(public_id="P1", created_at=NOW))
    tokyo = (NOW - timedelta(seconds=1)).astimezone(ZoneInfo("Asia/Tokyo"))
    assert connection.scalars(select(Person.public_id).where(Person.created_at > tokyo)).all() == ["P1"]


@given(st.datetimes(EARLIEST, LATEST, timezones=st.timezones()))
def test_every_moment_survives_both_databases(moment: datetime) -> None:
    for dialect in (sqlite.dialect(), postgresql.dialect()):
        stored = Instant().process_bind_param(moment, dialect)
        assert Instant().process_result_value(stored, dialect) == moment.astimezone(UTC)


def test_a_missing_moment_stays_missing() -> None:
    assert Instant().process_bind_param(None, sqlite.dialect()) is None
    assert Instant().process_result_value(None, postgresql.dialect()) is None


def test_postgresql_keeps_no_more_connections_than_it_may(postgresql_url: Callable[[], str]) -> None:
    engine = connect(postgresql_url(), pool_size=2)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: _counted(engine), range(16)))
    assert engine.pool.checkedin() <= 2  # type: ignore[attr-defined]
    engine.dispose()


def _count(engine: Engine, value: int) -> None:
    with transaction(engine) as connection:
        connection.execute(text("DELETE FROM counters"))
        connection.execute(insert(Counter).values(name="turns", value=value))


def _counted(engine: Engine) -> int | None:
    with reading(engine) as connection:
        return connection.scalar(select(Counter.value))


def _write_and_fail(connection: Connection) -> None:
    connection.execute(update(Counter).values(value=2))
    connection.execute(insert(UserRole).values(user_id=999, role="screener"))


def _read_then_add_one(engine: Engine) -> None:
    with transaction(engine) as connection:
        connection.execute(update(Counter).values(value=_locked_value(connection) + 1))


def _locked_value(connection: Connection) -> int:
    """As casework reads what it is about to change: a lock on the row, where the whole database is not locked."""
    statement = select(Counter.value)
    if is_postgresql(connection):
        statement = statement.with_for_update()
    return connection.execute(statement).scalar_one()


def test_a_page_starts_no_helpers_for_its_short_statements(connection: Connection) -> None:
    if is_postgresql(connection):
        assert connection.scalar(text("SHOW parallel_setup_cost")) == "20000"
