"""A contact that is being saved while a record it names becomes part of another follows it there."""

from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import Engine, select

from earlyhelp.casework import intake
from earlyhelp.records.cases import CasePerson
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.people import FamilyMember, Person
from tests.casework.test_merging import BILL, SISTER, WILLIAM, merged, told
from tests.casework.watched_cases import council_in


@pytest.fixture
def engine(postgresql_engine: Engine) -> Engine:
    """Where one writer holds the only pen, nothing can happen in between."""
    return postgresql_engine


def test_its_child_is_the_one_that_stayed(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    council = council_in(engine)
    with transaction(engine) as connection:
        (_, (kept,)), (_, (gone,)) = (told(connection, council, child) for child in (WILLIAM, BILL))
    linked, done = Event(), Event()
    household = intake._household

    def waiting(*given: Any) -> Any:
        linked.set()
        assert done.wait(10)
        return household(*given)

    def merge() -> None:
        assert linked.wait(10)
        with transaction(engine) as connection:
            merged(connection, council, kept, gone)
        done.set()

    monkeypatch.setattr(intake, "_household", waiting)
    thread = Thread(target=merge)
    thread.start()
    with transaction(engine) as connection:
        told(connection, council, {**BILL, "person": gone}, SISTER)
    thread.join()
    with reading(engine) as connection:
        for table in (CasePerson, FamilyMember):
            on = select(Person.id).join(table, table.person_id == Person.id)
            assert connection.scalars(on.where(Person.merged_into_id.is_not(None))).all() == []
