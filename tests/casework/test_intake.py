"""A case begins: what a contact must say, whom it is about, and what it leaves when it is refused."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from earlyhelp.casework.contacts import received_at_of
from earlyhelp.casework.intake import open_case, opening_engine
from earlyhelp.pathway.facts import BadFields, UnknownAction, WrongRole
from earlyhelp.records.cases import Case, CasePerson, Contact, Event
from earlyhelp.records.organisation import Team
from earlyhelp.records.people import Family, FamilyMember, Person
from tests.casework.test_perform import the_case
from tests.casework.watched_cases import MONDAY, Council, days, found_council, the_clock

CHILD = {
    "given_name": "Zoë",
    "family_name": "O'Brien-Núñez",
    "date_of_birth": "2017-09-01",
    "gender": "female",
    "ethnicity": "WOTH",
    "disabled": False,
    "nhs_number": "943 476 5919",
    "upn": "B801200005001",
    "postcode": "ws1 1tp",
}
FIELDS = {
    "source": "2A",
    "channel": "telephone",
    "presenting_needs": ["attendance"],
    "worries": "Misses Mondays",
    "strengths": "Reads well",
    "agreement": "given",
    "sharing_basis": "public_task",
}


def received(
    connection: Connection, council: Council, *, children: Any = (CHILD,), who: str = "screener", **more: Any
) -> str:
    given = {"fields": FIELDS, "now": MONDAY, "children": list(children), **more}
    return open_case(connection, person=council[who], **given).reference


def refused(connection: Connection, council: Council, **more: Any) -> set[str]:
    with pytest.raises(BadFields) as fault:
        received(connection, council, **more)
    return set(fault.value.errors)


def test_a_contact_is_a_case_from_its_first_second(connection: Connection) -> None:
    council = found_council(connection)
    referrer = {
        "name": "Ms Head",
        "organisation": "Hill School",
        "email": "head@hill.example",
        "phone": "0123",
    }
    reference = received(connection, council, referrer=referrer, occurred_at=MONDAY - timedelta(hours=1))
    case = the_case(connection, reference)
    assert (case.state, case.version, case.agreement, case.is_open) == ("screening", 1, "given", True)
    assert case.opened_at == MONDAY - timedelta(hours=1)
    contact = connection.execute(select(Contact).where(Contact.case_id == case.id)).one()
    assert (contact.source, contact.referrer_email) == ("2A", "head@hill.example")
    assert case.next_due_at == the_clock(connection, "screening_decision").due_at


def test_the_history_names_children_only_by_their_lasting_id(connection: Connection) -> None:
    council = found_council(connection)
    reference = received(connection, council)
    event = connection.execute(select(Event).where(Event.case_id == the_case(connection, reference).id)).one()
    person = connection.execute(select(Person)).one()
    assert event.fields["children"] == [person.public_id]
    assert person.public_id.isalnum()
    assert len(person.public_id) <= 20
    assert "Brien" not in str(event.fields)


def test_a_child_is_kept_as_told_with_numbers_in_their_plain_form(connection: Connection) -> None:
    council = found_council(connection)
    received(connection, council)
    person = connection.execute(select(Person)).one()
    assert (person.nhs_number, person.upn, person.postcode) == ("9434765919", "B801200005001", "WS1 1TP")
    assert person.search_name == "zoe obrien nunez"
    family = connection.execute(select(Family)).one()
    assert family.name == "O'Brien-Núñez family"


@pytest.mark.parametrize(
    "told_again",
    [
        {**CHILD, "given_name": "Zoe", "postcode": None},
        {**CHILD, "given_name": "Zoe", "nhs_number": None, "upn": None},
        {"person": "known"},
    ],
    ids=["the same number and birth date", "the same names, birth date and postcode", "named by id"],
)
def test_a_child_who_is_certainly_known_is_not_recorded_twice(
    connection: Connection, told_again: dict[str, Any]
) -> None:
    council = found_council(connection)
    received(connection, council)
    if "person" in told_again:
        told_again = {"person": connection.scalar(select(Person.public_id))}
    received(connection, council, children=[told_again])
    assert connection.scalar(select(func.count()).select_from(Person)) == 1
    assert connection.scalar(select(func.count()).select_from(Family)) == 1


@pytest.mark.parametrize(
    "sibling",
    [
        {**CHILD, "given_name": "Zara", "nhs_number": None, "upn": None},
        {**CHILD, "date_of_birth": "2017-09-02"},
        {**CHILD, "nhs_number": None, "upn": None, "postcode": None},
        {**CHILD, "date_of_birth": None, "nhs_number": None, "upn": None},
    ],
    ids=["a twin at the same address", "another birth date", "no postcode", "no birth date"],
)
def test_what_is_less_than_certain_is_another_child(connection: Connection, sibling: dict[str, Any]) -> None:
    council = found_council(connection)
    received(connection, council)
    received(connection, council, children=[sibling])
    assert connection.scalar(select(func.count()).select_from(Person)) == 2


def test_brothers_and_sisters_of_one_contact_are_one_family(connection: Connection) -> None:
    council = found_council(connection)
    brother = {"given_name": "Finn", "family_name": "Brady"}
    reference = received(connection, council, children=[CHILD, brother])
    case = the_case(connection, reference)
    assert connection.scalar(select(func.count()).select_from(FamilyMember)) == 2
    positions = connection.scalars(
        select(CasePerson.position).where(CasePerson.case_id == case.id).order_by(CasePerson.position)
    )
    assert list(positions) == [0, 1]


def test_the_same_child_told_twice_in_one_contact_counts_once(connection: Connection) -> None:
    council = found_council(connection)
    reference = received(connection, council, children=[CHILD, CHILD])
    case = the_case(connection, reference)
    count = select(func.count()).select_from(CasePerson).where(CasePerson.case_id == case.id)
    assert connection.scalar(count) == 1


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"date_of_birth": "2026-03-03"}, "children.0.date_of_birth"),
        ({"date_of_birth": "1899-12-31"}, "children.0.date_of_birth"),
        ({"date_of_birth": "31/03/2019"}, "children.0.date_of_birth"),
        ({"date_of_birth": 7}, "children.0.date_of_birth"),
        ({"ethnicity": "MARTIAN"}, "children.0.ethnicity"),
        ({"gender": "unknown"}, "children.0.gender"),
        ({"nhs_number": "9434765918"}, "children.0.nhs_number"),
        ({"upn": "A801200005001"}, "children.0.upn"),
        ({"postcode": "Narnia"}, "children.0.postcode"),
        ({"disabled": "no"}, "children.0.disabled"),
        ({"given_name": "A\x00B"}, "children.0.given_name"),
        ({"given_name": "x" * 101}, "children.0.given_name"),
        ({"shoe_size": 3}, "children.0.shoe_size"),
        ({"person": "P000NOBODY"}, "children.0.person"),
    ],
)
def test_each_fault_of_a_child_has_its_place(
    connection: Connection, change: dict[str, Any], fault: str
) -> None:
    council = found_council(connection)
    assert fault in refused(connection, council, children=[CHILD | change])
    assert connection.scalar(select(func.count()).select_from(Case)) == 0


@pytest.mark.parametrize("children", [[], [{}], "Zoë", None, [7], [{"gender": "male"}]])
def test_a_contact_is_about_at_least_one_named_child(connection: Connection, children: Any) -> None:
    council = found_council(connection)
    with pytest.raises(BadFields) as fault:
        open_case(connection, person=council["screener"], children=children, fields=FIELDS, now=MONDAY)
    assert any(name.startswith("children") for name in fault.value.errors)


def test_every_fault_of_a_contact_is_told_at_once(connection: Connection) -> None:
    council = found_council(connection)
    faults = refused(
        connection,
        council,
        children=[CHILD | {"postcode": "?"}],
        fields={"source": "99", "worries": " "},
        referrer={"email": "not an address"},
        occurred_at=MONDAY + days(1),
    )
    assert faults >= {
        "children.0.postcode",
        "referrer.email",
        "source",
        "channel",
        "worries",
        "strengths",
        "agreement",
        "received_at",
    }


def test_a_code_counts_only_while_it_is_valid(connection: Connection) -> None:
    council = found_council(connection)
    fields = {**FIELDS, "source": "5D"}
    assert received(connection, council, fields=fields)
    long_ago = MONDAY.replace(year=2021)
    assert "source" in refused(connection, council, fields=fields, occurred_at=long_ago)


def test_a_step_down_needs_no_new_screening(connection: Connection) -> None:
    council = found_council(connection)
    fields = {
        "from_team": "Assessment team 2",
        "plan_ended": "CIN",
        "handover_on": "2026-03-02",
        "still_needs": "School attendance",
        "team": "north",
    }
    reference = received(connection, council, action="step_down", fields=fields)
    case = the_case(connection, reference)
    team = connection.scalar(select(Team.id).where(Team.key == "north"))
    assert (case.state, case.team_id) == ("awaiting_allocation", team)
    assert the_clock(connection, "allocation").status == "running"
    assert connection.scalar(select(func.count()).select_from(Contact)) == 0


def test_only_those_the_pathway_names_begin_a_case(connection: Connection) -> None:
    council = found_council(connection)
    with pytest.raises(WrongRole):
        received(connection, council, who="analyst")
    with pytest.raises(UnknownAction):
        received(connection, council, action="beam_up")
    assert "pathway" in refused(connection, council, pathway="atlantis")


def test_a_team_begins_cases_on_its_own_pathway(connection: Connection) -> None:
    council = found_council(connection)
    connection.execute(Team.__table__.update().where(Team.key == "front_door").values(pathway="atlantis"))
    with pytest.raises(BadFields):
        opening_engine(connection, person=council["screener"], now=MONDAY)


def test_references_are_given_once(connection: Connection) -> None:
    council = found_council(connection)
    references = [received(connection, council) for _ in range(20)]
    assert len(set(references)) == 20
    assert all(len(reference) == 11 for reference in references)


@pytest.mark.parametrize(
    "text", ["yesterday", "2026-03-02", "2026-03-02T10:00:00", "1066-10-14T09:00:00+00:00", 5]
)
def test_when_it_was_received_must_be_a_moment_with_its_offset(text: Any) -> None:
    with pytest.raises(BadFields):
        received_at_of(text)


def test_a_moment_is_read_whatever_its_offset() -> None:
    assert received_at_of("2026-03-02T11:00:00+01:00") == MONDAY
    assert received_at_of(None) is None
    assert received_at_of(MONDAY) == MONDAY
