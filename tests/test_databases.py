"""The fixtures keep their promises: real, migrated, empty, and separate."""

import socket
from collections.abc import Callable

import pytest
from sqlalchemy import Connection, Engine, func, insert, inspect, select, text

from earlyhelp.records.database import connect
from earlyhelp.records.organisation import Team
from tests.support.network import NetworkRefused


@pytest.mark.parametrize("turn", ["first", "second"])
def test_a_test_starts_with_an_empty_database(engine: Engine, turn: str) -> None:
    with engine.begin() as connection:
        assert connection.scalar(select(func.count()).select_from(Team)) == 0
        connection.execute(insert(Team).values(key="north", name="North", kind="locality", active=True))


def test_a_connection_writes_to_migrated_tables(connection: Connection) -> None:
    assert inspect(connection).has_table("cases")


def test_a_fresh_engine_has_its_own_database(fresh_engine: Engine) -> None:
    assert inspect(fresh_engine).has_table("cases")


def test_a_blank_engine_has_no_table(blank_engine: Engine) -> None:
    assert inspect(blank_engine).get_table_names() == []


def test_each_address_is_a_database_of_its_own(sqlite_url: Callable[[], str]) -> None:
    assert sqlite_url() != sqlite_url()


def test_the_real_postgresql_is_reached(postgresql_url: Callable[[], str]) -> None:
    engine = connect(postgresql_url())
    with engine.connect() as connection:
        assert str(connection.scalar(text("SHOW server_version_num"))) >= "150000"
    engine.dispose()


def test_the_outside_world_is_refused() -> None:
    with pytest.raises(NetworkRefused):
        socket.create_connection(("192.0.2.1", 80), timeout=0.1)
