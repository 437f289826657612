"""Signing in: who is let in, and how guessing is stopped without stopping others."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, func, select

from earlyhelp.casework import accounts, sign_in
from earlyhelp.casework.accounts import CHEAPEST
from earlyhelp.casework.sign_in import SignIn
from earlyhelp.records.organisation import SignInAttempt

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
PASSWORD = "a long enough password"
OFFICE, ELSEWHERE = "192.0.2.1", "198.51.100.7"
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _amira(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "HASHER", CHEAPEST)
    accounts.create_user(
        connection,
        email="amira@example.org",
        name="Amira",
        roles=["screener"],
        password=PASSWORD,
        now=NOW,
        hasher=CHEAPEST,
    )


def attempt(
    connection: Connection,
    password: str = "wrong",
    *,
    email: str = "amira@example.org",
    network: str = OFFICE,
    now: datetime = NOW,
) -> SignIn:
    return sign_in.attempt(connection, email=email, password=password, network=network, now=now)


def fail(connection: Connection, times: int, **given: object) -> None:
    for _ in range(times):
        assert attempt(connection, **given).person is None  # type: ignore[arg-type]


def test_the_right_password_lets_in_under_any_spelling_of_the_address(connection: Connection) -> None:
    signed_in = attempt(connection, PASSWORD, email=" Amira@EXAMPLE.org")
    assert signed_in.person is not None
    assert signed_in.person.email == "amira@example.org"


def test_wrong_password_unknown_address_and_ended_account_look_the_same(connection: Connection) -> None:
    unknown = attempt(connection, PASSWORD, email="nobody@example.org")
    wrong = attempt(connection)
    person = attempt(connection, PASSWORD).person
    assert person is not None
    assert person.id is not None
    accounts.deactivate(connection, user_id=person.id)
    assert unknown == wrong == attempt(connection, PASSWORD) == SignIn(None)


def test_an_unknown_address_costs_a_password_check_too(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str | None] = []
    monkeypatch.setattr(sign_in, "verify", lambda stored, _password: checked.append(stored))
    attempt(connection, email="nobody@example.org")
    assert checked == [None]


def test_ten_failures_bar_even_the_right_password_until_the_first_is_old(connection: Connection) -> None:
    fail(connection, 10)
    assert attempt(connection, PASSWORD, now=NOW + MINUTE) == SignIn(None, NOW + sign_in.WINDOW)
    assert attempt(connection, PASSWORD, now=NOW + sign_in.WINDOW).person is not None


def test_nine_failures_do_not_bar(connection: Connection) -> None:
    fail(connection, 9)
    assert attempt(connection, PASSWORD).person is not None


def test_a_barred_attempt_is_not_counted(connection: Connection) -> None:
    fail(connection, 10)
    before = connection.scalar(select(func.count()).select_from(SignInAttempt))
    fail(connection, 5, now=NOW + MINUTE)
    assert connection.scalar(select(func.count()).select_from(SignInAttempt)) == before


def test_a_guesser_elsewhere_does_not_lock_the_owner_out(connection: Connection) -> None:
    fail(connection, 10, network=ELSEWHERE)
    assert attempt(connection, PASSWORD).person is not None


def test_success_forgets_the_failures_before_it(connection: Connection) -> None:
    fail(connection, 9)
    assert attempt(connection, PASSWORD).person is not None
    fail(connection, 9)
    assert attempt(connection, PASSWORD).person is not None


@pytest.fixture
def few_for_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than one account may fail from, but not a hundred, of which each costs a hash."""
    monkeypatch.setattr(sign_in, "FAILURES_PER_NETWORK", 15)


@pytest.mark.usefixtures("few_for_a_network")
def test_a_network_that_guesses_at_many_accounts_is_barred(connection: Connection) -> None:
    for number in range(sign_in.FAILURES_PER_NETWORK):
        fail(connection, 1, email=f"guess{number}@example.org")
    assert attempt(connection, PASSWORD).try_again_at == NOW + sign_in.WINDOW
    assert attempt(connection, PASSWORD, network=ELSEWHERE).person is not None


@pytest.mark.usefixtures("few_for_a_network")
def test_who_is_known_in_a_network_is_not_barred_with_it(connection: Connection) -> None:
    assert attempt(connection, PASSWORD, now=NOW - timedelta(days=20)).person is not None
    for number in range(sign_in.FAILURES_PER_NETWORK):
        fail(connection, 1, email=f"guess{number}@example.org")
    assert attempt(connection, PASSWORD).person is not None


def test_attempts_are_forgotten_after_a_month(connection: Connection) -> None:
    fail(connection, 3, now=NOW - timedelta(days=40))
    attempt(connection, PASSWORD)
    assert connection.scalar(select(func.count()).select_from(SignInAttempt)) == 1


def test_no_address_is_kept_in_clear(connection: Connection) -> None:
    attempt(connection, email="my secret password typed here by mistake")
    assert all(len(account) == 64 for account in connection.scalars(select(SignInAttempt.account)))


def test_a_very_long_network_name_is_cut_and_still_counts(connection: Connection) -> None:
    fail(connection, 10, network="2001:db8::" * 20)
    assert attempt(connection, PASSWORD, network="2001:db8::" * 20).try_again_at is not None
