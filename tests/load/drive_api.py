"""Drive cases along random legal paths by the API alone, and check that nothing acknowledged is ever lost.

    python -m tests.load.drive_api http://127.0.0.1:5000 --tokens tokens.json --cases 200 --clients 4 --seed 1

`tokens.json` maps names of people to bearer tokens. Nothing is known of the pathway but what GET /pathways says.
Exit 1 if anything is wrong. A server that goes away for a while is waited for, and asked again.
"""

import argparse
import http.client
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from tests.load.filling import fill

PATIENCE = 60
"""Seconds to wait for a server that does not answer."""
Json = dict[str, Any]


class Lost(Exception):
    """The connection broke: whether the request was carried out is not known."""


@dataclass
class Tally:
    """What was answered, and everything that was wrong."""

    answers: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def count(self, what: str) -> None:
        with self.lock:
            self.answers[what] += 1

    def fault(self, words: str) -> None:
        with self.lock:
            self.faults.append(words)


class Client:
    """One connection to the API, kept open."""

    def __init__(self, base: str, tally: Tally) -> None:
        self.address = urlsplit(base).netloc
        self.tally = tally
        self.connection: http.client.HTTPConnection | None = None

    def ask(self, method: str, path: str, token: str, body: Any = None, key: str = "") -> tuple[int, Json]:
        """Status and JSON of one request. Lost when the connection broke."""
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        headers |= {"Idempotency-Key": key} if key else {}
        try:
            self.connection = self.connection or http.client.HTTPConnection(self.address, timeout=PATIENCE)
            self.connection.request(method, f"/api/v1{path}", json.dumps(body) if body else None, headers)
            answer = self.connection.getresponse()
            content = json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError):
            self.close()
            raise Lost from None
        self.tally.count(f"{method} {answer.status}")
        if answer.status >= 500:
            self.tally.fault(f"{method} {path}: {answer.status} {content}")
        return answer.status, content

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self.connection = None

    def insist(self, method: str, path: str, token: str, body: Any = None, key: str = "") -> tuple[int, Json]:
        """The same for what may be asked twice: asked again until the server answers."""
        give_up_at = time.monotonic() + PATIENCE
        while True:
            try:
                return self.ask(method, path, token, body, key)
            except Lost:
                self.tally.count("lost")
                if time.monotonic() > give_up_at:
                    raise
                time.sleep(0.1)


@dataclass
class Journey:
    """One case on its way, and what the server acknowledged of it: version to action."""

    client: Client
    tokens: Mapping[str, str]
    pathway: Json
    dice: random.Random
    acknowledged: dict[int, str] = field(default_factory=dict)
    reference: str = ""
    """Of the case, once it is begun."""

    def travel(self, number: int, seed: int, steps: int) -> None:
        case = self.begin(f"drive-{seed}-{number}")
        refused: set[str] = set()
        for _ in range(steps):
            found = self.next_step(case["reference"], refused)
            if found is None:
                break
            who, case, action = found
            version = self.act(case, action, who)
            refused = refused | {action["name"]} if version is None else set()
        self.check(case["reference"])

    def begin(self, key: str) -> Json:
        """A case, by an opening action that somebody may take."""
        while True:
            action = self.dice.choice([one for one in self.pathway["actions"] if not one["from"]])
            who = self.dice.choice(sorted(self.tokens))
            filled = fill(action, self.dice)
            body = {"action": action["name"], "children": filled.pop("children"), "fields": filled}
            name = f"{key}-{action['name']}-{who}"
            status, case = self.client.insist("POST", "/contacts", self.tokens[who], body, name[:200])
            if status == 201:
                self.acknowledged[1] = action["name"]
                self.reference = str(case["reference"])
                self.client.tally.references.append(case["reference"])
                return case
            if status != 403:
                self.client.tally.fault(f"POST /contacts: {status} {case}")

    def next_step(self, reference: str, refused: set[str]) -> tuple[str, Json, Json] | None:
        """Somebody who may act on the case, the case as they see it, and one of their actions."""
        for who in self.dice.sample(sorted(self.tokens), len(self.tokens)):
            status, case = self.client.insist("GET", f"/cases/{reference}", self.tokens[who])
            names = [name for name in case.get("actions", []) if name not in refused] if status == 200 else []
            if names:
                name = self.dice.choice(names)
                return who, case, next(one for one in self.pathway["actions"] if one["name"] == name)
        return None

    def act(self, case: Json, action: Json, who: str) -> int | None:
        """The version after the action; None when it was refused, or when nobody knows."""
        path = f"/cases/{case['reference']}/actions/{action['name']}"
        body = {"version": case["version"], "fields": fill(action, self.dice, case["version"])}
        try:
            status, answer = self.client.ask("POST", path, self.tokens[who], body)
        except Lost:
            self.client.tally.count("lost")
            return None
        if status == 200:
            if answer["version"] != case["version"] + 1:
                self.client.tally.fault(f"{path}: version {case['version']} became {answer['version']}")
            self.acknowledged[answer["version"]] = action["name"]
            return int(answer["version"])
        if status not in {409, 422}:
            self.client.tally.fault(f"{path}: {status} though it was offered: {answer}")
        return None

    def check(self, reference: str) -> None:
        """Every acknowledged action is in the history, which has no gap and ends at the case's version."""
        for token in self.tokens.values():
            status, answer = self.client.insist("GET", f"/cases/{reference}/history", token)
            if status == 200:
                break
        else:
            self.client.tally.fault(f"{reference}: nobody may see it any more")
            return
        events = {event["sequence"]: event["action"] for event in answer["events"]}
        if sorted(events) != list(range(1, len(events) + 1)):
            self.client.tally.fault(f"{reference}: sequence {sorted(events)}")
        lost = {n: name for n, name in self.acknowledged.items() if events.get(n) != name}
        if lost:
            self.client.tally.fault(f"{reference}: acknowledged but not in the history: {lost}")
        _, case = self.client.insist("GET", f"/cases/{reference}", token)
        if case["version"] != len(events):
            self.client.tally.fault(f"{reference}: version {case['version']} with {len(events)} events")


def drive(
    base: str, *, tokens: Mapping[str, str], cases: int, clients: int, seed: int, steps: int = 12
) -> Tally:
    """Drive that many cases with that many callers at once."""
    tally = Tally()
    token = tokens[sorted(tokens)[0]]
    with closing(Client(base, tally)) as client:
        _, pathway = client.insist("GET", "/pathways/standard", token)

    def take_share(share: int) -> None:
        with closing(Client(base, tally)) as client:
            for number in range(share, cases, clients):
                journey = Journey(client, tokens, pathway, random.Random(f"{seed}-{number}"))
                try:
                    journey.travel(number, seed, steps)
                except Exception as fault:
                    tally.fault(f"case {number}: {type(fault).__name__}: {fault}")

    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(take_share, range(clients)))
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(description="Drive cases along random legal paths by the API alone.")
    parser.add_argument("base", help="address of the server, http://host:port")
    parser.add_argument("--tokens", type=Path, required=True, help="JSON: name of each person to token")
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    tokens = json.loads(asked.tokens.read_text())
    tally = drive(asked.base, tokens=tokens, cases=asked.cases, clients=asked.clients, seed=asked.seed)
    print(json.dumps({"answers": dict(sorted(tally.answers.items())), "faults": tally.faults}, indent=2))
    return 1 if tally.faults else 0


if __name__ == "__main__":
    sys.exit(main())
