"""The watched site with passwords hashed cheaply, for tests that sign in often."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from earlyhelp.casework import accounts
from tests.web.watched_site import Site, site_in


@pytest.fixture
def site(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setattr(accounts, "HASHER", accounts.CHEAPEST)
    return site_in(engine, tmp_path)
