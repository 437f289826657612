"""What is remembered of statements stays small, and is what was used last."""

import gc
import weakref
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Compiled, Connection, Engine, Select, literal, select, union_all

from earlyhelp.records import database
from earlyhelp.records.base import Instant
from earlyhelp.records.database import connect, reading
from earlyhelp.records.statements import MOST_CHARACTERS, Statements

LONG = 100


def compiled(characters: int = LONG) -> Compiled:
    return select(literal(1).label("x" * (characters - len("SELECT :param_1 AS ")))).compile()


def test_what_was_used_longest_ago_is_forgotten_first() -> None:
    kept = Statements(most=3 * LONG)
    for key in ("first", "second", "third"):
        kept[key] = compiled()
    assert kept.get("first") is not None  # used again
    kept["fourth"] = compiled()
    assert list(kept) == ["third", "first", "fourth"]
    assert kept.get("second") is None
    assert kept.characters == 3 * LONG


def test_a_statement_longer_than_all_that_may_be_kept_is_not_kept() -> None:
    kept = Statements(most=LONG)
    kept["long"] = compiled(LONG + 1)
    assert (len(kept), kept.characters) == (0, 0)


def test_a_statement_kept_twice_counts_once() -> None:
    kept = Statements()
    kept["one"] = compiled()
    kept["one"] = compiled()
    assert (len(kept), kept.characters) == (1, LONG)
    del kept["one"]
    assert kept.characters == 0
    with pytest.raises(KeyError):
        del kept["one"]


def test_to_look_for_a_statement_reckons_with_its_many_parts_once() -> None:
    reckoned: list[str] = []

    class Parts(tuple[str, ...]):
        def __hash__(self) -> int:
            reckoned.append(self[0])
            return super().__hash__()

    kept, key = Statements(), Parts(["one"])
    kept[key] = compiled()
    reckoned.clear()
    assert kept.get(Parts(["one"])) is kept.get(Parts(["one"]))
    assert reckoned == ["one", "one"]


def test_whatever_is_asked_of_a_database_no_more_is_remembered_than_may_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(database, "Statements", Statements)  # as in a process that is no test
    engine = connect("sqlite://")
    kept: Any = engine.get_execution_options()["compiled_cache"]
    with reading(engine) as connection:
        assert [_asked(connection, number) for number in range(50)] == list(range(50))
        once = kept.characters
        assert [_asked(connection, number) for number in range(50)] == list(range(50))
        assert kept.characters == once < MOST_CHARACTERS
        for number in range(400):
            connection.execute(select(literal(1).label(f"a_name_of_its_own_{number}_{'x' * 1000}")))
        assert MOST_CHARACTERS * 0.9 < kept.characters <= MOST_CHARACTERS
    engine.dispose()


def _asked(connection: Connection, number: int) -> int:
    return int(connection.execute(select(literal(number))).scalar_one())


@pytest.mark.parametrize("of", [lambda one: one, lambda one: union_all(one, one)], ids=["one", "several"])
def test_what_a_statement_was_built_of_is_let_go(engine: Engine, of: Any) -> None:
    """And yet it runs again, whatever its parameters, its rows named by the columns of whoever asks."""
    with reading(engine) as connection:
        first = [_named(connection, of, number) for number in (1, 2, 3)]
        gc.collect()
        assert [part() for _, part in first] == [None, None, None]
        assert [read for read, _ in first] == [(number, NOON) for number in (1, 2, 3)]


NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def _named(connection: Connection, of: Any, number: int) -> tuple[Any, Any]:
    """A row by its columns, and what is left of a part of the statement when it is over."""
    inner = select(literal(number).label("number"), literal(NOON, Instant()).label("at")).cte("part")
    among: Select[Any] = select(inner).where(inner.c.number.in_([number, number + 1]))
    asked = of(among)
    row = connection.execute(asked).first()
    assert row is not None
    columns = asked.selected_columns
    return (row._mapping[columns.number], row._mapping[columns.at]), weakref.ref(inner)
