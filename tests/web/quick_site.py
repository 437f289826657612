"""The watched site with passwords hashed cheaply, for tests that sign in often.

Council and application are made once per process. Each test gets the council's database as it was then, and the
application with the settings and the time it began with.
"""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from earlyhelp.casework import accounts
from earlyhelp.web.services import EXTENSION
from tests.web.watched_site import Site, site_in


class Founded:
    """A site as it was when its council had been founded, to go back to."""

    def __init__(self, site: Site) -> None:
        self._site, self._now = site, site.now
        self._extensions, self._config = dict(site.app.extensions), dict(site.app.config)
        with closing(sqlite3.connect(str(site.engine.url.database))) as database:
            self._database = database.serialize()

    def again(self, engine: Engine, folder: Path) -> Site:
        site, app = self._site, self._site.app
        Path(str(engine.url.database)).write_bytes(self._database)
        site.engine, site.folder, site.now = engine, folder, self._now
        app.extensions.clear()
        app.extensions.update(self._extensions)
        app.config.clear()
        app.config.update(self._config)
        services = app.extensions[EXTENSION]
        settings = replace(services.settings, database_url=str(engine.url), instance_path=folder)
        app.extensions[EXTENSION] = replace(services, engine=engine, reports=engine, settings=settings)
        return site


_founded: list[Founded] = []


@pytest.fixture
def site(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setattr(accounts, "HASHER", accounts.CHEAPEST)
    if not _founded:
        _founded.append(Founded(site_in(engine, tmp_path)))
    return _founded[0].again(engine, tmp_path)
