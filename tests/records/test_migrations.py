"""A database gets its tables by migrations alone: as the models say, on both databases, whole or not at all."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, insert, inspect, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from earlyhelp import places
from earlyhelp.records import migrate
from earlyhelp.records.database import connect, reading, transaction
from earlyhelp.records.naming_stamps import naming_stamps
from earlyhelp.records.organisation import Team, User

NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "next"
down_revision = "{head}"
branch_labels = depends_on = None


def upgrade() -> None:
    {upgrade}


def downgrade() -> None:
    pass
"""

AddRevision = Callable[[str], None]


@pytest.fixture
def add_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AddRevision:
    """Pretend that the program has one more revision, which does what the test says."""

    def add(upgrade: str) -> None:
        folder = tmp_path / "migrations"
        shutil.copytree(places.migrations(), folder, ignore=shutil.ignore_patterns("__pycache__"))
        revision = NEXT.format(head=migrate.head(), upgrade=upgrade)
        (folder / "versions" / "next.py").write_text(revision)
        monkeypatch.setattr(migrate, "migrations", lambda: folder)

    return add


def test_migrations_make_what_the_models_say(blank_engine: Engine) -> None:
    migrate.upgrade(blank_engine)
    with blank_engine.connect() as connection:
        compared = {"compare_type": True, "include_object": migrate.is_compared}
        context = MigrationContext.configure(connection, opts=compared)
        assert compare_metadata(context, migrate.METADATA) == []


def test_a_table_that_no_model_knows_is_named_with_its_index(fresh_engine: Engine) -> None:
    with fresh_engine.begin() as connection:
        connection.execute(text("CREATE TABLE forgotten (told INTEGER)"))
        connection.execute(text("CREATE INDEX ix_forgotten_told ON forgotten (told)"))
        context = MigrationContext.configure(connection, opts={"include_object": migrate.is_compared})
        named = [change[0] for change in compare_metadata(context, migrate.METADATA)]
    assert named == ["remove_index", "remove_table"]


def test_migrations_make_every_detail_of_the_models(blank_engine: Engine) -> None:
    """The comparison of Alembic passes over conditions of indexes, names of constraints and more."""
    migrate.upgrade(blank_engine)
    migrated = _schema(blank_engine)
    migrate.downgrade(blank_engine)
    with blank_engine.begin() as connection:
        migrate.METADATA.create_all(connection)
    assert migrated == _schema(blank_engine)


def test_lists_of_open_work_have_partial_indexes(blank_engine: Engine) -> None:
    migrate.upgrade(blank_engine)
    conditional = {name for name, definition in _indexes(blank_engine).items() if " WHERE " in definition}
    assert {"ix_cases_queue", "ix_cases_team", "ix_cases_lead", "ix_clocks_next_moment"} <= conditional


def test_downgrade_takes_everything_away_and_upgrade_brings_it_back(blank_engine: Engine) -> None:
    migrate.upgrade(blank_engine)
    before = _schema(blank_engine)
    migrate.downgrade(blank_engine)
    assert set(inspect(blank_engine).get_table_names()) <= {"alembic_version"}
    assert migrate.current(blank_engine) is None
    migrate.upgrade(blank_engine)
    assert _schema(blank_engine) == before


@pytest.mark.postgresql
def test_downgrade_takes_what_triggers_call_away_too(postgresql_url: Callable[[], str]) -> None:
    engine = connect(postgresql_url())
    ours = text("SELECT proname FROM pg_proc WHERE proname LIKE 'earlyhelp%'")
    with engine.connect() as connection:
        assert connection.scalars(ours).all() != []
    migrate.downgrade(engine)
    with engine.connect() as connection:
        assert connection.scalars(ours).all() == []
    engine.dispose()


def test_there_is_exactly_one_head() -> None:
    assert ScriptDirectory(str(places.migrations())).get_heads() == [migrate.head()]


def test_a_blank_database_is_not_current_and_an_upgraded_one_is(blank_engine: Engine) -> None:
    assert migrate.current(blank_engine) is None
    migrate.upgrade(blank_engine)
    assert migrate.current(blank_engine) == migrate.head()


def test_an_upgrade_that_is_run_again_changes_nothing(engine: Engine) -> None:
    before = _schema(engine)
    migrate.upgrade(engine)
    assert _schema(engine) == before


def test_an_upgrade_works_from_any_folder(
    blank_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "100% elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    migrate.upgrade(blank_engine)
    assert migrate.current(blank_engine) == migrate.head()


def test_a_half_applied_migration_leaves_nothing(fresh_engine: Engine, add_revision: AddRevision) -> None:
    before, at = _schema(fresh_engine), migrate.current(fresh_engine)
    add_revision(
        'op.create_table("half", sa.Column("id", sa.Integer())); op.execute("SELECT nonsense FROM half")'
    )
    with pytest.raises(DBAPIError):
        migrate.upgrade(fresh_engine)
    assert _schema(fresh_engine) == before
    assert migrate.current(fresh_engine) == at


def test_a_table_that_others_refer_to_can_be_rebuilt(fresh_engine: Engine, add_revision: AddRevision) -> None:
    """SQLite changes a column by copying the table and dropping the old one, rows, references and all."""
    _a_user_of_a_team(fresh_engine)
    add_revision(
        'with op.batch_alter_table("teams") as batch: batch.alter_column("name", type_=sa.String(250))'
    )
    migrate.upgrade(fresh_engine)
    with fresh_engine.connect() as connection:
        assert connection.execute(select(Team.key).join(User, User.team_id == Team.id)).all() == [("north",)]
    assert str(_columns(fresh_engine, "teams")["name"]["type"]) == "VARCHAR(250)"


def test_names_are_watched_after_a_table_was_rebuilt_and_what_that_changed_is_told(
    fresh_engine: Engine, add_revision: AddRevision
) -> None:
    _a_user_of_a_team(fresh_engine)
    seen = [_stamps(fresh_engine)]
    add_revision(
        'with op.batch_alter_table("teams") as batch: batch.alter_column("name", type_=sa.String(250))'
    )
    migrate.upgrade(fresh_engine)
    assert _stamps(fresh_engine) not in seen
    seen.append(_stamps(fresh_engine))
    with transaction(fresh_engine) as connection:
        connection.execute(update(Team).values(name="South"))
    assert _stamps(fresh_engine) not in seen


def test_references_hold_again_after_a_migration(blank_engine: Engine) -> None:
    migrate.upgrade(blank_engine)
    with pytest.raises(IntegrityError), transaction(blank_engine) as connection:
        connection.execute(insert(User).values(**_user(team_id=999)))


def test_a_migration_that_leaves_a_row_referring_to_nothing_is_refused(
    fresh_engine: Engine, add_revision: AddRevision
) -> None:
    _a_user_of_a_team(fresh_engine)
    add_revision('op.execute("DELETE FROM teams")')
    with pytest.raises((migrate.MigrationRefused, IntegrityError)):
        migrate.upgrade(fresh_engine)
    with fresh_engine.connect() as connection:
        assert connection.scalars(select(Team.key)).all() == ["north"]


def test_a_database_of_a_newer_version_is_refused_and_left_alone(fresh_engine: Engine) -> None:
    with transaction(fresh_engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'from_the_future'"))
    before = _schema(fresh_engine)
    assert migrate.current(fresh_engine) != migrate.head()
    with pytest.raises(migrate.MigrationRefused, match=r"from_the_future.*newer version"):
        migrate.upgrade(fresh_engine)
    assert _schema(fresh_engine) == before


def test_upgrades_at_the_same_moment_take_turns(blank_engine: Engine) -> None:
    def upgrade(_turn: int) -> None:
        engine = connect(blank_engine.url.render_as_string(hide_password=False))
        migrate.upgrade(engine)
        engine.dispose()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(upgrade, range(4)))
    assert migrate.current(blank_engine) == migrate.head()


def _schema(engine: Engine) -> dict[str, Any]:
    """Everything that the database knows about its tables, in an order that does not depend on how they came."""
    found = inspect(engine)
    columns, keys = found.get_multi_columns(), found.get_multi_pk_constraint()
    references, unique = found.get_multi_foreign_keys(), found.get_multi_unique_constraints()
    return {
        "indexes": {name: found for name, found in _indexes(engine).items() if "alembic" not in name},
        "tables": {
            table[1]: {
                "columns": [
                    (column["name"], str(column["type"]), column["nullable"], column["default"])
                    for column in columns[table]
                ],
                "key": keys[table],
                "references": sorted(references[table], key=str),
                "unique": sorted(unique[table], key=str),
            }
            for table in sorted(columns, key=str)
            if table[1] != "alembic_version"
        },
    }


def _indexes(engine: Engine) -> dict[str, str]:
    question = {
        "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
        "postgresql": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    }[engine.dialect.name]
    with engine.connect() as connection:
        return {name: " ".join(sql.split()) for name, sql in connection.execute(text(question))}


def _columns(engine: Engine, table: str) -> dict[str, Any]:
    return {column["name"]: column for column in inspect(engine).get_columns(table)}


def _stamps(engine: Engine) -> tuple[str, ...]:
    with reading(engine) as connection:
        return naming_stamps(connection)


def _user(**differing: Any) -> dict[str, Any]:
    now = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
    return {"email": "sam@example.org", "name": "Sam Field", "created_at": now, **differing}


def _a_user_of_a_team(engine: Engine) -> None:
    with transaction(engine) as connection:
        team = insert(Team).values(key="north", name="North", kind="locality", active=True).returning(Team.id)
        connection.execute(insert(User).values(**_user(team_id=connection.execute(team).scalar_one())))
