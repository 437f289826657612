"""When the youngest child of a case was born stays right on the case, whatever happens to its people."""

from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from earlyhelp.casework.bulk import Bulk
from earlyhelp.casework.contacts import read_contact
from earlyhelp.casework.intake import opening_engine
from earlyhelp.casework.pathways import running_pathway_id
from earlyhelp.casework.rectifying import correct_person
from earlyhelp.pathway.facts import Actor, Facts
from earlyhelp.records.cases import Case, CasePerson
from earlyhelp.records.people import Person
from tests.casework.test_merging import BILL, FIELDS, SISTER, WILLIAM, merged, told, unmerged
from tests.casework.watched_cases import MONDAY, Council, found_council

BABY = {"given_name": "Jory", "family_name": "Tregenza", "date_of_birth": "2025-11-02"}
UNBORN = {"family_name": "Pascoe", "expected_birth_on": "2026-06-30"}
MOTHER = {"given_name": "Elowen", "family_name": "Nance", "relationship": "mother"}
NAMELESS = {"given_name": "Ysella", "family_name": "Nance"}


def youngest(connection: Connection, reference: str) -> date | None:
    """What is kept of a case. What is kept of every case must be what its people say."""
    on = select(CasePerson.case_id, Person).join(Person, Person.id == CasePerson.person_id)
    people = connection.execute(on.where(~Person.adult)).all()
    for case in connection.execute(select(Case.id, Case.youngest_born_on)).all():
        births = [row.date_of_birth or row.expected_birth_on for row in people if row.case_id == case.id]
        assert case.youngest_born_on == max(filter(None, births), default=None)
    return connection.scalar(select(Case.youngest_born_on).where(Case.reference == reference))


def test_it_is_the_latest_birth_or_birth_expected_among_the_children(connection: Connection) -> None:
    council = found_council(connection)
    both, _ = told(connection, council, BABY, SISTER)
    unborn, _ = told(connection, council, UNBORN, BABY)
    unknown, _ = told(connection, council, NAMELESS)
    assert youngest(connection, both) == date(2025, 11, 2)
    assert youngest(connection, unborn) == date(2026, 6, 30)
    assert youngest(connection, unknown) is None


def test_of_a_known_child_what_is_recorded_counts_not_what_was_told(connection: Connection) -> None:
    council = found_council(connection)
    _, (child,) = told(connection, council, WILLIAM)
    again, _ = told(connection, council, {**BABY, "person": child})
    assert youngest(connection, again) == date(2019, 5, 4)


def test_a_corrected_birth_date_counts_on_every_case_of_the_child(connection: Connection) -> None:
    council = found_council(connection)
    first, (_, child) = told(connection, council, SISTER, WILLIAM)
    second, _ = told(connection, council, {**WILLIAM, "person": child})
    asked: dict[str, Any] = {"person": council["service_manager"], "reason": "Certificate", "now": MONDAY}
    correct_person(connection, public_id=child, given={**WILLIAM, "date_of_birth": "2025-05-04"}, **asked)
    assert youngest(connection, first) == youngest(connection, second) == date(2025, 5, 4)
    correct_person(connection, public_id=child, given={**WILLIAM, "date_of_birth": ""}, **asked)
    assert youngest(connection, first) == date(2017, 1, 30)
    assert youngest(connection, second) is None


def test_merging_two_records_and_undoing_it_counts_on_the_cases_of_both(connection: Connection) -> None:
    council = found_council(connection)
    first, (kept,) = told(connection, council, {**WILLIAM, "date_of_birth": ""})
    second, (gone, _) = told(connection, council, BILL, SISTER)
    merge_id = merged(connection, council, kept, gone)
    assert youngest(connection, first) == youngest(connection, second) == date(2019, 5, 4)
    unmerged(connection, council, merge_id)
    assert youngest(connection, first) is None
    assert youngest(connection, second) == date(2019, 5, 4)


def test_a_case_of_a_list_about_a_record_merged_before_counts_the_one_that_stayed(
    connection: Connection,
) -> None:
    council = found_council(connection)
    _, (kept,) = told(connection, council, {**WILLIAM, "date_of_birth": "2025-05-04"})
    _, (gone,) = told(connection, council, BILL)
    merged(connection, council, kept, gone)
    assert youngest(connection, listed(connection, council, BILL)) == date(2025, 5, 4)
    assert youngest(connection, listed(connection, council, BABY)) == date(2025, 11, 2)


def listed(connection: Connection, council: Council, child: dict[str, Any]) -> str:
    """The reference of a case written as those of a list are."""
    person = council["screener"]
    engine = opening_engine(connection, person=person, now=MONDAY)
    contact = read_contact([child], None, today=MONDAY.date(), adults=[MOTHER])
    actor = Actor(person.id, person.roles, person.team_kind)
    step = engine.step(Facts(None), "receive_contact", {**FIELDS, "children": [child]}, actor, MONDAY)
    bulk = Bulk(connection, person=person)
    bulk.people.know([contact])
    pathway_id = running_pathway_id(connection, name="standard") or 0
    case = bulk.open(engine, pathway_id, contact, step, occurred_at=MONDAY, now=MONDAY)
    bulk.flush()
    return case.reference
