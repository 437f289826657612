"""Suggestions from the records: found by index, in two queries, and nothing of what is restricted."""

from datetime import date

from sqlalchemy import Connection, Engine, event, select, update

from earlyhelp.casework.intake import open_case
from earlyhelp.insight.known_people import likely_matches
from earlyhelp.matching.described import Described
from earlyhelp.matching.scoring import Strength
from earlyhelp.records.cases import Case
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.people import Person
from tests.casework.test_merging import FIELDS, WILLIAM, told
from tests.casework.watched_cases import MONDAY, Council, council_in, found_council

BILL = Described(given_name="Bill", family_name="Tregenza", date_of_birth=date(2019, 5, 4))


def test_a_child_is_suggested_with_reasons_and_what_is_known(connection: Connection) -> None:
    council = found_council(connection)
    _, (known,) = told(connection, council, WILLIAM)
    (found,) = likely_matches(connection, person=council["screener"], typed=[BILL])
    (one,) = found.known
    assert (one.public_id, one.name, one.strength) == (known, "William Tregenza", Strength.LIKELY)
    assert one.reasons == ("another form of the first name", "same surname", "same date of birth")
    assert (one.cases, one.open_cases, one.last_opened_at) == (1, 1, MONDAY)


def test_a_restricted_person_is_named_by_nothing_but_an_id(connection: Connection) -> None:
    council = found_council(connection)
    told(connection, council, WILLIAM)
    person_id = connection.scalar(select(Person.id))
    shown = {Person: 1, Case: 0}  # to service managers, who are not named to the case
    for table, number in shown.items():
        connection.execute(update(Person).values(restricted=False))
        connection.execute(update(table).values(restricted=True))
        (found,) = likely_matches(connection, person=council["screener"], typed=[BILL])
        assert (found.known, found.restricted) == ((), (person_id,))
        (found,) = likely_matches(connection, person=council["service_manager"], typed=[BILL])
        assert len(found.known) == number


def test_adults_are_not_suggested_for_a_child(connection: Connection) -> None:
    council = found_council(connection)
    told(connection, council, WILLIAM)
    connection.execute(update(Person).values(adult=True))
    assert likely_matches(connection, person=council["screener"], typed=[BILL])[0].known == ()


def test_many_records_cost_two_look_ups_as_one_does(engine: Engine) -> None:
    council = council_in(engine)
    costs = [_cost(engine, council, contacts) for contacts in (1, 20)]
    assert costs == [2, 2]


def _cost(engine: Engine, council: Council, contacts: int) -> int:
    with transaction(engine) as connection:
        for number in range(contacts):
            child = {**WILLIAM, "family_name": f"Tregenza{chr(97 + number % 26)}"}
            open_case(connection, person=council["screener"], children=[child] * 8, fields=FIELDS, now=MONDAY)
    statements: list[str] = []

    def note(_c: object, _u: object, statement: str, *_: object) -> None:
        statements.append(statement)

    with reading(engine) as connection:
        event.listen(engine, "before_cursor_execute", note)
        try:
            likely_matches(connection, person=council["screener"], typed=[BILL] * 5)
        finally:
            event.remove(engine, "before_cursor_execute", note)
    return len(statements)
