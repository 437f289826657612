"""Children recorded twice: those suspected count, those of whom nobody may know do not."""

from sqlalchemy import Connection, insert, select, update

from earlyhelp.insight.data_quality import CHECKS, counts, found
from earlyhelp.records.matching import SuspectedDuplicate
from earlyhelp.records.people import Person
from tests.casework.watched_cases import MONDAY, contact, days, found_council

NOW = MONDAY + days(9)


def test_suspected_children_are_listed_until_the_other_is_restricted(connection: Connection) -> None:
    council = found_council(connection)
    manager = council["service_manager"]
    for surname in ("Rowe", "Tregenza"):
        contact(connection, council, surname=surname)
    connection.execute(SuspectedDuplicate.__table__.delete())
    one, other = connection.scalars(select(Person.id).order_by(Person.id)).all()
    assert counts(connection, person=manager, now=NOW)["duplicates"] == 0
    pair = {"person_id": other, "other_id": one, "strength": 2, "score": 9.0, "reasons": [], "found_at": NOW}
    connection.execute(insert(SuspectedDuplicate).values(pair))
    listed = found(connection, CHECKS["duplicates"], person=manager, now=NOW)
    assert {row.person_id for row in listed} == {one, other}
    connection.execute(update(Person).where(Person.id == one).values(restricted=True))
    listed = found(connection, CHECKS["duplicates"], person=manager, now=NOW)
    assert {row.person_id for row in listed} == {one}, (
        "the other record does not give the restricted child away"
    )
