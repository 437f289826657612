"""On PostgreSQL web and worker processes work under a role that can add to history and do nothing else to it."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, func, insert, make_url, select, text
from sqlalchemy.exc import ProgrammingError

from earlyhelp.cli import main
from earlyhelp.cli.setting_up import prepare
from earlyhelp.records.database import connect, transaction
from earlyhelp.records.granting import ONLY_ADDED_TO, NotTwoRoles, grant_work, may_delete_history
from earlyhelp.records.organisation import Agency, Team
from earlyhelp.settings import Settings
from tests.casework.watched_cases import allocated, council_in, found_council

pytestmark = pytest.mark.postgresql


@pytest.fixture
def owner(request: pytest.FixtureRequest) -> Iterator[Engine]:
    engine = connect(request.getfixturevalue("postgresql_url")())
    yield engine
    engine.dispose()


@pytest.fixture
def worker(owner: Engine) -> Iterator[Engine]:
    """The same database by a role of its own that has been granted its work."""
    role = f"earlyhelp_test_{uuid4().hex[:8]}"
    with transaction(owner) as connection:
        connection.execute(text(f"CREATE ROLE {role} LOGIN PASSWORD 'x'"))
        grant_work(connection, role=role)
        grant_work(connection, role=role)
    engine = connect(
        make_url(owner.url).set(username=role, password="x").render_as_string(hide_password=False)
    )
    yield engine
    engine.dispose()
    with transaction(owner) as connection:
        connection.execute(text(f"DROP OWNED BY {role}"))
        connection.execute(text(f"DROP ROLE {role}"))


def test_the_working_role_works_and_cannot_touch_history(worker: Engine) -> None:
    with transaction(worker) as connection:
        allocated(connection, found_council(connection))
    for table in ONLY_ADDED_TO:
        for attack in (
            f"UPDATE {table} SET id = id",
            f"DELETE FROM {table}",
            f"TRUNCATE {table} CASCADE",
            f"ALTER TABLE {table} DISABLE TRIGGER ALL",
            f"DROP TABLE {table} CASCADE",
        ):
            refused(worker, attack)
    refused(worker, "SET session_replication_role = replica")
    refused(worker, "CREATE TABLE mine (id int)")
    refused(worker, "UPDATE alembic_version SET version_num = 'x'")


def test_init_migrates_by_the_owner_and_seeds_by_the_working_role(
    owner: Engine, worker: Engine, tmp_path: Path
) -> None:
    emptied(owner)
    by_owner, by_worker = (engine.url.render_as_string(hide_password=False) for engine in (owner, worker))
    settings = Settings(database_url=by_worker, migration_database_url=by_owner, instance_path=tmp_path)
    for _ in range(2):
        assert prepare(settings, council="Anyshire").pathways
    refused(worker, "DELETE FROM events")


def test_a_backup_and_an_export_are_brought_back_by_the_owner_and_worked_on_by_the_other(
    owner: Engine, worker: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    council_in(owner)
    monkeypatch.setenv("EARLYHELP_INSTANCE_PATH", str(tmp_path / "instance"))
    for name, engine in (("DATABASE_URL", worker), ("MIGRATION_DATABASE_URL", owner)):
        monkeypatch.setenv(f"EARLYHELP_{name}", engine.url.render_as_string(hide_password=False))
    assert main(["backup", "-o", str(tmp_path / "b.tar.gz")]) == 0
    assert main(["export", "database", "-o", str(tmp_path / "export")]) == 0
    for back in (["restore", str(tmp_path / "b.tar.gz")], ["import", "database", str(tmp_path / "export")]):
        emptied(owner)
        if back[0] == "import":
            assert main(["init"]) == 0
        assert main(back) == 0
        with transaction(worker) as connection:
            assert (connection.scalar(select(func.count(Team.id))) or 0) > 0
            connection.execute(insert(Agency).values(key="new", name="New", kind="charity"))
        refused(worker, "DELETE FROM events")


def emptied(owner: Engine) -> None:
    with transaction(owner) as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))


def test_deleting_by_a_retention_rule_is_for_the_owner(owner: Engine, worker: Engine) -> None:
    with owner.connect() as mighty, worker.connect() as other:
        assert (may_delete_history(mighty), may_delete_history(other)) == (True, False)


def refused(engine: Engine, attack: str) -> None:
    with engine.connect() as connection:
        # What lets a retention run delete lets nobody else.
        connection.execute(text("SELECT set_config('earlyhelp.retention', '1', false)"))
        with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
            connection.execute(text(attack))


def test_a_role_that_could_change_history_is_refused(owner: Engine) -> None:
    for role in ("postgres", "nobody_of_that_name"):
        with pytest.raises(NotTwoRoles), transaction(owner) as connection:
            grant_work(connection, role=role)
