"""A passkey in a real browser: made on a device, used in place of the password, taken away."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import Engine
from werkzeug.serving import make_server

from earlyhelp.app import create_app
from earlyhelp.settings import Settings
from tests.journeys.conftest import PASSWORD, assert_accessible, found_council


@pytest.fixture
def url(tmp_path: Path, migrated: Callable[[Path], Engine]) -> Iterator[str]:
    """The service under a name: browsers know no passkeys at an address of bare numbers."""
    settings = Settings(
        database_url=f"sqlite:///{tmp_path / 'council.sqlite3'}",
        instance_path=tmp_path,
        secret_key="k" * 40,
        secure_cookies=False,
    )
    engine = migrated(tmp_path / "council.sqlite3")
    found_council(engine)
    app = create_app(settings, engine)
    server = make_server("localhost", 0, app, threaded=True)
    address = f"http://localhost:{server.server_port}"
    services = app.extensions["earlyhelp"]
    app.extensions["earlyhelp"] = replace(services, settings=replace(settings, base_url=address))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield address
    server.shutdown()
    thread.join()
    engine.dispose()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A browser with a device in it whose owner always proves who they are."""
    context = browser.new_context(viewport={"width": 320, "height": 900})
    context.set_default_timeout(15_000)
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    device = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": device})
    yield page
    context.close()


def test_a_lead_professional_makes_a_passkey_and_comes_in_with_it(page: Page, url: str) -> None:
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.goto(f"{url}/sign-in")
    page.get_by_label("Email address").fill("lead@testshire.example")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("link", name="Your account").click()
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name of the passkey").fill("Work laptop")
    page.get_by_label("Your password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    assert_accessible(page)
    page.get_by_role("button", name="Make the passkey").click()
    page.get_by_role("link", name="I have kept them").click()
    assert_accessible(page)
    page.get_by_role("button", name="Sign out").click()
    assert_accessible(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(f"{url}/my-cases")
    page.get_by_role("link", name="Your account").click()
    page.get_by_role("link", name="Remove the passkey Work laptop").click()
    page.get_by_label("Your password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Remove the passkey").click()
    page.get_by_text("The passkey is removed here").wait_for()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_text("That passkey did not let you in").wait_for()
    assert faults == []
