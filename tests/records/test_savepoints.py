"""What fails within a savepoint takes back that savepoint and no more, although PostgreSQL is told of writes later."""

import pytest
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from earlyhelp.records.people import Counter
from earlyhelp.records.prepared import Together

ADD = insert(Counter).inline()


class GivenUp(Exception):
    """Somebody thinks better of it."""


def test_what_cannot_be_kept_is_heard_where_its_savepoint_ends(connection: Connection) -> None:
    add(connection, "case", 1)
    with pytest.raises(IntegrityError), connection.begin_nested():
        add(connection, "case", 2)
    add(connection, "person", 3)
    assert counters(connection) == {"case": 1, "person": 3}


def test_a_savepoint_that_is_given_up_is_gone_with_its_writes(connection: Connection) -> None:
    add(connection, "case", 1)
    with pytest.raises((GivenUp, IntegrityError)), connection.begin_nested():  # whichever is heard first
        add_and_give_up(connection, "case", 2)
    add(connection, "person", 3)
    assert counters(connection) == {"case": 1, "person": 3}


def test_a_fault_in_a_savepoint_takes_back_those_within_it_and_none_around_it(connection: Connection) -> None:
    with connection.begin_nested():
        add(connection, "case", 1)
        with pytest.raises(IntegrityError), connection.begin_nested():
            add_and_clash(connection, "person", 2)
        add(connection, "family", 4)
    assert counters(connection) == {"case": 1, "family": 4}


def add(connection: Connection, name: str, value: int) -> None:
    together = Together(connection)
    together.execute(ADD, {"name": name, "value": value})
    together.send()


def add_and_clash(connection: Connection, name: str, value: int) -> None:
    with connection.begin_nested():
        add(connection, name, value)
    add(connection, name, value)


def add_and_give_up(connection: Connection, name: str, value: int) -> None:
    add(connection, name, value)
    raise GivenUp


def counters(connection: Connection) -> dict[str, int]:
    return {row.name: row.value for row in connection.execute(select(Counter.name, Counter.value))}
