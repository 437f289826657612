"""What a web process keeps in memory: when it has begun, after hundreds of mixed pages and files, and after thousands.

Nobody works so: four roles open every kind of page and take every file, one after the other. What it is after people
have done their work, `make load` tells.
"""

import http.client
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from html import unescape
from itertools import islice
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from benchmarks.councils import busiest
from benchmarks.filling import fill
from benchmarks.load.serving import served
from benchmarks.measuring import Figures
from benchmarks.places import database
from earlyhelp.casework.accounts import CHEAPEST, set_password
from earlyhelp.records.database import connect, transaction
from earlyhelp.scheduler.figures import keep_figures

PASSWORD = "a password for measuring"
FIRST = 500
LINK = re.compile(r'href="(/[^"#]*)"')
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
SHAPE = re.compile(r"[0-9]+|EH-[A-Z0-9-]+")
NOT_ASKED = re.compile(r"^/(static|sign-out)")
OF_A_KIND = 30
"""Addresses that differ in numbers and references only."""
ROLES = ("service_manager", "screener", "lead_professional", "manager")


def run(folder: Path, *, kind: str, pages: int, contacts: int = 400) -> Figures:
    """Mebibytes of one web process. Pages are those that links lead to, for four roles, one after the other."""
    with database(kind, folder) as url:
        engine = connect(url)
        fill(engine, contacts=contacts)
        emails = []
        with transaction(engine) as connection:
            for role in ROLES:
                person = busiest(connection, role)
                set_password(connection, user_id=person.id or 0, password=PASSWORD, hasher=CHEAPEST)
                emails.append(str(person.email))
        keep_figures(engine, now=datetime.now(UTC))  # as the worker of every installation does
        engine.dispose()
        with served(url, folder, workers=1) as (address, master):
            return _measured(address, master, emails, kind, pages)


def _measured(address: str, master: int, emails: list[str], kind: str, most: int) -> Figures:
    most = max(most, 2 * FIRST)
    browsers = [Browser(address, email) for email in emails]
    process = _only_child(master)  # there now, because it has answered
    pages = (browser.look() for _ in iter(int, 1) for browser in browsers)
    begun = resident(process)
    answers = list(islice(pages, FIRST))
    early = resident(process)
    answers += islice(pages, most // 2 - FIRST)
    half = resident(process)
    answers += islice(pages, most - most // 2)
    late = resident(process)
    wrong = sum(status >= 500 for status in answers)
    return {
        f"memory of a web process, {kind}, once people have signed in, MiB": begun,
        f"memory after {FIRST:,} mixed pages and files, MiB (goal 120), {kind}": early,
        f"memory after {most // 2:,}, MiB, {kind}": half,
        f"memory after {most:,}, MiB, {kind}": late,
        f"pages answered with an error, {kind}": wrong,
    }


def resident(process: int) -> float:
    """Mebibytes of this process that are in memory, shared ones included."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1024


def _only_child(process: int) -> int:
    (child,) = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return int(child)


class Browser:
    """Somebody who signs in and then opens one page after the other that some page linked to."""

    def __init__(self, address: str, email: str) -> None:
        self._host = urlsplit(address).netloc
        self._cookies: dict[str, str] = {}
        self._kinds: dict[str, list[str]] = {}
        form = dict(HIDDEN.findall(self._ask("GET", "/sign-in")[1]))
        status, _ = self._ask("POST", "/sign-in", form | {"email": email, "password": PASSWORD})
        if status != 302:
            raise RuntimeError(f"{email} could not sign in: {status}")
        self._turns = self._round()

    def look(self) -> int:
        """Open the next page; the status of the answer."""
        status, text = self._ask("GET", next(self._turns))
        for link in map(unescape, LINK.findall(text)):
            like = self._kinds.setdefault(SHAPE.sub("…", link.partition("?")[0]), [])
            if not NOT_ASKED.search(link) and link not in like and len(like) < OF_A_KIND:
                like.append(link)
        return status

    def _round(self) -> Iterator[str]:
        """Every kind of page in turn, of each another one every time."""
        yield "/"
        turn = 0
        while True:
            for like in list(self._kinds.values()):
                if like:
                    yield like[turn % len(like)]
            turn += 1

    def _ask(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        headers |= {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        with closing(http.client.HTTPConnection(self._host, timeout=60)) as connection:
            connection.request(method, path, urlencode(form) if form else None, headers)
            answer = connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
        for cookie in answer.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        status = answer.status
        if method == "GET" and status in {302, 303}:
            return self._ask(
                "GET", urlsplit(answer.headers["Location"])._replace(scheme="", netloc="").geturl()
            )
        return status, text
