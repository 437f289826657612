"""A contact that is being saved while a record it names becomes part of another follows it there."""

from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select

from earlyhelp.casework import intake
from earlyhelp.casework.bulk import Bulk
from earlyhelp.casework.contacts import read_contact
from earlyhelp.casework.pathways import running_pathway_id
from earlyhelp.pathway.facts import Actor, Facts
from earlyhelp.records.cases import CasePerson
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.people import FamilyMember, Person
from tests.casework.test_merging import BILL, FIELDS, SISTER, WILLIAM, merged, told
from tests.casework.watched_cases import MONDAY, council_in

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
        second = {**WILLIAM, "person": kept} if names_both else SISTER
        told(connection, council, {**BILL, "person": gone}, second)
    thread.join()
    with reading(engine) as connection:
        nobody_is_on_what_is_gone(connection)


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
        pathway = intake.opening_engine(connection, person=person, now=MONDAY)
        step = pathway.step(
            Facts(None),
            "receive_contact",
            {**FIELDS, "children": [WILLIAM]},
            Actor(person.id, person.roles, person.team_kind),
            MONDAY,
        )
        bulk = Bulk(connection, person=person)
        bulk.people.know([contact])
        merged(connection, council, kept, gone, reason="Same woman")
        pathway_id = running_pathway_id(connection, name="standard") or 0
        bulk.open(pathway, pathway_id, contact, step, occurred_at=MONDAY, now=MONDAY)
        bulk.flush()
        nobody_is_on_what_is_gone(connection)
