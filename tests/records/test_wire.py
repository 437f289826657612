"""What is written on PostgreSQL may wait for what comes next: whoever asks finds it, and no fault goes unheard."""

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Engine, bindparam, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from earlyhelp.records import wire
from earlyhelp.records.database import connect, driver_of, reading, transaction
from earlyhelp.records.people import Counter, Person
from earlyhelp.records.prepared import Query, Together

ADD = insert(Counter).inline()
NAMED = Query(select(Counter).where(Counter.name == bindparam("name")))


class GivenUp(Exception):
    """Somebody thinks better of it."""


@pytest.fixture
def engine(postgresql_engine: Engine) -> Iterator[Engine]:
    """One connection that nobody has used."""
    engine = connect(postgresql_engine.url.render_as_string(hide_password=False), pool_size=1)
    yield engine
    engine.dispose()


def test_whoever_asks_next_finds_what_waited(engine: Engine) -> None:
    with transaction(engine) as connection:
        add(connection, case=7)
        assert [row.value for row in NAMED.rows(connection, name="case")] == [7]
        add(connection, person=8)
        assert connection.scalar(select(Counter.value).where(Counter.name == "person")) == 8
        add(connection, family=9)
    assert counters(engine) == {"case": 7, "person": 8, "family": 9}


def test_a_glance_begins_no_transaction_and_finds_what_waited_in_one(engine: Engine) -> None:
    with transaction(engine) as connection:
        assert NAMED.glance(connection, name="case") == []
        assert not has_begun(connection)
        add(connection, case=7)
        assert [row.value for row in NAMED.glance(connection, name="case")] == [7]
        assert has_begun(connection)
    assert counters(engine) == {"case": 7}


def test_a_fault_in_what_waited_is_heard_at_the_commit_and_nothing_is_kept(engine: Engine) -> None:
    with transaction(engine) as connection:
        add(connection, case=1)
    with pytest.raises(IntegrityError, match="pk_counters"), transaction(engine) as connection:
        add(connection, person=2, case=3)
    assert counters(engine) == {"case": 1}


def test_what_a_failed_trip_did_not_come_to_prepare_is_prepared_by_the_next(engine: Engine) -> None:
    with pytest.raises(IntegrityError, match="pk_counters"), transaction(engine) as connection:
        add_twice(connection, "case")
    with transaction(engine) as connection:
        add(connection, case=1)
    assert counters(engine) == {"case": 1}


def test_what_waits_is_given_up_with_its_transaction(engine: Engine) -> None:
    with pytest.raises(GivenUp), transaction(engine) as connection:
        add_and_give_up(connection, case=1)
    with transaction(engine) as connection:
        add(connection, person=2)
    assert counters(engine) == {"person": 2}


def test_a_savepoint_takes_back_what_waited_within_it_and_nothing_else(engine: Engine) -> None:
    with transaction(engine) as connection:
        add(connection, case=1)
        with pytest.raises(GivenUp), connection.begin_nested():
            add_and_give_up(connection, person=2)
        with connection.begin_nested():
            add(connection, family=3)
    assert counters(engine) == {"case": 1, "family": 3}


def test_a_value_that_cannot_be_written_is_refused_at_once(engine: Engine) -> None:
    with transaction(engine) as connection:
        with pytest.raises(DBAPIError, match="NUL"):
            add(connection, **{"ca\x00se": 1})
        add(connection, case=1)
    assert counters(engine) == {"case": 1}


def test_the_two_times_of_the_hour_that_comes_twice_are_kept_apart(engine: Engine) -> None:
    first, second = (datetime(2026, 10, 25, 1, 30, fold=n, tzinfo=ZoneInfo("Europe/London")) for n in (0, 1))
    with transaction(engine) as connection:
        together = Together(connection)
        for public_id, moment in (("P1", first), ("P2", second)):
            together.execute(insert(Person).inline(), {"public_id": public_id, "created_at": moment})
            together.send()
        kept = connection.scalars(select(Person.created_at).order_by(Person.public_id)).all()
    assert kept == [first.astimezone(UTC), second.astimezone(UTC)]


def test_a_server_that_is_gone_is_heard_of_and_the_next_transaction_finds_it_again(engine: Engine) -> None:
    other = connect(engine.url.render_as_string(hide_password=False))
    with pytest.raises(OperationalError), transaction(engine) as connection:
        add_and_be_ended(connection, other)
    other.dispose()
    with transaction(engine) as connection:
        add(connection, person=2)
    assert counters(engine) == {"person": 2}


def test_an_interruption_is_not_taken_for_a_fault_and_the_next_transaction_finds_the_server(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(KeyboardInterrupt), transaction(engine) as connection:
        ask_and_be_interrupted(connection, monkeypatch)
    with transaction(engine) as connection:
        add(connection, person=2)
    assert counters(engine) == {"person": 2}


def test_the_server_keeps_so_many_statements_and_the_wire_knows_which(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "MOST_PREPARED", 2)
    queries = [Query(select(Counter.value.label(f"value_{number}"))) for number in range(4)]
    for _ in range(2):
        with transaction(engine) as connection:
            for query in queries:
                query.rows(connection)
            add(connection, case=1)
            kept = connection.scalar(text("SELECT count(*) FROM pg_prepared_statements"))
            assert kept == 2
            connection.rollback()


def test_each_statement_is_read_by_its_own_columns_whatever_was_asked_between(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "MOST_PREPARED", 2)
    found = {
        Query(select(Counter.name, Counter.value)): ("case", 7),
        Query(select(Counter.value, Counter.name)): (7, "case"),
        Query(select((Counter.value > 5).label("many"), Counter.value)): (True, 7),
    }
    with transaction(engine) as connection:
        add(connection, case=7)
        for query, row in [*found.items(), *reversed(found.items()), *found.items()]:
            assert query.rows(connection) == [row]


def test_no_more_are_kept_however_often_what_waited_is_given_up(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "MOST_PREPARED", 2)
    with transaction(engine) as connection:
        add(connection, case=1)
    for turn in range(3):
        with pytest.raises(GivenUp), transaction(engine) as connection:
            add_together_and_give_up(connection, "person", "family")
        with transaction(engine) as connection:
            assert [row.value for row in NAMED.rows(connection, name="case")] == [1]
            add(connection, **{f"case_{turn}": 1})
            assert connection.scalar(text("SELECT count(*) FROM pg_prepared_statements")) == 2


def test_statements_stay_prepared_when_a_page_was_read_or_a_transaction_failed(engine: Engine) -> None:
    with transaction(engine) as connection:
        add(connection, case=1)
    for _ in range(7):
        counters(engine)
    with pytest.raises(IntegrityError), transaction(engine) as connection:
        add(connection, case=1)
    with transaction(engine) as connection:
        add(connection, person=1)
        kept = connection.scalars(text("SELECT left(statement, 6) FROM pg_prepared_statements"))
        assert sorted(kept) == ["BEGIN", "COMMIT", "INSERT"]


def test_a_connection_that_has_rested_is_replaced_if_the_server_has_let_go_of_it(
    engine: Engine, postgresql_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction(engine) as connection:
        add(connection, case=1)
        mine = connection.scalar(text("SELECT pg_backend_pid()"))
    end_session(postgresql_engine, mine)
    monkeypatch.setattr(wire, "RESTED_SECONDS", 0.0)
    assert counters(engine) == {"case": 1}


def has_begun(connection: Connection) -> bool:
    """Whether a transaction is under way on the server."""
    return bool(driver_of(connection).info.transaction_status == TransactionStatus.INTRANS)


def add(connection: Connection, **values: int) -> None:
    """Each counter with its value, one write after the other."""
    together = Together(connection)
    for name, value in values.items():
        together.execute(ADD, {"name": name, "value": value})
        together.send()


def add_twice(connection: Connection, name: str) -> None:
    for _ in range(2):
        add(connection, **{name: 1})


def add_and_give_up(connection: Connection, **values: int) -> None:
    add(connection, **values)
    raise GivenUp


def add_together_and_give_up(connection: Connection, *names: str) -> None:
    """In one statement, whose text is another for each number of them."""
    together = Together(connection)
    for name in names:
        together.execute(ADD, {"name": name, "value": 0})
    together.send()
    raise GivenUp


def add_and_be_ended(connection: Connection, other: Engine) -> None:
    """The server ends the connection while something waits to be written."""
    mine = connection.scalar(text("SELECT pg_backend_pid()"))
    add(connection, case=1)
    end_session(other, mine)


def end_session(other: Engine, server_process: int) -> None:
    with transaction(other) as elsewhere:
        elsewhere.execute(text("SELECT pg_terminate_backend(:this, 10000)"), {"this": server_process})


def ask_and_be_interrupted(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    add(connection, case=1)
    with monkeypatch.context() as patch:
        patch.setattr(psycopg.Connection, "wait", interrupt)
        NAMED.rows(connection, name="case")


def interrupt(*_trip: object) -> None:
    raise KeyboardInterrupt


def counters(engine: Engine) -> dict[str, int]:
    with reading(engine) as connection:
        return {row.name: row.value for row in connection.execute(select(Counter.name, Counter.value))}
