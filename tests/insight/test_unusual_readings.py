"""Readings that an auditor should ask about, and only those."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, insert, select

from earlyhelp.casework.accounts import create_user
from earlyhelp.casework.staff_homes import set_home
from earlyhelp.insight.readings import Wanted, readings
from earlyhelp.insight.unusual_readings import Period, of_own_address, of_own_name, very_many
from earlyhelp.permissions import load_person
from earlyhelp.records.cases import Case
from earlyhelp.records.organisation import User
from earlyhelp.records.people import Person
from earlyhelp.records.reference import AccessEntry
from tests.casework.watched_cases import MONDAY, Council, allocated, days, found_council

WEEK = Period(MONDAY.date(), MONDAY.date() + timedelta(days=6))


def opened(connection: Connection, email: str, *, times: int = 1) -> None:
    user = connection.scalar(select(User.id).where(User.email == email))
    case = connection.scalar(select(Case.id).order_by(Case.id).limit(1))
    entries = [
        {"at": MONDAY + timedelta(minutes=n), "user_id": user, "case_id": case, "what": "case"}
        for n in range(times)
    ]
    connection.execute(insert(AccessEntry), entries)


@pytest.fixture
def council(connection: Connection) -> Council:
    council = found_council(connection)
    allocated(connection, council, surname="O’Neill-Lead")
    for n in range(3):
        allocated(connection, council, surname=f"Hale{n}")
    return council


def test_who_opened_somebody_of_their_own_name_is_listed(connection: Connection, council: Council) -> None:
    renamed = User.__table__.update().where(User.email == "lead@council.example")
    connection.execute(renamed.values(name="Mary O'neill-LEAD"))
    for email in ("lead@council.example", "manager@council.example"):
        opened(connection, email, times=2)
    found = of_own_name(connection, period=WEEK)
    assert [(row.reader, row.times, row.last_at) for row in found] == [
        ("Mary O'neill-LEAD", 2, MONDAY + timedelta(minutes=1))
    ]
    assert of_own_name(connection, period=Period(WEEK.last, WEEK.last)) == []


def test_who_opened_somebody_at_their_own_postcode_is_listed(
    connection: Connection, council: Council
) -> None:
    auditor = create_user(connection, email="a@council.example", name="Olwen", roles=["auditor"], now=MONDAY)
    by = load_person(connection, user_id=auditor)
    assert by is not None
    connection.execute(Person.__table__.update().values(postcode="WS1 1TP"))
    home = {"user": str(council["manager"].id), "postcode": "ws1 1tp"}
    set_home(connection, person=by, given=home, now=MONDAY)
    for who in ("manager", "lead"):
        opened(connection, f"{who}@council.example")
    assert [row.reader for row in of_own_address(connection, period=WEEK)] == ["Manager"]


def test_who_opened_very_many_records_in_a_day_is_listed(connection: Connection, council: Council) -> None:
    cases = connection.scalars(select(Case.id)).all()
    for who, several in (("lead", cases), ("manager", cases[:2])):
        for day in (0, 1):
            connection.execute(
                insert(AccessEntry),
                [
                    {"at": MONDAY + days(day), "user_id": council[who].id, "case_id": case, "what": "case"}
                    for case in [*several, *several]
                ],
            )
    found = very_many(connection, period=WEEK, most=3)
    assert [(row.reader, row.day, row.records) for row in found] == [
        ("Lead", "2026-03-03", 4),
        ("Lead", "2026-03-02", 4),
    ]
    assert len(readings(connection, wanted=Wanted(user_id=council["lead"].id), limit=5)) == 6
