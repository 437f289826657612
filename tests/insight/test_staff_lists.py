"""Accounts and teams for administrators: each shown once, page after page, and found by part of a name."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update

from earlyhelp.insight import staff_lists
from earlyhelp.insight.staff_lists import listed_accounts, listed_teams
from earlyhelp.records.organisation import Team, User
from earlyhelp.records.sign_in import SecondFactor
from tests.casework.watched_cases import MONDAY, Council, found_council


@pytest.fixture
def council(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> Council:
    """Pages of two, so that namesakes and closed accounts fall on both sides of an end."""
    monkeypatch.setattr(staff_lists, "PAGE", 2)
    council = found_council(connection)
    for n in range(4):
        user = {"email": f"double{n}@council.example", "name": "Émile Double", "created_at": MONDAY}
        connection.execute(insert(User).values(**user, active=n != 1))
    return council


def pages(listed: Callable[..., Any], connection: Connection, words: str = "") -> list[Any]:
    """The list from its first page to its last."""
    found: list[Any] = []
    while True:
        last: Any = found[-1] if found else None
        was = {"closed": not last.active} if last is not None and listed is listed_accounts else {}
        page = listed(connection, words=words, after=last.id if last is not None else None, **was)
        found += page[:2]
        if len(page) <= 2:
            return found


def test_every_account_is_listed_once_by_name_and_closed_ones_last(
    connection: Connection, council: Council
) -> None:
    connection.execute(update(User).where(User.id == council["lead"].id).values(active=False))
    order = select(User.email).order_by(User.active.desc(), User.name, User.id)
    assert [row.email for row in pages(listed_accounts, connection)] == connection.scalars(order).all()


def test_closing_the_last_account_of_a_page_passes_over_nobody(
    connection: Connection, council: Council
) -> None:
    *_, last = listed_accounts(connection, words="double")[:2]
    connection.execute(update(User).where(User.id == last.id).values(active=False))
    following = listed_accounts(connection, words="double", after=last.id, closed=False)
    assert [row.email for row in following] == [
        "double3@council.example",
        "double1@council.example",
        "double2@council.example",
    ]


def test_accounts_are_found_by_parts_of_name_and_email_in_any_case(
    connection: Connection, council: Council
) -> None:
    assert [row.email for row in pages(listed_accounts, connection, "doUBle")] == [
        "double0@council.example",
        "double2@council.example",
        "double3@council.example",
        "double1@council.example",
    ]
    assert [row.name for row in pages(listed_accounts, connection, "Émile DOUBLE2@")] == ["Émile Double"]
    assert pages(listed_accounts, connection, "double nobody") == []
    assert pages(listed_accounts, connection, "%") == []


def test_an_account_says_whether_a_second_factor_is_confirmed(
    connection: Connection, council: Council
) -> None:
    [of_one, unconfirmed, *_] = pages(listed_accounts, connection, "double")
    for user, at in ((of_one, MONDAY), (unconfirmed, None)):
        factor = {"user_id": user.id, "sealed_secret": "s", "created_at": MONDAY, "confirmed_at": at}
        connection.execute(insert(SecondFactor).values(factor))
    says = [row.has_second_factor for row in pages(listed_accounts, connection, "double")]
    assert says == [True, False, False, False]


def test_a_list_goes_on_nowhere_after_what_is_not_there(connection: Connection, council: Council) -> None:
    assert listed_accounts(connection, after=999_999) == []
    assert listed_teams(connection, after=999_999) == []


def test_every_team_is_listed_once_with_its_active_people(connection: Connection, council: Council) -> None:
    closed = update(User).where(User.id == council["lead"].id)
    connection.execute(closed.values(active=False))
    found = pages(listed_teams, connection)
    assert [row.name for row in found] == connection.scalars(select(Team.name).order_by(Team.name)).all()
    for row in found:
        here = select(User.fte).where(User.team_id == row.id, User.active)
        people = connection.scalars(here).all()
        assert (row.workers, row.fte) == (len(people), sum(people))


def test_teams_are_found_by_name_and_locality(connection: Connection, council: Council) -> None:
    connection.execute(update(Team).where(Team.key == "north").values(locality="Upper Vale"))
    assert [row.key for row in pages(listed_teams, connection, "vALE")] == ["north"]
    assert [row.key for row in pages(listed_teams, connection, "north vale")] == ["north"]
    assert pages(listed_teams, connection, "north lower") == []
