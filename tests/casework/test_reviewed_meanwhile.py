"""An administrator deletes a case at the moment in which the worker keeps that it is due: one of them waits."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, Engine, select

from earlyhelp.casework.kept_review import keep_found
from earlyhelp.casework.retention import review
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.kept_review import ReviewedCase
from tests.casework.test_kept_review import RULES, administrator, closed, deleted, of
from tests.casework.test_merged_meanwhile import begun_and_waiting
from tests.casework.test_retention import LATER
from tests.casework.watched_cases import Council, allocated, council_in


@pytest.fixture
def engine(postgresql_engine: Engine) -> Engine:
    """Where one writer holds the only pen, nothing can happen in between."""
    return postgresql_engine


@pytest.fixture
def council(engine: Engine) -> Council:
    """Two cases are due; the worker is in the middle of its look through all that is closed."""
    council = council_in(engine)
    with transaction(engine) as connection:
        for surname in ("Angove", "Bolitho"):
            allocated(connection, council, surname=surname)
            closed(connection, surname)
    return council


Act = Callable[[Connection], None]


@pytest.mark.parametrize("first", ["worker", "administrator"])
def test_deleting_and_looking_through_wait_for_each_other(
    engine: Engine, council: Council, first: str
) -> None:
    with reading(engine) as connection:
        due = review(connection, rules=RULES, today=LATER.date())
        stays = of(connection, "Bolitho").id
    acts: dict[str, Act] = {
        "worker": lambda connection: keep_found(connection, found=due, after=0, up_to=None),
        "administrator": lambda connection: deleted(connection, "Angove", administrator(council)),
    }
    (second,) = acts.keys() - {first}

    def follow() -> None:
        with transaction(engine) as connection:
            acts[second](connection)

    with ThreadPoolExecutor(1) as beside:
        with transaction(engine) as connection:
            acts[first](connection)
            done = begun_and_waiting(beside, engine, follow)
        done.result(20)
    with reading(engine) as connection:
        assert list(connection.scalars(select(ReviewedCase.case_id))) == [stays]
