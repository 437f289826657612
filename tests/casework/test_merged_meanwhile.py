"""A contact that is being saved while a record it names becomes part of another follows it there."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event as Turn, Thread
from time import monotonic, sleep
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select, text

from earlyhelp.casework import intake
from earlyhelp.casework.bulk import Bulk
from earlyhelp.casework.contacts import ContactTold, read_contact
from earlyhelp.casework.pathways import running_pathway_id
from earlyhelp.pathway.facts import Facts
from earlyhelp.records.cases import Case, CasePerson, Event
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.people import FamilyMember, Person
from tests.casework.test_merging import BILL, FIELDS, SISTER, WILLIAM, merged, told
from tests.casework.watched_cases import MONDAY, Council, council_in

MOTHER = {
    "given_name": "Elowen",
    "family_name": "Nance",
    "relationship": "mother",
    "date_of_birth": "1990-03-01",
    "postcode": "WS1 1TP",
}


@pytest.fixture
def engine(postgresql_engine: Engine) -> Engine:
    """Where one writer holds the only pen, nothing can happen in between."""
    return postgresql_engine


@pytest.mark.parametrize("names_both", [False, True])
def test_its_child_is_the_one_that_stayed(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, names_both: bool
) -> None:
    council = council_in(engine)
    with transaction(engine) as connection:
        (_, (kept,)), (_, (gone,)) = (told(connection, council, child) for child in (WILLIAM, BILL))
    second = {**WILLIAM, "person": kept} if names_both else SISTER
    told_while_merged(engine, council, monkeypatch, kept, gone, [{**BILL, "person": gone}, second])
    with reading(engine) as connection:
        nobody_is_on_what_is_gone(connection)


def test_it_is_about_the_family_of_the_one_that_stayed(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    council = council_in(engine)
    with transaction(engine) as connection:
        (_, (gone,)), (_, (kept,)) = (told(connection, council, child) for child in (BILL, WILLIAM))
    told_while_merged(engine, council, monkeypatch, kept, gone, [{**BILL, "person": gone}])
    with reading(engine) as connection:
        told_of = connection.scalars(select(Event.fields["children"]).order_by(Event.id)).all()
        assert told_of == [[gone], [kept], [kept]]
        families = connection.scalars(select(Case.family_id).order_by(Case.id)).all()
        assert families[2] in families[:2]


def told_while_merged(
    engine: Engine,
    council: Council,
    monkeypatch: pytest.MonkeyPatch,
    kept: str,
    gone: str,
    children: list[dict[str, Any]],
) -> None:
    """A contact that has found whom it is about, then waits until their records are merged."""
    linked, done = Turn(), Turn()
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
        told(connection, council, *children)
    thread.join()


def nobody_is_on_what_is_gone(connection: Connection) -> None:
    for table in (CasePerson, FamilyMember):
        on = select(Person.id).join(table, table.person_id == Person.id)
        assert connection.scalars(on.where(Person.merged_into_id.is_not(None))).all() == []


def test_the_mother_of_a_new_child_in_a_list_is_the_one_that_stayed(engine: Engine) -> None:
    council = council_in(engine)
    person = council["screener"]
    asked: dict[str, Any] = {"person": person, "fields": FIELDS, "now": MONDAY}
    with transaction(engine) as connection:
        for mother in (MOTHER, {**MOTHER, "given_name": "Ellie", "postcode": None}):
            intake.open_case(connection, children=[SISTER], adults=[mother], **asked)
        gone, kept = connection.scalars(
            select(Person.public_id).where(Person.adult).order_by(Person.id)
        ).all()
        contact = read_contact([WILLIAM], None, today=MONDAY.date(), adults=[MOTHER])
        bulk = Bulk(connection, person=person)
        bulk.people.know([contact])
        merged(connection, council, kept, gone, reason="Same woman")
        open_in(bulk, contact, [WILLIAM])
        bulk.flush()
        nobody_is_on_what_is_gone(connection)


def open_in(bulk: Bulk, contact: ContactTold, children: list[dict[str, Any]]) -> None:
    pathway = intake.opening_engine(bulk.connection, person=bulk.person, now=MONDAY)
    step = pathway.step(Facts(None), "receive_contact", {**FIELDS, "children": children}, bulk.actor, MONDAY)
    pathway_id = running_pathway_id(bulk.connection, name="standard") or 0
    bulk.open(pathway, pathway_id, contact, step, occurred_at=MONDAY, now=MONDAY)


@pytest.mark.parametrize("how", ["chosen", "unsure", "in a list"])
def test_it_and_the_merge_never_wait_for_each_other(engine: Engine, how: str) -> None:
    """The merge has the first record and wants the second; the contact comes upon the second before the first."""
    council = council_in(engine)
    with transaction(engine) as connection:
        (_, (kept,)), (_, (gone,)) = (told(connection, council, child) for child in (WILLIAM, BILL))
    unsure = {
        **BILL,
        "nhs_number": None,
        "postcode": None,
    }  # more like the second than the first, and neither
    children = [{**BILL, "person": gone}, {**WILLIAM, "person": kept}] if how == "chosen" else [unsure]

    def merge() -> None:
        with transaction(engine) as connection:
            merged(connection, council, kept, gone)

    def contact() -> None:
        with transaction(engine) as connection:
            if how != "in a list":
                told(connection, council, *children)
                return
            bulk = Bulk(connection, person=council["screener"])
            contact = read_contact(children, None, today=MONDAY.date())
            bulk.people.know([contact])
            open_in(bulk, contact, children)
            bulk.flush()

    with ThreadPoolExecutor(2) as beside:
        with transaction(engine) as connection:
            connection.execute(select(Person.id).where(Person.public_id == kept).with_for_update())
            done = [begun_and_waiting(beside, engine, each) for each in (merge, contact)]
        for each in done:
            each.result(20)
    with reading(engine) as connection:
        nobody_is_on_what_is_gone(connection)


def begun_and_waiting(beside: ThreadPoolExecutor, engine: Engine, action: Callable[[], None]) -> Future[None]:
    """The action, as soon as it waits for what another transaction holds."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0"
    )
    until = monotonic() + 10
    with engine.connect() as connection:
        before = connection.scalar(waiting)
        begun = beside.submit(action)
        while connection.scalar(waiting) == before:
            connection.rollback()
            assert monotonic() < until
            sleep(0.02)
    return begun
