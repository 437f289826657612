"""Who told us before is known again, whether they came one by one or in a list."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, delete, select

from earlyhelp.casework.contacts import Referrer
from earlyhelp.casework.referrers import ReferrersOfList, remember_referrer
from earlyhelp.records.drafts import KnownReferrer

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
TOLD = [
    Referrer(name="Mr Rowe", organisation="Hill School", email="rowe@hill.example"),
    Referrer(name="Ann Lee", organisation="Hill School", phone="01632 960 001"),
    Referrer(name="mr rowe", organisation="Hill  School", phone="01632 960 002"),
    Referrer(name="A neighbour"),
    Referrer(name="Mr Rowe", organisation="The Surgery"),
    Referrer(name="Ann Lee", organisation="Hill School", email="lee@hill.example", phone="01632 960 003"),
    Referrer(name="Mr Rowe", organisation="Hill School"),
]


def remembered(connection: Connection) -> list[tuple[object, ...]]:
    columns = [column for column in KnownReferrer.__table__.columns if column.name != "id"]
    known = select(*columns).order_by(KnownReferrer.agency_key, KnownReferrer.name_key)
    return [tuple(row) for row in connection.execute(known)]


def test_referrers_of_a_list_are_remembered_as_if_one_had_told_us_after_the_other(
    connection: Connection,
) -> None:
    for day, one in enumerate(TOLD):
        remember_referrer(connection, connection, one, now=AT + timedelta(days=day))
    expected = remembered(connection)
    connection.execute(delete(KnownReferrer))
    several = ReferrersOfList()
    for day, one in enumerate(TOLD):
        several.add(one, now=AT + timedelta(days=day))
        if day == 3:
            several.write(connection)
    several.write(connection)
    assert remembered(connection) == expected
    assert len(expected) == 3
    assert {row[4] for row in expected} == {"rowe@hill.example", "lee@hill.example", ""}
