"""The database itself keeps what was read: nobody changes or deletes it, but a retention run."""

import pytest
from sqlalchemy import Connection, Engine, insert, select, text
from sqlalchemy.exc import DBAPIError

from earlyhelp.records.database import is_postgresql, transaction
from earlyhelp.records.organisation import User
from earlyhelp.records.reference import AccessEntry
from earlyhelp.records.retention import RetentionRun
from tests.casework.watched_cases import MONDAY


@pytest.fixture
def logged(engine: Engine) -> Engine:
    with transaction(engine) as connection:
        user = insert(User).values(email="sam@example.org", name="Sam Field", created_at=MONDAY)
        reader = connection.execute(user.returning(User.id)).scalar_one()
        connection.execute(insert(AccessEntry).values(at=MONDAY, user_id=reader, what="case"))
    return engine


@pytest.mark.parametrize(
    "attack", ["UPDATE access_log SET reason = 'asked to'", "DELETE FROM access_log", "TRUNCATE access_log"]
)
def test_what_was_read_is_neither_changed_nor_deleted(logged: Engine, attack: str) -> None:
    if attack.startswith("TRUNCATE") and logged.dialect.name == "sqlite":
        attack = "DELETE FROM access_log WHERE true"
    with pytest.raises(DBAPIError, match="append-only"), transaction(logged) as connection:
        connection.execute(text(attack))
    with logged.connect() as connection:
        assert connection.scalars(select(AccessEntry.reason)).all() == [""]


def test_a_retention_run_deletes_it_and_still_changes_nothing(logged: Engine) -> None:
    with transaction(logged) as connection:
        _run(connection)
        with pytest.raises(DBAPIError, match="append-only"), connection.begin_nested():
            connection.execute(text("UPDATE access_log SET what = 'nothing'"))
        assert connection.execute(text("DELETE FROM access_log")).rowcount == 1


def _run(connection: Connection) -> None:
    connection.execute(insert(RetentionRun).values(applied_at=MONDAY, applied_by="Ada"))
    if is_postgresql(connection):
        connection.execute(text("SELECT set_config('earlyhelp.retention', '1', true)"))
