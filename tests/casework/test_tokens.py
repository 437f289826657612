"""Bearer tokens: told once, kept as a hash, as good as their user."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, select

from earlyhelp.casework import accounts, tokens
from earlyhelp.casework.accounts import AccountRefused
from earlyhelp.casework.office_changes import close_account, end_token, open_account
from earlyhelp.records.office_changes import OfficeChange
from earlyhelp.records.organisation import ApiToken

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)


@pytest.fixture
def user_id(connection: Connection) -> int:
    return accounts.create_user(
        connection, email="school@example.org", name="School", roles=["partner"], now=NOW
    )


def used_at(connection: Connection) -> datetime | None:
    return connection.scalar(select(ApiToken.last_used_at))


def test_a_token_acts_as_its_user(connection: Connection, user_id: int) -> None:
    token = tokens.create_token(connection, user_id=user_id, name="case system", now=NOW)
    found = tokens.find_token(connection, token=token)
    assert found is not None
    assert found.person.id == user_id
    assert found.person.roles == {"partner"}


def test_a_token_is_an_eh_and_43_characters_and_only_its_hash_is_kept(
    connection: Connection, user_id: int
) -> None:
    token = tokens.create_token(connection, user_id=user_id, name="", now=NOW)
    assert token.startswith("eh_")
    assert len(token) == 46
    row = connection.execute(select(ApiToken)).one()
    assert token not in str(row)
    assert row.name == "token"


@pytest.mark.parametrize("wrong", ["", "eh_", "eh_" + "x" * 43, "xx_" + "x" * 43, "eh_" + "é" * 43])
def test_what_is_no_token_opens_nothing(connection: Connection, user_id: int, wrong: str) -> None:
    tokens.create_token(connection, user_id=user_id, name="case system", now=NOW)
    assert tokens.find_token(connection, token=wrong) is None


def test_an_ended_token_opens_nothing_and_stays_ended(connection: Connection, user_id: int) -> None:
    other = tokens.create_token(connection, user_id=user_id, name="another system", now=NOW)
    token = tokens.create_token(connection, user_id=user_id, name="case system", now=NOW)
    found = tokens.find_token(connection, token=token)
    assert found is not None
    ask = {"token_id": found.token_id, "by": "ann@council.example"}
    assert not end_token(connection, user_id=user_id + 1, **ask, now=NOW), "not theirs"
    assert end_token(connection, user_id=user_id, **ask, now=NOW)
    assert end_token(connection, user_id=user_id, **ask, now=NOW + timedelta(days=1)), "sent twice"
    assert connection.scalar(select(ApiToken.revoked_at).where(ApiToken.id == found.token_id)) == NOW
    assert tokens.find_token(connection, token=token) is None
    assert tokens.find_token(connection, token=other) is not None
    assert [row.name for row in tokens.live_tokens(connection, user_id=user_id)] == ["another system"]
    change = connection.execute(select(OfficeChange)).one()
    assert (change.what, change.by, change.content["token"]) == (
        "token_ended",
        "ann@council.example",
        ["case system", None],
    )


def test_no_token_comes_back_with_an_account_that_is_opened_again(
    connection: Connection, user_id: int
) -> None:
    token = tokens.create_token(connection, user_id=user_id, name="case system", now=NOW)
    close_account(connection, user_id=user_id, by="ann@council.example", now=NOW)
    open_account(connection, user_id=user_id, by="ann@council.example", now=NOW)
    assert tokens.find_token(connection, token=token) is None


def test_a_token_of_a_deactivated_user_opens_nothing(connection: Connection, user_id: int) -> None:
    token = tokens.create_token(connection, user_id=user_id, name="case system", now=NOW)
    accounts.deactivate(connection, user_id=user_id)
    assert tokens.find_token(connection, token=token) is None
    with pytest.raises(AccountRefused):
        tokens.create_token(connection, user_id=user_id, name="another", now=NOW)


def test_use_is_noted_at_most_once_a_minute(connection: Connection, user_id: int) -> None:
    token = tokens.create_token(connection, user_id=user_id, name="case system", now=NOW)
    found = tokens.find_token(connection, token=token)
    assert found is not None
    assert tokens.needs_noting(found, now=NOW)
    tokens.note_use(connection, token_id=found.token_id, now=NOW)
    tokens.note_use(connection, token_id=found.token_id, now=NOW + timedelta(seconds=59))
    assert used_at(connection) == NOW
    again = tokens.find_token(connection, token=token)
    assert again is not None
    assert not tokens.needs_noting(again, now=NOW + timedelta(seconds=59))
    assert tokens.needs_noting(again, now=NOW + timedelta(seconds=60))
    tokens.note_use(connection, token_id=found.token_id, now=NOW + timedelta(seconds=60))
    assert used_at(connection) == NOW + timedelta(seconds=60)
