"""Accounts: who may sign in, and as what."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, insert, select

from earlyhelp.casework import accounts
from earlyhelp.casework.accounts import CHEAPEST, AccountRefused
from earlyhelp.permissions import load_person
from earlyhelp.records.organisation import Agency, Team, User

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
PASSWORD = "a long enough password"


def make(connection: Connection, email: str = "Amira@Example.org", **given: object) -> int:
    asked: dict[str, object] = {"name": "Amira", "roles": ["screener"], "now": NOW, "hasher": CHEAPEST}
    return accounts.create_user(connection, email=email, **(asked | given))  # type: ignore[arg-type]


def hash_of(connection: Connection, user_id: int) -> str | None:
    return connection.scalar(select(User.password_hash).where(User.id == user_id))


def test_an_account_holds_its_roles_team_and_agency(connection: Connection) -> None:
    connection.execute(insert(Team).values(key="north", name="North locality", kind="locality"))
    connection.execute(insert(Agency).values(key="school", name="Hollybank School", kind="education"))
    given = {"roles": ["manager", "screener", "manager"], "team": "north locality", "agency": "school"}
    person = load_person(connection, user_id=make(connection, **given))  # type: ignore[arg-type]
    assert person is not None
    assert person.email == "amira@example.org"
    assert person.roles == {"manager", "screener"}
    assert (person.team_key, person.agency) == ("north", "Hollybank School")


def test_an_agency_is_found_by_its_name_in_any_case(connection: Connection) -> None:
    connection.execute(insert(Agency).values(key="school", name="Hollybank School", kind="education"))
    person = load_person(connection, user_id=make(connection, agency="HOLLYBANK school"))
    assert person is not None
    assert person.agency == "Hollybank School"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"email": "not an address"}, "is not an e-mail address"),
        ({"email": "a" * 250 + "@b.example"}, "is not an e-mail address"),
        ({"roles": []}, "Give at least one role"),
        ({"roles": ["screener", "boss"]}, "There is no role 'boss'; roles are screener, lead_professional"),
        ({"roles": ["system"]}, "There is no role 'system'"),
        ({"name": " "}, "Give the person's name"),
        ({"name": "Ann\x00"}, "Give the person's name"),
        ({"team": "nowhere"}, "There is no team called nowhere"),
        ({"agency": "nobody"}, "There is no agency called nobody"),
        ({"password": "short"}, "A password has 12 to 200 characters"),
        ({"password": "x" * 201}, "A password has 12 to 200 characters"),
    ],
)
def test_an_account_is_refused_with_the_reason(
    connection: Connection, given: dict[str, object], words: str
) -> None:
    with pytest.raises(AccountRefused, match=words):
        make(connection, **given)  # type: ignore[arg-type]
    assert connection.scalars(select(User.id)).all() == []


def test_one_address_has_one_account(connection: Connection) -> None:
    make(connection)
    with pytest.raises(AccountRefused, match=r"already an account for amira@example\.org"):
        make(connection, email="AMIRA@example.ORG ")


def test_the_right_password_is_told_from_a_wrong_one(connection: Connection) -> None:
    stored = hash_of(connection, make(connection, password=PASSWORD))
    assert accounts.verify(stored, PASSWORD)
    assert not accounts.verify(stored, PASSWORD + "!")
    assert not accounts.verify("not a hash at all", PASSWORD)


def test_an_account_without_password_lets_nobody_in(connection: Connection) -> None:
    assert hash_of(connection, make(connection)) is None
    assert not accounts.verify(None, "")


def test_passwords_are_kept_as_owasp_asks(connection: Connection) -> None:
    user_id = make(connection, password=PASSWORD, hasher=accounts.HASHER)
    assert str(hash_of(connection, user_id)).startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_an_unknown_account_is_compared_at_the_same_cost() -> None:
    assert not accounts.HASHER.check_needs_rehash(accounts.NOBODYS)


def test_a_new_password_ends_open_sessions(connection: Connection) -> None:
    user_id = make(connection, password=PASSWORD)
    accounts.set_password(connection, user_id=user_id, password="another long password", hasher=CHEAPEST)
    person = load_person(connection, user_id=user_id)
    assert person is not None
    assert person.session_epoch == 1
    assert not accounts.verify(hash_of(connection, user_id), PASSWORD)


def test_new_roles_replace_the_old_and_end_open_sessions(connection: Connection) -> None:
    user_id = make(connection)
    accounts.set_roles(connection, user_id=user_id, roles=["manager"])
    person = load_person(connection, user_id=user_id)
    assert person is not None
    assert person.roles == {"manager"}
    assert person.session_epoch == 1


def test_a_deactivated_account_is_nobody_until_it_is_let_in_again(connection: Connection) -> None:
    user_id = make(connection)
    accounts.deactivate(connection, user_id=user_id)
    assert load_person(connection, user_id=user_id) is None
    accounts.reactivate(connection, user_id=user_id)
    assert load_person(connection, user_id=user_id) is not None


def test_what_is_not_there_cannot_be_changed(connection: Connection) -> None:
    with pytest.raises(AccountRefused, match="no such account"):
        accounts.deactivate(connection, user_id=12345)


def test_a_team_gets_a_lasting_key_from_its_name(connection: Connection) -> None:
    assert accounts.add_team(connection, name="North & East", kind="locality") == "north_east"
    assert accounts.key_of("§§") == "team"


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("North", "football", "The kind of a team is one of front_door"),
        (" ", "locality", "Give the team's name"),
        ("SOUTH", "locality", "already a team called SOUTH"),
    ],
)
def test_a_team_is_refused_with_the_reason(connection: Connection, name: str, kind: str, words: str) -> None:
    accounts.add_team(connection, name="South", kind="locality")
    with pytest.raises(AccountRefused, match=words):
        accounts.add_team(connection, name=name, kind=kind)


def test_generated_passwords_are_long_and_never_the_same() -> None:
    made = {accounts.generated_password() for _ in range(50)}
    assert len(made) == 50
    assert all(accounts.checked_password(password) for password in made)
