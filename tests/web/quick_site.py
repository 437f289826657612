"""The watched site with passwords hashed cheaply, for tests that sign in often."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from earlyhelp.casework import accounts
from earlyhelp.records.database import connect
from tests.web import watched_site
from tests.web.watched_site import Site, site_in


@pytest.fixture
def site(sqlite_url: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setattr(accounts, "HASHER", accounts.CHEAPEST)
    for writer in ("create_user", "set_password"):
        cheaply = partial(getattr(accounts, writer), hasher=accounts.CHEAPEST)
        monkeypatch.setattr(watched_site, writer, cheaply)
    return site_in(connect(sqlite_url()), tmp_path)
