"""A query that is spelled out once finds for other values what it would if it were built anew for these."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Integer, Select, bindparam, func, insert, literal, select
from sqlalchemy.exc import DBAPIError

from earlyhelp.records.among import among
from earlyhelp.records.base import Instant
from earlyhelp.records.cases import CalendarDay
from earlyhelp.records.database import is_postgresql
from earlyhelp.records.people import Counter
from earlyhelp.records.prepared import Spelled, Together

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
EASTER = (date(2026, 4, 3), date(2026, 4, 6))
NUMBERS = (1, 2, 3, 5)
FIVE = Counter.__table__.update().where(Counter.name == "number 5")
HIGHER = FIVE.values(value=Counter.value + bindparam("by", type_=Integer()))


@pytest.fixture
def counted(connection: Connection) -> Connection:
    connection.execute(insert(Counter), [{"name": f"number {n}", "value": n} for n in NUMBERS])
    return connection


def spelled(connection: Connection, statement: Select[Any]) -> Spelled:
    return Spelled(statement, is_postgresql(connection))


def numbers(*of: int) -> Select[Any]:
    named = select(Counter.value).where(among(Counter.value, of, called="of"))
    return named.where(Counter.name.in_([f"number {n}" for n in NUMBERS])).order_by(Counter.value)


@pytest.mark.parametrize("of", [(), (2,), (5, 1), NUMBERS, (4, 9)])
def test_it_finds_what_belongs_to_the_values_it_is_given(counted: Connection, of: tuple[int, ...]) -> None:
    query = spelled(counted, numbers())
    assert [row.value for row in query.rows(counted, of=of)] == list(counted.scalars(numbers(*of)))
    assert query.rows(counted) == [], "the values it was built with"


def test_one_name_stands_for_the_same_values_wherever_it_is_said(counted: Connection) -> None:
    beside = select(Counter.value.label("other")).where(among(Counter.value, (), called="of")).subquery()
    pairs = numbers().add_columns(beside.c.other).order_by(beside.c.other)
    assert [tuple(row) for row in spelled(counted, pairs).rows(counted, of=(3, 5))] == [
        (3, 3),
        (3, 5),
        (5, 3),
        (5, 5),
    ]


def test_days_and_moments_come_as_they_are(connection: Connection) -> None:
    days = select(
        CalendarDay.on, bindparam("at", NOON, Instant()).label("at"), literal(EASTER[0]).label("on_")
    )
    query = spelled(connection, days.where(CalendarDay.on.in_(EASTER)).order_by(CalendarDay.on))
    assert [tuple(row) for row in query.rows(connection)] == [(day, NOON, EASTER[0]) for day in EASTER]
    later = NOON + timedelta(days=40, microseconds=1)
    assert {row.at for row in query.rows(connection, at=later)} == {later}


def test_it_sees_what_was_written_just_before(counted: Connection) -> None:
    query = spelled(counted, numbers())
    counted.execute(Counter.__table__.update().where(Counter.value == 5).values(value=6))
    assert [row.value for row in query.rows(counted, of=(5, 6))] == [6]


def test_it_sees_what_still_waits_to_be_written(counted: Connection) -> None:
    query = spelled(counted, numbers())
    writes = Together(counted)
    writes.execute(HIGHER, {"by": 1})
    writes.send()
    assert [row.value for row in query.rows(counted, of=(5, 6))] == [6]


def test_a_fault_is_sqlalchemys_and_tells_no_values(counted: Connection) -> None:
    too_much = select((Counter.value + bindparam("more", 1)).label("sum"))
    if not is_postgresql(counted):
        too_much = select(func.abs(Counter.value * 0 + bindparam("more", 1)).label("sum"))
    query = spelled(counted, too_much)
    with pytest.raises(DBAPIError) as fault:
        query.rows(counted, more=-(2**63))
    assert str(2**63) not in str(fault.value)
