"""Importing services: only what changed is written, nothing by halves, and history keeps what was withdrawn."""

import json
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection, select

from earlyhelp.casework import directory_import
from earlyhelp.casework.directory import need_words
from earlyhelp.casework.directory_import import ImportRefused, Plan, import_feed, plan_import
from earlyhelp.insight.directory import Wanted, find_services, last_imports
from earlyhelp.openreferral import Feed, read_document
from earlyhelp.places import workflows
from earlyhelp.records.reference import Service
from tests.casework.feed_server import a_service
from tests.casework.watched_cases import MONDAY, days

WORDS = need_words(workflows() / "directory")
SOURCE = "https://feed.example/services"


def feed_of(*services: Any, **more: Any) -> Feed:
    return read_document(json.dumps({"contents": list(services), **more}))


def imported(connection: Connection, *services: Any, at: datetime = MONDAY) -> Plan:
    return import_feed(connection, feed_of(*services), source=SOURCE, words=WORDS, by="tests", now=at)


def columns(connection: Connection, number: int) -> Any:
    identity = a_service(number)["id"]
    return connection.execute(select(Service).where(Service.upstream_id == identity)).one()


def test_a_second_import_of_the_same_changes_nothing(connection: Connection) -> None:
    imported(connection, a_service(1), a_service(2))
    before = connection.execute(select(Service)).all()
    again = imported(connection, a_service(1), a_service(2), at=MONDAY + days(1))
    assert (again.changes, again.unchanged) == (0, 2)
    assert connection.execute(select(Service)).all() == before


def test_only_what_changed_is_written(connection: Connection) -> None:
    imported(connection, a_service(1), a_service(2))
    later = MONDAY + days(1)
    plan = imported(connection, a_service(1), a_service(2, description="New"), at=later)
    assert [(one.service.name, one.columns) for one in plan.changed] == [("Service 2", ("description",))]
    assert columns(connection, 1).changed_at == MONDAY
    assert (columns(connection, 2).changed_at, columns(connection, 2).description) == (later, "New")


def test_a_service_withdrawn_upstream_is_kept_and_may_return(connection: Connection) -> None:
    imported(connection, a_service(1), a_service(2))
    imported(connection, a_service(1), at=MONDAY + days(1))
    assert columns(connection, 2).withdrawn_at == MONDAY + days(1)
    assert imported(connection, a_service(1), a_service(2)).counts()["returned"] == 1
    assert columns(connection, 2).withdrawn_at is None


def test_a_service_that_became_unreadable_is_not_withdrawn(connection: Connection) -> None:
    imported(connection, a_service(1))
    plan = imported(connection, a_service(1, name=""))
    assert (plan.withdrawn, plan.skipped) == ([], 1)


def test_one_page_of_several_withdraws_nothing(connection: Connection) -> None:
    imported(connection, a_service(1), a_service(2))
    plan = plan_import(connection, feed_of(a_service(1), last_page=False), source=SOURCE)
    assert plan.withdrawn == []


def test_another_list_withdraws_nothing_of_this_one(connection: Connection) -> None:
    imported(connection, a_service(1))
    plan = plan_import(connection, feed_of(a_service(2)), source="another list")
    assert (plan.withdrawn, len(plan.added)) == ([], 1)


def test_losing_most_of_a_list_needs_a_person(connection: Connection) -> None:
    imported(connection, *(a_service(n) for n in range(30)))
    plan = plan_import(connection, feed_of(a_service(1)), source=SOURCE)
    with pytest.raises(ImportRefused, match="29 of 30"):
        directory_import.refuse_mass_withdrawal(plan)


def test_services_are_found_by_what_the_feed_says(connection: Connection) -> None:
    place = {
        "location": {"addresses": [{"address_1": "1 Mill Lane", "city": "Walsall", "postal_code": "WS1 1TP"}]}
    }
    term = {"taxonomy_term": {"name": "Debt and benefits"}}
    imported(
        connection,
        a_service(1, service_at_locations=[place], attributes=[term], minimum_age=16),
        a_service(2, maximum_age=4),
    )

    def found(**wanted: Any) -> list[str]:
        return [row.name for row in find_services(connection, wanted=Wanted(**wanted))]

    assert found(needs=("money",)) == ["Service 1"]
    assert found(age=3) == ["Service 2"]
    assert found(place="ws1 9zz") == found(place="Wals") == ["Service 1", "Service 2"]
    assert found(place="Dudley") == ["Service 2"]
    assert found(words="mill 1") == ["Service 1"]


def test_an_import_waits_for_a_yes_and_is_done_once(connection: Connection) -> None:
    import_id = directory_import.keep_for_a_yes(connection, feed_of(a_service(1)), source=SOURCE, now=MONDAY)
    assert connection.scalars(select(Service.id)).all() == []
    asked = {"import_id": import_id, "words": WORDS, "by": "tests", "now": MONDAY}
    done = directory_import.import_waiting(connection, **asked)
    assert done is not None
    assert len(done.added) == 1
    assert directory_import.import_waiting(connection, **asked) is None
    assert [row.added for row in last_imports(connection)] == [1]


def test_an_import_that_fails_leaves_nothing_behind(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(directory_import, "index_services", broken)
    savepoint = connection.begin_nested()
    with pytest.raises(RuntimeError):
        imported(connection, a_service(1))
    savepoint.rollback()
    assert connection.scalars(select(Service.id)).all() == []
