"""The same seed gives the same history, wherever it is lived."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from earlyhelp.records.cases import Event
from earlyhelp.records.database import connect, reading
from earlyhelp.records.migrate import upgrade
from earlyhelp.simulation import NothingToLiveOn
from tests.simulation.living import live, new_database, prepared


def hashes(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return list(connection.scalars(select(Event.hash).order_by(Event.id)))


def test_the_same_seed_lives_the_same_history_on_both_databases(fresh_engine: Engine, tmp_path: Path) -> None:
    live(prepared(fresh_engine), 25)
    other = new_database(tmp_path / "other.sqlite3")
    live(other, 25)
    assert hashes(fresh_engine) == hashes(other)
    other.dispose()


def test_another_seed_lives_another_history(tmp_path: Path) -> None:
    first, second = (new_database(tmp_path / f"{n}.sqlite3") for n in (1, 2))
    live(first, 10, seed=1)
    live(second, 10, seed=2)
    assert hashes(first) != hashes(second)
    first.dispose()
    second.dispose()


def test_a_database_without_pathway_is_refused(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'bare.sqlite3'}")
    upgrade(engine)
    with pytest.raises(NothingToLiveOn, match="run earlyhelp init first"):
        live(engine, 1)
    engine.dispose()


def test_a_history_that_ends_before_it_starts_is_refused(tmp_path: Path) -> None:
    engine = new_database(tmp_path / "backwards.sqlite3")
    with pytest.raises(ValueError, match="must end after it starts"):
        live(engine, 1, days=-3)
    engine.dispose()
