"""A pathway is written once and kept, and nobody can tell: what it names is always as it is at that moment."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert, text, update

from earlyhelp.casework.accounts import create_user, deactivate, set_roles
from earlyhelp.casework.pathways import publish
from earlyhelp.pathway.loading import content_of, load, load_content
from earlyhelp.places import workflows
from earlyhelp.records.database import transaction
from earlyhelp.records.organisation import Agency, Team, User
from earlyhelp.records.reference import Service
from earlyhelp.web.api import pathway_views
from earlyhelp.web.api.written import Written
from tests.api.council import MONDAY, Council, found_council
from tests.web.test_every_route import counted

STANDARD = "/pathways/standard"
LEAD, OTHER_LEAD, MANAGER = (
    f"(SELECT id FROM users WHERE email = '{who}@council.example')"
    for who in ("lead", "other_lead", "manager")
)
DUTY, SCHOOL = "(SELECT id FROM teams WHERE key = 'duty')", "(SELECT id FROM agencies WHERE key = 'school')"
OF_SCHOOL = f"team_id = NULL, agency_id = {SCHOOL}"
CHANGES: Mapping[str, str] = {
    "a colleague leaves": f"UPDATE users SET active = false WHERE id = {LEAD}",
    "a colleague has a new name": f"UPDATE users SET name = 'Zoe Bolitho' WHERE id = {LEAD}",
    "a colleague has a new address": f"UPDATE users SET email = 'zoe@council.example' WHERE id = {LEAD}",
    "a colleague is of another team": f"UPDATE users SET team_id = {DUTY} WHERE id = {LEAD}",
    "a colleague is of no team and an agency": f"UPDATE users SET {OF_SCHOOL} WHERE id = {LEAD}",
    "a colleague gets a role": f"INSERT INTO user_roles (user_id, role) VALUES ({MANAGER}, 'lead_professional')",
    "a colleague loses a role": f"DELETE FROM user_roles WHERE user_id = {LEAD}",
    "a team has a new name": "UPDATE teams SET name = 'Far North' WHERE key = 'north'",
    "a team has a new key": "UPDATE teams SET key = 'far_north' WHERE key = 'north'",
    "a team is closed": "UPDATE teams SET active = false WHERE key = 'north'",
    "an agency has a new name": "UPDATE agencies SET name = 'Hill School'",
    "a service is withdrawn": "UPDATE services SET withdrawn_at = CURRENT_TIMESTAMP WHERE key = 'youth_club'",
    "a service has a new name": "UPDATE services SET name = 'Youth centre' WHERE key = 'youth_club'",
    "a service has a new key": "UPDATE services SET key = 'centre' WHERE key = 'youth_club'",
    "a service is of an organisation": "UPDATE services SET organisation = 'Anyshire' WHERE key = 'youth_club'",
    "a service stands elsewhere in the list": "UPDATE services SET sort_name = 'a' WHERE key = 'youth_club'",
    "services are taken away": "DELETE FROM services",
}


@pytest.fixture(autouse=True)
def nothing_written(monkeypatch: pytest.MonkeyPatch) -> None:
    forget(monkeypatch)


@pytest.fixture
def council(council: Council) -> Council:
    """The same with a lead professional of an agency."""
    with transaction(council.engine) as connection:
        connection.execute(insert(Agency).values(key="school", name="Hillside School", kind="education"))
        connection.execute(text(f"UPDATE users SET {OF_SCHOOL} WHERE id = {OTHER_LEAD}"))
    return council


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pathway_views, "_WRITTEN", Written(pathway_views.MOST_WRITTEN))


def told(council: Council, who: str = "screener") -> str:
    answer = council.get(who, STANDARD)
    assert answer.status_code == 200
    return answer.text


def asked(council: Council, who: str = "screener") -> int:
    """How many queries an answer takes."""
    with counted(council.engine) as statements:
        told(council, who)
    return len(statements)


def test_a_kept_answer_reads_nothing_that_it_names_and_is_the_same(council: Council) -> None:
    first = council.get("screener", STANDARD)
    assert asked(council) == 5
    again = council.get("screener", STANDARD)
    assert again.data == first.data
    assert [*again.headers.keys()] == [*first.headers.keys()]
    assert again.content_type == first.content_type == "application/json"


@pytest.mark.parametrize("change", CHANGES)
def test_the_next_answer_names_them_right_when(
    council: Council, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    before = {who: told(council, who) for who in ("screener", "partner")}
    with transaction(council.engine) as connection:
        connection.execute(text(CHANGES[change]))
    after = {who: told(council, who) for who in ("screener", "partner")}
    assert after["screener"] != before["screener"]
    forget(monkeypatch)
    assert after == {who: told(council, who) for who in ("screener", "partner")}


def test_who_joins_and_leaves_by_casework_is_named_at_once(council: Council) -> None:
    assert "zoe@council.example" not in told(council)
    with transaction(council.engine) as connection:
        new = {"email": "zoe@council.example", "name": "Zoe Bolitho", "team": "north", "now": MONDAY}
        user_id = create_user(connection, roles=["lead_professional"], **new)  # type: ignore[arg-type]
    assert "Zoe Bolitho (North)" in told(council)
    with transaction(council.engine) as connection:
        set_roles(connection, user_id=user_id, roles=["screener"])
    assert "Zoe Bolitho" not in told(council)
    with transaction(council.engine) as connection:
        set_roles(connection, user_id=user_id, roles=["lead_professional"])
    assert "Zoe Bolitho" in told(council)
    with transaction(council.engine) as connection:
        deactivate(connection, user_id=user_id)
    assert "Zoe Bolitho" not in told(council)


def test_new_teams_and_services_are_named_at_once(council: Council) -> None:
    told(council)
    with transaction(council.engine) as connection:
        connection.execute(insert(Team).values(key="west", name="Far West", kind="locality"))
    assert "Far West" in told(council)
    with transaction(council.engine) as connection:
        connection.execute(insert(Service), [{"key": "swim", "name": "Swimming", "needs": []}])
    assert "Swimming" in told(council)


def test_a_partner_is_never_given_what_was_written_for_staff_nor_staff_a_partners(council: Council) -> None:
    for _ in range(2):
        assert "lead@council.example" in told(council, "screener")
        assert "@council.example" not in told(council, "partner")
        assert "lead@council.example" in told(council, "manager")
        assert "@council.example" not in told(council, "other_partner")
    assert asked(council, "manager") == asked(council, "partner") == 5


def test_a_change_that_is_taken_back_leaves_the_answer(council: Council) -> None:
    before = told(council)
    with council.engine.connect() as connection, connection.begin() as taken_back:
        connection.execute(update(User).values(name="Nobody"))
        taken_back.rollback()
    assert asked(council) == 5
    assert told(council) == before


@pytest.mark.postgresql
def test_what_is_read_while_a_change_is_under_way_does_not_outlast_it(
    postgresql_engine: Engine, tmp_path: Any
) -> None:
    council = found_council(postgresql_engine, folder=tmp_path)
    with council.engine.connect() as connection:
        connection.execute(text("UPDATE teams SET name = 'Far North' WHERE key = 'north'"))
        with transaction(council.engine) as other:
            other.execute(text("SET LOCAL lock_timeout = '200ms'"))
            other.execute(text("UPDATE teams SET name = 'Deep South' WHERE key = 'south'"))
        for _ in range(2):
            assert "Deep South" in told(council)
            assert "Far North" not in told(council)
        connection.commit()
    assert "Far North" in told(council)
    assert "Deep South" in told(council)


def test_a_code_that_has_ended_is_gone_at_midnight(council: Council) -> None:
    content = content_of(load(workflows() / "standard.toml"))
    content["version"] = "ends"
    content["codes"]["urgency"]["red"]["valid_to"] = MONDAY.date().isoformat()
    before = told(council)
    with transaction(council.engine) as connection:
        publish(connection, load_content(content), by="tests", now=MONDAY)
    monday = told(council)
    council.watch.at += timedelta(hours=13, minutes=59)
    assert told(council) == monday != before
    council.watch.at += timedelta(minutes=1)
    assert told(council) != monday


def test_where_the_database_tells_nothing_each_answer_is_written_anew(council: Council) -> None:
    with transaction(council.engine) as connection:
        connection.execute(text("DELETE FROM naming_stamps"))
    assert asked(council) == asked(council) > 5


def test_a_process_keeps_a_few_answers_and_those_asked_for_last() -> None:
    written, made = Written(2), []

    def ask(what: str) -> None:
        assert written.once(what, lambda: made.append(what) or what.encode()) == what.encode()  # type: ignore[func-returns-value]

    for what in ("a", "b", "a", "c", "a", "b", "b"):
        ask(what)
    assert made == ["a", "b", "c", "b"]
