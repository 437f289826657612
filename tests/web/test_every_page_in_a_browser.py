"""Every page there is, once, in a real browser: accessible, titled, no wider than a phone, nothing the browser minds.

The application answers whatever the browser asks, each page to somebody who may open it.
"""

import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page
from sqlalchemy import Engine
from werkzeug import Request, Response
from werkzeug.middleware.shared_data import SharedDataMiddleware
from werkzeug.routing import Rule
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

import earlyhelp
from earlyhelp.records.database import transaction
from tests.support.accessible import violations
from tests.web.every_address import filled, pages
from tests.web.test_every_route import NOW, PLACES
from tests.web.watched_site import site_in

pytestmark = pytest.mark.journey
READERS = ("lead", "manager", "service_manager", "screener", "analyst")
FILES = (
    ".pdf",
    "file_format",
    "workbook",
    "picture",
    "/files/",
    ".csv",
    "/health",
    "/metrics",
    "openapi",
    ".ics",
    "/tables",
)
"""Parts of addresses that answer with something other than a page."""
STATIC = Path(earlyhelp.__file__).parent / "static"
LEAD_ELSEWHERE = {
    "account.start",
    "single_sign_on.arrived",
    "single_sign_on.signing_out",
    "single_sign_on.start",
}
IN_JOURNEYS = {
    "assessments.section",
    "assessments.submit",
    "authorising.decide",
    "directory.sheet",
    "passkeys.add",
    "passkeys.ask",
    "passkeys.make",
    "passkeys.remove",
    "people.merge",
    "people.undo",
    "public.check",
    "public.sent",
    "second_step.page",
    "security.set_up",
}
"""What needs something under way that a journey has: an assessment, answers, a key, two records of one child."""
NOT_WITHOUT = {
    "imports.preview",
    "kept_work.page",
    "replays.one",
    "services.preview",
    "services.report",
    "webhooks.log",
}
"""What needs a file that was uploaded, a replay that was run, a webhook: in no browser here."""
UPSTREAM = {"aria-allowed-attr"}
"""Radios that reveal a field carry aria-expanded in the GOV.UK component itself."""
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


class Reading:
    """A server that answers as the application does to whoever reads; the page that they open is there already.

    To a browser whose questions are answered behind its back nothing stays known: for each page it would read the
    styles and scripts anew.
    """

    def __init__(self) -> None:
        self.one_by_one = threading.Lock()
        files = SharedDataMiddleware(self.answered, {"/static": str(STATIC)})
        self.server = make_server("127.0.0.1", 0, files, threaded=True)

    def now(self, client: FlaskClient, opened: TestResponse) -> None:
        self.client, self.opened = client, opened

    @Request.application
    def answered(self, asked: Request) -> Response:
        if asked.headers.get("Sec-Fetch-Mode") == "navigate":
            return Response(self.opened.data, self.opened.status, self.opened.headers)
        with self.one_by_one:
            given = self.client.get(asked.full_path)
            return Response(given.data, given.status, given.headers)


@pytest.fixture
def reading() -> Iterator[Reading]:
    reading = Reading()
    thread = threading.Thread(target=reading.server.serve_forever)
    thread.start()
    yield reading
    reading.server.shutdown()
    thread.join()
    reading.server.server_close()


def test_every_page_is_accessible_and_fits_a_phone(
    sqlite_engine: Engine, tmp_path: Path, browser: Browser, reading: Reading
) -> None:
    site = site_in(sqlite_engine, tmp_path)
    site.now = NOW
    with transaction(site.engine) as connection:
        there = filled(connection, site.council, now=NOW)
    clients = {who: site.signed_in(who) for who in (*READERS, "administrator")}
    for who in READERS:
        there.give_reasons(clients[who])
    clients["nobody"] = site.app.test_client()
    page, minded = opened(browser, f"http://127.0.0.1:{reading.server.port}")
    elsewhere: set[str] = set()
    for rule in pages(site.app):
        if any(part in rule.rule for part in FILES):
            continue
        address = there.address(site.app, rule)
        if any(shown(page, reading, clients[who], address) for who in readers(rule)):
            minded += [f"{address}: {fault}" for fault in faults(page)]
        else:
            elsewhere.add(rule.endpoint)
    assert minded == []
    assert elsewhere == LEAD_ELSEWHERE | IN_JOURNEYS | NOT_WITHOUT, "fill the council, or say why not"


def readers(rule: Rule) -> list[str]:
    """Those who may open it; to who is signed in the pages of nobody look no different."""
    who = PLACES[rule.endpoint]
    return ["nobody"] if "nobody" in who else [each for each in READERS if each in who] or ["administrator"]


def opened(browser: Browser, service: str) -> tuple[Page, list[str]]:
    page = browser.new_context(viewport={"width": 320, "height": 640}, base_url=service).new_page()
    minded: list[str] = []
    page.on("console", lambda m: minded.append(f"{page.url}: {m.text}") if m.type == "error" else None)
    page.on("pageerror", lambda error: minded.append(f"{page.url}: {error}"))
    return page, minded


def shown(page: Page, reading: Reading, client: FlaskClient, address: str) -> bool:
    """Whether there is a page, not an answer that leads elsewhere: then it is in the browser."""
    found = client.get(address)
    if found.status_code != 200 or found.mimetype != "text/html":
        return False
    reading.now(client, found)
    page.goto(address)
    return True


def faults(page: Page) -> Iterable[str]:
    if page.locator("h1").count() != 1:
        yield "not one first heading"
    if " – Early help" not in page.title():
        yield f"titled {page.title()}"
    if page.evaluate("document.documentElement.scrollWidth") > 320:
        yield "wider than a phone"
    for fault in violations(page, runOnly=RULES):
        if fault["id"] not in UPSTREAM:
            yield f"{fault['id']}: {fault['nodes'][0]['html'][:200]}"
