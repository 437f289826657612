"""What machines that watch are told: counted at most every ten seconds, however often they ask."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from earlyhelp.records.database import connect, transaction
from tests.casework.watched_cases import contact
from tests.web.watched_site import site_in


@pytest.fixture
def engine(sqlite_url: Callable[[], str]) -> Iterator[Engine]:
    """How often is counted is no matter of the database: SQLite alone."""
    engine = connect(sqlite_url())
    yield engine
    engine.dispose()


def test_metrics_are_counted_anew_after_ten_seconds(engine: Engine, tmp_path: Path) -> None:
    site = site_in(engine, tmp_path)
    client = site.app.test_client()

    def told() -> str:
        return client.get("/metrics").text

    assert "earlyhelp_open_cases 0.0" in told()
    with transaction(site.engine) as connection:
        contact(connection, site.council)
    site.now += timedelta(seconds=9)
    assert "earlyhelp_open_cases 0.0" in told()
    site.now += timedelta(seconds=1)
    assert "earlyhelp_open_cases 1.0" in told()
