"""Most tests of casework begin with the people of one small council, and no case yet."""

import pytest
from sqlalchemy import Connection

from tests.casework.watched_cases import Council, found_council


@pytest.fixture
def council(connection: Connection) -> Council:
    return found_council(connection)
