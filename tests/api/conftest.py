"""The API is tested from outside: requests in, answers out, on both databases."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from earlyhelp.records.cases import Case
from earlyhelp.records.database import reading
from earlyhelp.records.organisation import User
from earlyhelp.records.reference import AccessEntry
from tests.api.council import Council, found_council


@pytest.fixture
def council(engine: Engine, tmp_path: Path) -> Council:
    return found_council(engine, folder=tmp_path)


@pytest.fixture
def access_log(engine: Engine) -> Callable[[], list[tuple[str, str, str]]]:
    """Who read which case and how, in order."""

    def read() -> list[tuple[str, str, str]]:
        with reading(engine) as connection:
            rows = connection.execute(
                select(User.email, AccessEntry.what, Case.reference)
                .join(User, User.id == AccessEntry.user_id)
                .join(Case, Case.id == AccessEntry.case_id)
                .order_by(AccessEntry.id)
            )
            return [(row.email, row.what, row.reference) for row in rows]

    return read
