"""The database itself tells when who and what an action can name has changed, whoever changed it and how."""

from pathlib import Path

import pytest
from sqlalchemy import Column, Engine, insert, text
from sqlalchemy.sql import visitors

from earlyhelp.records.database import reading, transaction
from earlyhelp.records.naming_stamps import WATCHED, naming_stamps
from earlyhelp.records.organisation import Agency, Team, User, UserRole
from earlyhelp.records.reference import Service
from earlyhelp.web.cases import choices
from tests.casework.watched_cases import MONDAY
from tests.web.watched_site import site_in

CHANGES = {
    "agencies": ("id = 9", "name = 'Police'"),
    "services": (
        "id = 9",
        "key = 'x'",
        "name = 'Youth centre'",
        "organisation = 'Anyshire'",
        "sort_name = 'a'",
        "withdrawn_at = CURRENT_TIMESTAMP",
    ),
    "teams": ("id = 9", "key = 'x'", "name = 'South'", "active = false"),
    "user_roles": ("user_id = 2", "role = 'auditor'"),
    "users": ("id = 9", "email = 'x@example.org'", "name = 'Sam Hill'", "team_id = 1", "agency_id = 1"),
}
EVERY = [(table, change) for table, changes in CHANGES.items() for change in changes]
NOTHING_NAMED = (
    "UPDATE users SET password_hash = 'x', session_epoch = session_epoch + 1, fte = 0.5, job_title = 'Lead'",
    "UPDATE users SET name = name, active = active",
    "UPDATE services SET description = 'x', changed_at = CURRENT_TIMESTAMP",
    "UPDATE teams SET ceiling = 9, pathway = 'x'",
)


def office_in(engine: Engine) -> Engine:
    """One agency, one service and one team; two people, of whom the first has a role. Nothing refers to the others."""
    with transaction(engine) as connection:
        connection.execute(insert(Agency).values(id=1, key="school", name="School", kind="education"))
        connection.execute(insert(Service).values(id=1, key="club", name="Youth club", needs=[]))
        connection.execute(insert(Team).values(id=1, key="north", name="North", kind="locality"))
        people = [{"id": n, "email": f"{n}@x.org", "name": "Sam Field", "created_at": MONDAY} for n in (1, 2)]
        connection.execute(insert(User), people)
        connection.execute(insert(UserRole).values(user_id=1, role="screener"))
    return engine


@pytest.fixture
def office(engine: Engine) -> Engine:
    return office_in(engine)


def stamps(engine: Engine) -> tuple[str, ...]:
    with reading(engine) as connection:
        return naming_stamps(connection)


def by_hand(engine: Engine, statement: str) -> None:
    with transaction(engine) as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize(("table", "change"), [*EVERY, ("users", "active = false")])
def test_whatever_can_be_read_of_a_name_is_told_when_it_changes(
    office: Engine, table: str, change: str
) -> None:
    before = stamps(office)
    where = "id = 2" if table == "users" else "true"
    by_hand(office, f"UPDATE {table} SET {change} WHERE {where}")
    assert stamps(office) != before
    assert len(stamps(office)) == 1


@pytest.mark.parametrize("table", ["user_roles", "users", "teams", "agencies", "services"])
def test_what_goes_is_told(office: Engine, table: str) -> None:
    before = stamps(office)
    by_hand(office, f"DELETE FROM {table} WHERE {'id = 2' if table == 'users' else 'true'}")
    assert stamps(office) != before


@pytest.mark.parametrize("statement", NOTHING_NAMED)
def test_what_names_nobody_leaves_the_stamps(office: Engine, statement: str) -> None:
    before = stamps(office)
    by_hand(office, statement)
    assert stamps(office) == before != ()


def test_to_sign_in_and_out_leaves_them(engine: Engine, tmp_path: Path) -> None:
    site = site_in(engine, tmp_path)
    before = stamps(engine)
    assert site.signed_in("lead").post("/sign-out").status_code == 302
    assert stamps(engine) == before != ()


def test_every_column_of_the_choices_is_watched() -> None:
    asked = (choices._EVERYBODY, choices._OF_ROLE, choices._TEAMS, choices._SERVICES)
    read = {
        (part.table.name, part.name)
        for query in asked
        for part in visitors.iterate(query._statement)
        if isinstance(part, Column)
    }
    assert read == {(table, column) for table, columns in WATCHED.items() for column in columns}


def test_what_was_taken_back_was_never_told(office: Engine) -> None:
    before = stamps(office)
    with office.connect() as connection, connection.begin() as taken_back:
        connection.execute(text("UPDATE teams SET name = 'South'"))
        assert naming_stamps(connection) != before
        taken_back.rollback()
    assert stamps(office) == before


def test_what_is_changed_after_something_was_taken_back_is_told(office: Engine) -> None:
    before = stamps(office)
    with transaction(office) as connection:
        with connection.begin_nested() as taken_back:
            connection.execute(text("UPDATE teams SET name = 'South'"))
            taken_back.rollback()
        assert naming_stamps(connection) == before
        connection.execute(text("UPDATE teams SET name = 'West'"))
    assert stamps(office) != before


def test_a_change_after_another_is_told_again(office: Engine) -> None:
    seen = [stamps(office)]
    for name in ("South", "West", "North"):
        by_hand(office, f"UPDATE teams SET name = '{name}'")
        assert stamps(office) not in seen
        seen.append(stamps(office))


def test_thousands_in_one_transaction_leave_one_stamp(office: Engine) -> None:
    many = [{"id": n, "key": f"s{n}", "name": f"Service {n}", "needs": []} for n in range(2, 1_000)]
    with transaction(office) as connection:
        connection.execute(insert(Service), many)
        connection.execute(text("UPDATE services SET organisation = 'Anyshire'"))
    assert len(stamps(office)) == 1


@pytest.mark.postgresql
def test_emptied_tables_are_told(postgresql_engine: Engine) -> None:
    office = office_in(postgresql_engine)
    for table in ("user_roles", "services CASCADE"):
        before = stamps(office)
        by_hand(office, f"TRUNCATE {table}")
        assert stamps(office) != before


@pytest.mark.postgresql
def test_a_transaction_puts_its_stamp_once(postgresql_engine: Engine) -> None:
    with transaction(office_in(postgresql_engine)) as connection:
        connection.execute(text("UPDATE teams SET name = 'South'"))
        first = naming_stamps(connection)
        connection.execute(text("UPDATE teams SET name = 'West'"))
        connection.execute(text("UPDATE users SET name = 'Ann'"))
        assert naming_stamps(connection) == first


@pytest.mark.postgresql
def test_two_who_change_names_at_once_do_not_wait_and_both_are_told(postgresql_engine: Engine) -> None:
    office = office_in(postgresql_engine)
    seen = [stamps(office)]
    with office.connect() as one, office.connect() as other:
        for connection in (one, other):
            connection.execute(text("SET LOCAL lock_timeout = '200ms'"))
        one.execute(text("UPDATE users SET name = 'Ann' WHERE id = 1"))
        other.execute(text("UPDATE users SET name = 'Bea' WHERE id = 2"))
        other.execute(text("UPDATE teams SET name = 'South'"))
        one.execute(text("UPDATE services SET name = 'Club'"))
        assert stamps(office) == seen[0]
        for connection in (other, one):
            connection.commit()
            assert stamps(office) not in seen
            seen.append(stamps(office))
    by_hand(office, "UPDATE users SET name = 'Cat' WHERE id = 1")
    assert stamps(office) not in seen
    assert len(stamps(office)) == 1


@pytest.mark.postgresql
def test_whatever_schema_a_session_looks_in_first_its_changes_are_told(postgresql_engine: Engine) -> None:
    office = office_in(postgresql_engine)
    before = stamps(office)
    with transaction(office) as connection:
        connection.execute(text("SET LOCAL search_path = ''"))
        connection.execute(text("UPDATE public.users SET name = 'Ann' WHERE id = 1"))
    assert stamps(office) != before
