"""A whole council on a real server, and people who work in it with a real browser."""

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import Engine
from werkzeug.serving import make_server

from earlyhelp import places
from earlyhelp.app import create_app
from earlyhelp.casework.accounts import CHEAPEST, create_user
from earlyhelp.casework.seeding import seed
from earlyhelp.records.database import transaction
from earlyhelp.settings import Settings
from tests.support.accessible import violations

PASSWORD = "a long enough phrase for tests"
PEOPLE = {
    "screener": ("Sasha Screener", "screener", "Front door"),
    "lead": ("Lee Leader", "lead_professional", "Early help"),
    "manager": ("Morgan Manager", "manager", "Early help"),
    "duty": ("Dana Duty", "manager", "Social care"),
    "analyst": ("Ana Analyst", "analyst", None),
    "administrator": ("Ada Administrator", "administrator", None),
}
UPSTREAM_FAULTS = {"aria-allowed-attr"}
"""Radios that reveal a field carry aria-expanded in the GOV.UK component itself."""


@dataclass(frozen=True)
class Site:
    """The running service."""

    url: str
    engine: Engine


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, migrated: Callable[[Path], Engine]) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("council")
    settings = Settings(
        database_url=f"sqlite:///{folder / 'council.sqlite3'}",
        instance_path=Path(folder),
        secret_key="k" * 40,
        secure_cookies=False,
    )
    engine = migrated(folder / "council.sqlite3")
    found_council(engine)
    server = make_server("127.0.0.1", 0, create_app(settings, engine), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Site(f"http://127.0.0.1:{server.server_port}", engine)
    server.shutdown()
    thread.join()
    engine.dispose()


def found_council(engine: Engine) -> None:
    now = datetime.now(UTC)
    with transaction(engine) as connection:
        seed(connection, shipped=places.workflows(), own=None, council="Testshire", now=now)
        for who, (name, role, team) in PEOPLE.items():
            create_user(
                connection,
                email=f"{who}@testshire.example",
                name=name,
                roles=[role],
                team=team,
                password=PASSWORD,
                now=now,
                hasher=CHEAPEST,
            )


@pytest.fixture
def sign_in(site: Site, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Gives a page on which that person has just signed in, each in a browser of their own."""
    contexts: list[BrowserContext] = []

    def as_person(who: str, *, java_script: bool = True, width: int = 1200) -> Page:
        context = browser.new_context(
            java_script_enabled=java_script, viewport={"width": width, "height": 900}
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        faults: list[str] = []
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.goto(enter(context, site, who))
        assert not [fault for fault in faults if "Content Security Policy" in fault]
        return page

    yield as_person
    for context in contexts:
        context.close()


def enter(context: BrowserContext, site: Site, who: str) -> str:
    """Send the form of the sign-in page without showing it, which journeys about signing in do; where it leads."""
    address = f"{site.url}/sign-in"
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', context.request.get(address).text())
    assert token is not None
    answers = {"email": f"{who}@testshire.example", "password": PASSWORD, "csrf_token": token[1]}
    answer = context.request.post(address, form=answers)
    assert not answer.url.endswith("/sign-in")
    return answer.url


def assert_accessible(page: Page) -> None:
    """No WCAG 2.2 A or AA violation that is ours, by axe in this browser."""
    ours = [
        (fault["id"], fault["nodes"][0]["html"][:200])
        for fault in violations(page, runOnly=["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"])
        if fault["id"] not in UPSTREAM_FAULTS
    ]
    assert ours == [], f"{page.url}: {ours}"
