"""A restricted case is seen by those who are named, and in an emergency by who says why, for some hours."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, select, update

from earlyhelp.casework.access import give_access
from earlyhelp.casework.accounts import create_user
from earlyhelp.casework.audit import verify_one
from earlyhelp.casework.reading import case_for
from earlyhelp.casework.refusals import NoSuchCase, NotAllowed
from earlyhelp.casework.restricting import break_glass, lift_restriction, restrict_case
from earlyhelp.insight.known_people import suspicions_of_case
from earlyhelp.insight.people import person_of
from earlyhelp.pathway.facts import BadFields, Refused
from earlyhelp.permissions import Person, load_person, visible_cases
from earlyhelp.records.access import CaseAccess
from earlyhelp.records.cases import Case
from earlyhelp.records.clocks import OutboxMessage
from earlyhelp.records.journal import JournalEntry
from earlyhelp.records.organisation import User
from earlyhelp.records.people import Person as Child
from tests.casework.watched_cases import MONDAY, Council, allocated, days

AT = MONDAY + days(2)
REASON = {"reason": "A colleague's own family"}
EMERGENCY = {"hours": "4", "reason": "Police ask tonight whether the child is known"}


@pytest.fixture
def reference(connection: Connection, council: Council) -> str:
    reference = allocated(connection, council)
    restrict_case(connection, reference=reference, person=council["manager"], given=REASON, now=AT)
    return reference


def at_that_time(connection: Connection, who: Person, at: datetime) -> Person:
    found = load_person(connection, user_id=who.id or 0, now=at)
    assert found is not None
    return found


def sees(connection: Connection, reference: str, who: Person, at: datetime = AT) -> bool:
    """In lists and on its own page alike."""
    reader = at_that_time(connection, who, at)
    listed = connection.scalar(select(Case.id).where(Case.reference == reference, visible_cases(reader)))
    try:
        case_for(connection, reference=reference, person=reader)
    except NoSuchCase:
        assert listed is None
        return False
    assert listed is not None
    return True


def test_nobody_but_those_named_sees_a_restricted_case(
    connection: Connection, council: Council, reference: str
) -> None:
    seen_by = {who for who in council.people if sees(connection, reference, council[who])}
    assert seen_by == {"lead", "manager"}


def test_a_service_manager_who_is_named_sees_it_and_manages_it(
    connection: Connection, council: Council, reference: str
) -> None:
    chief = council["service_manager"]
    named = {"user": chief.email, "level": "contribute", "until": "2026-03-20", "reason": "Oversees it"}
    give_access(connection, reference=reference, person=council["manager"], given=named, now=AT)
    assert sees(connection, reference, chief)
    lift_restriction(
        connection,
        reference=reference,
        person=at_that_time(connection, chief, AT),
        given={"reason": "They moved away"},
        now=AT,
    )
    assert sees(connection, reference, council["screener"])


def test_broken_glass_lasts_its_hours_only_and_lets_nobody_else_in(
    connection: Connection, council: Council, reference: str
) -> None:
    chief = council["service_manager"]
    ends = break_glass(connection, reference=reference, person=chief, given=EMERGENCY, now=AT)
    assert ends == AT + timedelta(hours=4)
    reader = at_that_time(connection, chief, AT)
    assert sees(connection, reference, chief, ends - timedelta(seconds=1))
    assert not sees(connection, reference, chief, ends)
    with pytest.raises(NotAllowed):
        give_access(connection, reference=reference, person=reader, given={}, now=AT)
    with pytest.raises(NotAllowed):
        lift_restriction(connection, reference=reference, person=reader, given=REASON, now=AT)


def test_whose_case_it_is_are_told_of_broken_glass_without_the_reason(
    connection: Connection, council: Council, reference: str
) -> None:
    break_glass(connection, reference=reference, person=council["service_manager"], given=EMERGENCY, now=AT)
    told = connection.execute(select(OutboxMessage).where(OutboxMessage.topic == "break_glass")).all()
    assert {one.recipient_id for one in told} == {council["lead"].id, council["manager"].id}
    assert all(reference in one.subject and "Police" not in one.body for one in told)


def test_glass_broken_on_a_case_that_nobody_owns_is_told_to_who_oversee(
    connection: Connection, council: Council, reference: str
) -> None:
    """The team is gone, and whoever led the case has left."""
    connection.execute(update(Case).where(Case.reference == reference).values(team_id=None))
    connection.execute(update(CaseAccess).values(revoked_at=AT))
    connection.execute(update(User).where(User.id == council["lead"].id).values(active=False))
    chief = council["service_manager"]
    auditor = create_user(
        connection, email="auditor@council.example", name="Olwen", roles=["auditor"], now=AT
    )
    break_glass(connection, reference=reference, person=chief, given=EMERGENCY, now=AT)
    told = select(OutboxMessage.recipient_id).where(OutboxMessage.topic == "break_glass")
    assert connection.scalars(told).all() == [auditor], "never whoever broke it"


def test_what_was_restricted_opened_and_lifted_stays_in_the_journal(
    connection: Connection, council: Council, reference: str
) -> None:
    break_glass(connection, reference=reference, person=council["service_manager"], given=EMERGENCY, now=AT)
    lift_restriction(connection, reference=reference, person=council["manager"], given=REASON, now=AT)
    happened = select(JournalEntry.what).where(JournalEntry.subject == "restriction")
    assert connection.scalars(happened.order_by(JournalEntry.sequence)).all() == [
        "restricted",
        "glass_broken",
        "restriction_lifted",
    ]
    assert verify_one(connection, reference=reference) is None


def test_glass_is_broken_by_managers_only_with_a_reason_and_only_where_there_is_some(
    connection: Connection, council: Council, reference: str
) -> None:
    chief = council["service_manager"]
    for who in ("screener", "lead", "analyst"):
        with pytest.raises(NotAllowed):
            break_glass(connection, reference=reference, person=council[who], given=EMERGENCY, now=AT)
    with pytest.raises(BadFields) as refused:
        break_glass(connection, reference=reference, person=chief, given={"hours": "100"}, now=AT)
    assert set(refused.value.errors) == {"hours", "reason"}
    lift_restriction(connection, reference=reference, person=council["manager"], given=REASON, now=AT)
    with pytest.raises(NoSuchCase):
        break_glass(connection, reference=reference, person=chief, given=EMERGENCY, now=AT)


def test_a_case_is_restricted_by_who_manages_it_and_once(
    connection: Connection, council: Council, reference: str
) -> None:
    with pytest.raises(NotAllowed):
        restrict_case(connection, reference=reference, person=council["lead"], given=REASON, now=AT)
    with pytest.raises(Refused):
        restrict_case(connection, reference=reference, person=council["manager"], given=REASON, now=AT)


def test_who_types_a_restricted_childs_details_learns_nothing_and_its_managers_are_told(
    connection: Connection, council: Council, reference: str
) -> None:
    child = connection.scalar(select(Child.public_id))
    new = allocated(connection, council, at=AT)
    case_id = connection.scalar(select(Case.id).where(Case.reference == new))
    assert case_id is not None
    for who in ("screener", "service_manager", "other_lead"):
        found = suspicions_of_case(connection, case_id=case_id, person=council[who])
        assert [(one.known, len(one.restricted)) for one in found.values()] == [((), 1)]
        assert person_of(connection, public_id=child or "", person=council[who]) is None
    found = suspicions_of_case(connection, case_id=case_id, person=council["manager"])
    assert [[known.public_id for known in one.known] for one in found.values()] == [[child]]
    assert person_of(connection, public_id=child or "", person=council["lead"]) is not None
    told = connection.execute(select(OutboxMessage).where(OutboxMessage.topic == "restricted")).all()
    assert {one.recipient_id for one in told} == {council["lead"].id, council["manager"].id}
    assert all("Tregenza" not in one.body for one in told)
