"""A history made fast is the one that was lived, row for row, as often as was asked for."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, func, inspect, select

from earlyhelp.casework.history import verify_case
from earlyhelp.permissions import person_by_email
from earlyhelp.records.base import Base
from earlyhelp.records.cases import Case, CasePerson, Event
from earlyhelp.records.database import is_postgresql, reading, transaction
from earlyhelp.records.organisation import User
from earlyhelp.records.people import Person
from earlyhelp.simulation import NotEmpty, fast, simulate_fast
from earlyhelp.simulation.fast import lived_of
from earlyhelp.simulation.patterns import COPIED, OWN_NUMBERS
from tests.casework.watched_cases import Council, contact
from tests.simulation.living import FIRST_DAY, new_database, prepared

UNTIL = datetime(2026, 2, 20, 16, tzinfo=UTC)
OF_ITS_OWN = {"id", "public_id", "reference", "hash", "previous_hash", "last_hash", *OWN_NUMBERS}


def made(engine: Engine, **further: Any) -> None:
    given: Any = {"contacts": 36, "seed": 5, "start": FIRST_DAY, "until": UNTIL}
    simulate_fast(engine, **given, **further, among=range(12, 13))


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A council of 36 contacts, of which 12 were lived and the last 12 belong to another borough."""
    engine = new_database(tmp_path_factory.mktemp("copied") / "council.sqlite3")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fast, "A_BOROUGH", 24)
        made(engine)
    yield engine
    engine.dispose()


def contents(connection: Connection, name: str, copy: int, last: dict[str, int]) -> list[tuple[Any, ...]]:
    """The rows of a table that belong to one copy, as if they were those that were lived."""
    table = Base.metadata.tables[name]
    points_to = {c.name: next(iter(c.foreign_keys)).column.table.name for c in table.c if c.foreign_keys}
    owner = "id" if "id" in table.c else next(n for n, target in points_to.items() if target in COPIED)
    of = name if owner == "id" else points_to[owner]
    low, high = copy * last[of], (copy + 1) * last[of]
    rows = connection.execute(select(table).where(table.c[owner] > low, table.c[owner] <= high))
    kept = []
    for row in rows:
        values = dict(row._mapping)
        for column, target in points_to.items():
            if target in COPIED and values[column] is not None:
                values[column] -= copy * last[target]
        cells = tuple(repr(v) for n, v in values.items() if n not in OF_ITS_OWN and n != "fields")
        kept.append(cells)
    return sorted(kept)


def test_every_row_of_a_copy_is_the_row_that_was_lived_and_every_chain_holds(fresh_engine: Engine) -> None:
    made(prepared(fresh_engine))
    with reading(fresh_engine) as connection:
        references = list(connection.scalars(select(Case.reference)))
        assert not any(verify_case(connection, reference=reference) for reference in references)
        last = {}
        for name in COPIED:
            table = Base.metadata.tables[name]
            if "id" in table.c:
                last[name] = (connection.scalar(select(func.max(table.c.id))) or 0) // 3
        for name in COPIED:
            lived = contents(connection, name, 0, last)
            assert lived == contents(connection, name, 1, last), name
        fields = [
            list(
                connection.scalars(
                    select(Event.fields)
                    .where(Event.case_id > copy * last["cases"], Event.case_id <= (copy + 1) * last["cases"])
                    .order_by(Event.case_id, Event.sequence)
                )
            )
            for copy in (0, 1)
        ]
    assert [one.keys() for one in fields[0]] == [one.keys() for one in fields[1]]
    assert sum(one != other for one, other in zip(*fields, strict=True)) < len(fields[0])


def test_nothing_has_two_names_and_events_name_the_children_of_their_own_copy(copied: Engine) -> None:
    with reading(copied) as connection:
        references = list(connection.scalars(select(Case.reference)))
        people = list(connection.scalars(select(Person.public_id)))
        named = connection.execute(
            select(Event.fields, Person.public_id)
            .join(CasePerson, CasePerson.case_id == Event.case_id)
            .join(Person, Person.id == CasePerson.person_id)
            .where(Event.sequence == 1, CasePerson.is_child)
        ).all()
    assert len(set(references)) == len(references) >= 36
    assert len(set(people)) == len(people)
    assert all(public_id in row["children"] for row, public_id in named if "children" in row)


def test_the_copies_of_another_borough_belong_to_its_own_people(copied: Engine) -> None:
    with reading(copied) as connection:
        addresses = set(
            connection.scalars(select(User.email).join(Case, Case.opened_by_id == User.id).distinct())
        )
    assert any(address.startswith("1.") for address in addresses)
    assert any(not address[0].isdigit() for address in addresses)


def test_work_goes_on_after_the_copies_and_no_second_history_is_poured_in(copied: Engine) -> None:
    with transaction(copied) as connection:
        before = set(connection.scalars(select(Case.reference)))
        screener = person_by_email(connection, email="screener@millbrook.example")
        assert screener is not None
        later = contact(connection, Council({"screener": screener}), at=UNTIL + timedelta(days=1))
        assert later not in before
        assert verify_case(connection, reference=later) is None
    with pytest.raises(NotEmpty, match="fills a new database"):
        made(copied)


def keys_of(engine: Engine) -> dict[str, list[str]]:
    """By which each table is searched, and what must hold in it."""
    seen = inspect(engine)
    found: dict[str, list[str]] = {}
    for ask in (
        *(seen.get_multi_pk_constraint, seen.get_multi_unique_constraints),
        *(seen.get_multi_foreign_keys, seen.get_multi_indexes),
    ):
        for (_, table), keys in ask().items():
            found.setdefault(table, []).extend(sorted(map(shown, keys if isinstance(keys, list) else [keys])))
    return found


def shown(key: Any) -> str:
    conditions = {name: str(words) for name, words in key.get("dialect_options", {}).items()}
    return repr({**key, "dialect_options": conditions})


def test_every_index_and_key_is_there_again_after_the_copies(fresh_engine: Engine) -> None:
    before = keys_of(prepared(fresh_engine))
    made(fresh_engine)
    assert keys_of(fresh_engine) == before
    assert len(before) > len(COPIED)
    with reading(fresh_engine) as connection:
        if is_postgresql(connection):
            doubtful = "SELECT conname FROM pg_constraint WHERE NOT convalidated"
            assert connection.exec_driver_sql(doubtful).all() == []


def test_copies_that_are_not_finished_leave_what_was_lived_with_every_key(fresh_engine: Engine) -> None:
    before = keys_of(prepared(fresh_engine))

    def fail(_contacts: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made(fresh_engine, tell=fail)
    assert keys_of(fresh_engine) == before
    with reading(fresh_engine) as connection:
        assert 12 <= (connection.scalar(select(func.count()).select_from(Case)) or 0) < 24


def test_as_many_are_lived_as_divide_what_is_asked_for() -> None:
    assert [1_000_000 % lived_of(1_000_000), lived_of(30)] == [0, 30]
