"""What is recorded wrongly of a person is set right: the old stays with their cases, and the new finds them."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, func, select, update

from earlyhelp.casework.audit import verify_one
from earlyhelp.casework.merging import NoSuchPerson
from earlyhelp.casework.rectifying import correct_person, details_version
from earlyhelp.casework.refusals import NotAllowed, StaleVersion
from earlyhelp.insight.disclosure import held_on
from earlyhelp.pathway.facts import BadFields, Refused
from earlyhelp.records.cases import Case
from earlyhelp.records.clocks import OutboxMessage
from earlyhelp.records.journal import JournalEntry
from earlyhelp.records.matching import SuspectedDuplicate
from earlyhelp.records.organisation import User
from earlyhelp.records.people import Person
from tests.casework.test_merging import BILL, LATER, SISTER, WILLIAM, told
from tests.casework.watched_cases import Council, found_council

WRONG = {**WILLIAM, "given_name": "Jory", "family_name": "Penrose", "date_of_birth": "2018-05-04"}
RIGHT = {**WILLIAM, "gender": "male", "ethnicity": "WBRI", "nhs_number": "943 476 5919", "upn": ""}


def corrected(connection: Connection, council: Council, public_id: str, **changes: object) -> list[str]:
    asked: dict[str, object] = {
        "person": council["service_manager"],
        "given": RIGHT,
        "reason": "Birth certificate",
    }
    return correct_person(connection, public_id=public_id, **{"now": LATER, **asked, **changes})  # type: ignore[arg-type]


def test_a_correction_is_kept_with_each_case_and_the_person_is_found_by_it(connection: Connection) -> None:
    council = found_council(connection)
    first, (child, sister) = told(connection, council, WRONG, SISTER)
    second, _ = told(connection, council, {**WRONG, "person": child})
    _, (twin,) = told(connection, council, {**BILL, "nhs_number": ""})
    assert "given_name" in corrected(connection, council, child)
    row = connection.execute(select(Person).where(Person.public_id == child)).one()
    assert (row.given_name, row.search_name, row.nhs_number) == ("William", "william tregenza", "9434765919")
    entries = [(one["changed"], one["reason"]) for one in connection.scalars(select(JournalEntry.content))]
    assert len(entries) == 2
    assert entries[0] == entries[1]
    changes, reason = entries[0]
    assert reason == "Birth certificate"
    assert changes["date_of_birth"] == {"was": "2018-05-04", "is": "2019-05-04"}
    assert changes["family_name"] == {"was": "Penrose", "is": "Tregenza"}
    assert changes["nhs_number"] == {"was": "", "is": "9434765919"}
    assert "upn" not in changes
    for reference in (first, second):
        assert verify_one(connection, reference=reference) is None
    other_child = connection.scalar(select(Person.id).where(Person.public_id == sister)) or 0
    assert [row["third_party"] for row in held_on(connection, person_id=other_child).records["journal"]] == [
        True
    ]
    assert [row["third_party"] for row in held_on(connection, person_id=row.id).records["journal"]] == [
        False
    ] * 2
    assert told(connection, council, {**WILLIAM, "nhs_number": "9434765919"})[1] == [child]
    other = select(Person.public_id).join(SuspectedDuplicate, SuspectedDuplicate.other_id == Person.id)
    assert twin in connection.scalars(other.where(SuspectedDuplicate.person_id == row.id)).all()


def test_a_wrong_correction_writes_nothing(connection: Connection) -> None:
    council = found_council(connection)
    _, (child,) = told(connection, council, WRONG)
    for who in ("screener", "manager", "lead"):
        with pytest.raises(NotAllowed):
            corrected(connection, council, child, person=council[who])
    with pytest.raises(NoSuchPerson):
        corrected(connection, council, "P000NOBODY")
    nonsense = {"date_of_birth": "2031-01-01", "nhs_number": "1234567890", "upn": "X", "gender": "purple"}
    with pytest.raises(BadFields) as refused:
        corrected(connection, council, child, given=nonsense | {"given_name": "a\x00b"}, reason=" ")
    assert set(refused.value.errors) == {"given_name", "nhs_number", "upn", "gender", "reason"}
    with pytest.raises(BadFields, match="past"):
        corrected(connection, council, child, given={**RIGHT, "date_of_birth": "2031-01-01"})
    with pytest.raises(BadFields, match="at least one name"):
        corrected(connection, council, child, given={})
    with pytest.raises(Refused, match="Nothing here differs"):
        corrected(connection, council, child, given=WRONG)
    row = connection.execute(select(Person).where(Person.public_id == child)).one()
    assert row.given_name == "Jory"
    assert connection.scalar(select(func.count()).select_from(JournalEntry)) == 0
    seen = details_version(row)
    corrected(connection, council, child, seen_version=seen)
    with pytest.raises(StaleVersion):
        corrected(connection, council, child, given=WRONG, seen_version=seen)


def messages(connection: Connection, record: str) -> list[tuple[str, str]]:
    """To whom something was said of this restricted record, and what."""
    sent = select(User.email, OutboxMessage.body).join(User, User.id == OutboxMessage.recipient_id)
    mine = sent.where(OutboxMessage.topic == "restricted", OutboxMessage.subject.startswith(record))
    return [(row.email, row.body) for row in connection.execute(mine)]


def test_a_restricted_match_that_a_correction_reveals_is_told_to_its_manager_once(
    connection: Connection,
) -> None:
    council = found_council(connection)
    kept, (hidden,) = told(connection, council, BILL)
    lead = council["lead"]
    connection.execute(
        update(Case).where(Case.reference == kept).values(restricted=True, lead_professional_id=lead.id)
    )
    _, (child,) = told(connection, council, WRONG)
    assert messages(connection, hidden) == []
    assert corrected(connection, council, child)
    ((recipient, words),) = messages(connection, hidden)
    assert recipient == lead.email
    assert "set right the details of a record" in words
    assert "Tregenza" not in words
    corrected(connection, council, child, given={**RIGHT, "nhs_number": ""}, reason="Not hers")
    corrected(connection, council, child, now=LATER + timedelta(days=1))
    assert len(messages(connection, hidden)) == 1, "exactly once"


def test_a_restricted_record_that_comes_to_match_another_is_told_of_too(connection: Connection) -> None:
    council = found_council(connection)
    told(connection, council, BILL)
    kept, (hidden,) = told(connection, council, WRONG)
    manager = council["service_manager"]
    connection.execute(
        update(Case).where(Case.reference == kept).values(restricted=True, lead_professional_id=manager.id)
    )
    who = replace(manager, roles=manager.roles | {"lead_professional"})
    assert corrected(connection, council, hidden, person=who)
    assert [email for email, _ in messages(connection, hidden)] == [manager.email]
