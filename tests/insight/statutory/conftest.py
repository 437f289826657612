"""The story lived once for all tests that need no second database."""

from collections.abc import Iterator, Mapping

import pytest
from sqlalchemy import Engine

from earlyhelp.records.base import Base
from earlyhelp.records.database import connect
from tests.insight.statutory import story


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, Mapping[str, str]]]:
    """The database of the story, and the reference of each case by what it is. Nobody writes to it."""
    engine = connect(f"sqlite:///{tmp_path_factory.mktemp('story')}/story.db")
    Base.metadata.create_all(engine)
    yield engine, story.lived(engine)
    engine.dispose()
