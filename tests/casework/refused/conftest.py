"""What casework refuses, and notes where it refuses it, is no matter of the database: tried on SQLite alone."""

import pytest
from sqlalchemy import Engine


@pytest.fixture
def engine(sqlite_engine: Engine) -> Engine:
    return sqlite_engine
