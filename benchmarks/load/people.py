"""What the people do, as Locust wants it told. Runs in the load tool's own environment and knows nothing of ours.

LOAD_PEOPLE names the file with who signs in: {"screener": [addresses], "lead": […], "manager": […], "password": …}.
"""

import json
import os
import random
import re
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from typing import Any

from locust import HttpUser, between, task

KNOWN = json.loads(Path(os.environ["LOAD_PEOPLE"]).read_text())
TURNS = {role: cycle(addresses) for role, addresses in KNOWN.items() if role != "password"}
CASE = re.compile(r'href="(/cases/[A-Z0-9-]+)"')
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
TITLE = re.compile(r"<title>([^<]*)</title>")
WHO = re.compile(r'name="(known-\d+)"')
SURNAMES = ("Achterberg", "Birtwhistle", "Castellanos", "Dunphy", "Eszterhazy", "Fairweather", "Gwilliam")


class Somebody(HttpUser):
    """Signs in, then works: a page, some seconds of reading, the next page."""

    abstract = True
    role = ""
    wait_time = between(2, 8)

    def on_start(self) -> None:
        self.send("/sign-in", {"email": next(TURNS[self.role]), "password": KNOWN["password"]})

    def send(self, page: str, typed: dict[str, Any], name: str | None = None) -> None:
        """Open a page with a form, fill it in and send it."""
        shown = self.client.get(page, name=name)
        if shown.status_code != 200:
            return  # counted as wrong already, and there is no form to fill in
        data = dict(HIDDEN.findall(shown.text)) | typed
        asked = self.sent(page, data, name)
        if asked:
            self.sent(page, asked, name)

    def sent(self, page: str, data: dict[str, Any], name: str | None) -> dict[str, Any]:
        """Send a form. Where it is asked, rightly, whether a child is known already: what says that none is."""
        with self.client.post(page, data, name=name, allow_redirects=False, catch_response=True) as answer:
            text = answer.text or ""
            who = WHO.findall(text)
            if answer.status_code == 200 and who and "asked" not in data:
                return dict(HIDDEN.findall(text)) | dict.fromkeys(who, "none")
            if answer.status_code != 302:
                title = TITLE.search(text)
                said = " ".join(title[1].split()) if title else ""
                answer.failure(f"the form came back with status {answer.status_code}: {said}")
        return {}

    def open_a_case(self, listing: str) -> str | None:
        """One of the cases of a list, opened; its address."""
        found = CASE.findall(self.client.get(listing).text)
        if not found:
            return None
        case = str(random.choice(found))
        self.client.get(case, name="/cases/…")
        return case


class LeadProfessional(Somebody):
    """Works on the cases they lead."""

    weight = 6
    role = "lead"

    @task(6)
    def look_after_a_case(self) -> None:
        self.open_a_case("/my-cases")

    @task(3)
    def write_a_note(self) -> None:
        case = self.open_a_case("/my-cases")
        if case is None:
            return
        today = datetime.now(UTC).date()
        note = {
            "kind": "visit",
            "occurred_on-day": today.day,
            "occurred_on-month": today.month,
            "occurred_on-year": today.year,
            "words": "Visited at home. Everybody was there and well.",
        }
        self.send(f"{case}/notes/new", note, name="/cases/…/notes/new")

    @task(2)
    def look_at_a_plan(self) -> None:
        case = self.open_a_case("/my-cases")
        if case is not None:
            self.client.get(f"{case}/plan", name="/cases/…/plan")


class Screener(Somebody):
    """Answers the telephone and decides."""

    weight = 3
    role = "screener"

    @task(4)
    def look_into_a_contact(self) -> None:
        self.open_a_case("/front-door")

    @task(2)
    def type_in_a_call(self) -> None:
        call = {
            "source": "2A",
            "channel": "telephone",
            "referrer-organisation": "Hillside School",
            "referrer-name": "Mrs Jones",
            "children-0-given_name": random.choice(("Wenna", "Kofi", "Maya", "Aidan", "Noor")),
            # Somebody new nearly each time: about one in a hundred is like a child told before, and the form asks.
            "children-0-family_name": random.choice(SURNAMES) + "".join(random.choices("abdeiklmorst", k=6)),
            "children-0-date_of_birth-day": random.randint(1, 28),
            "children-0-date_of_birth-month": random.randint(1, 12),
            "children-0-date_of_birth-year": random.randint(2010, 2024),
            "children-0-postcode": "WS1 1TP",
            "worries": "Often absent from school",
            "strengths": "Close to her grandmother",
            "agreement": "given",
        }
        self.send("/front-door/contacts/new", call)


class Manager(Somebody):
    """Watches over a team."""

    weight = 1
    role = "manager"

    @task(3)
    def look_at_the_dashboard(self) -> None:
        self.client.get("/management")

    @task(2)
    def look_at_alerts(self) -> None:
        self.open_a_case("/management/alerts")

    @task(1)
    def look_at_the_caseload(self) -> None:
        self.client.get("/management/caseload")
