"""Scale-out and failover, on one machine: `make cluster`, or  .venv/bin/python -m benchmarks.cluster --seconds 60

Two web servers and two workers on a PostgreSQL primary with a streaming replica from which reports are read. Callers
take cases along random legal paths while clocks fall due. Half way through, all processes of the primary are killed
at once, and the replica is promoted. Then everything acknowledged must be in the history, every stage raised once,
every chain whole, and reports must have been read from the replica. Exit 1 if anything is wrong.
"""

import argparse
import os
import random
import re
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from benchmarks.cluster.databases import Database, primary, replica
from benchmarks.cluster.programs import log_of, program, surroundings, web
from benchmarks.cluster.proof import clocks_to_come, proved
from benchmarks.stopping import run_to_the_end
from earlyhelp.records.database import connect, transaction
from earlyhelp.records.migrate import upgrade
from tests.api.council import found_council
from tests.load.drive_api import Client, Journey, Lost, Tally

CALLERS = ("screener", "lead", "other_lead", "manager", "south_manager", "duty_manager", "service_manager")
CLIENTS = 4
STEPS = 12
REPORT = "report read"
OUTAGE = re.compile(r"(GET|POST) \S+: 50\d ")
Seen = Mapping[str, float]


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.cluster", description=__doc__)
    parser.add_argument("--seconds", type=int, default=40, help="of work; the primary falls in the middle")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o711)  # PostgreSQL runs as another user and must pass through
        seen, faults = run(folder, seconds=chosen.seconds)
    for what, value in seen.items():
        print(f"{what:<62}{value:>10,.1f}")
    print(f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for fault in faults[:20]:
        print(f"WRONG: {fault}")
    print(f"{len(faults)} faults" if faults else "Nothing acknowledged is lost, nothing was raised twice.")
    return 1 if faults else 0


def run(folder: Path, *, seconds: int) -> tuple[Seen, list[str]]:
    with ExitStack() as ends:
        first = primary(folder)
        ends.callback(first.stop)
        tokens = settled(first, folder)
        second = replica(first)
        ends.callback(second.stop)
        environment = surroundings(first, second, folder)
        webs = [ends.enter_context(web(environment, tokens["screener"])) for _ in range(2)]
        for _ in range(2):
            ends.enter_context(program(environment, "worker"))
        seen, faults = worked(first, second, webs, tokens, seconds)
        return seen, faults + ([log_of(environment).read_text()[-4000:]] if faults else [])


def settled(first: Database, folder: Path) -> dict[str, str]:
    """A council with one case; the tokens of its callers."""
    engine = connect(first.url)
    upgrade(engine)
    council = found_council(engine, folder=folder)
    council.contact()
    engine.dispose()
    return {who: council.tokens[who] for who in CALLERS}


def worked(
    first: Database, second: Database, webs: list[str], tokens: Mapping[str, str], seconds: int
) -> tuple[Seen, list[str]]:
    """All at work; the primary killed in the middle; what was acknowledged, and what was wrong."""
    _let_clocks_come(first, seconds)
    tally, ends = Tally(), time.monotonic() + seconds
    read_before = second.answered()
    with ThreadPoolExecutor(CLIENTS + 1) as pool:
        driving = [pool.submit(_drive, webs[n % 2], tally, tokens, n, ends) for n in range(CLIENTS)]
        watching = pool.submit(_longest_silence, webs[0], tokens["screener"], ends)
        time.sleep(seconds / 2)
        reports, read_there = tally.answers[REPORT], second.answered() - read_before
        before = sum(tally.answers[f"POST {status}"] for status in (200, 201))
        first.kill()
        begun = time.monotonic()
        second.promote()
        promoted = time.monotonic() - begun
        journeys = [journey for task in driving for journey in task.result()]
        silence = watching.result()
    seen = {
        "actions acknowledged before the primary fell": before,
        "actions acknowledged in all": sum(len(journey.acknowledged) for journey in journeys),
        "reports answered before the primary fell": reports,
        "transactions that the replica answered meanwhile": read_there,
        "seconds until the replica was promoted": promoted,
        "seconds in which nothing was answered": silence,
        "answers lost or refused meanwhile": tally.answers["lost"],
    }
    faults = [fault for fault in tally.faults if not OUTAGE.match(fault)]
    if reports and not read_there:
        faults.append(f"{reports} reports were answered, and none was read from the replica")
    survived, wrong = proved(second, journeys)
    return {**seen, **survived}, faults + wrong


class Patient(Client):
    """Takes an answer of a server whose database is away for no answer at all."""

    def ask(self, method: str, path: str, token: str, body: Any = None, key: str = "") -> tuple[int, Any]:
        status, content = super().ask(method, path, token, body, key)
        if status >= 500:
            raise Lost
        return status, content


def _drive(address: str, tally: Tally, tokens: Mapping[str, str], share: int, ends: float) -> list[Journey]:
    """Cases one after the other until the time is over, and what was acknowledged of each."""
    journeys: list[Journey] = []
    with closing(Patient(address, tally)) as client:
        _, pathway = client.insist("GET", "/pathways/standard", tokens["screener"])
        while time.monotonic() < ends:
            journey = Journey(client, tokens, pathway, random.Random(f"{share}-{len(journeys)}"))
            journeys.append(journey)
            status, _ = client.insist("GET", "/measures/contacts_received", tokens["service_manager"])
            if status == 200:
                tally.count(REPORT)
            journey.travel(len(journeys), share, STEPS)
    return journeys


def _longest_silence(address: str, token: str, ends: float) -> float:
    """Seconds between two answers that needed the database to write or read, at most."""
    longest, last = 0.0, time.monotonic()
    with closing(Patient(address, Tally())) as client:
        while time.monotonic() < ends:
            try:
                client.ask("GET", "/cases", token)
            except Lost:
                time.sleep(0.05)
                continue
            now = time.monotonic()
            longest, last = max(longest, now - last), now
            time.sleep(0.1)
    return longest


def _let_clocks_come(first: Database, seconds: int) -> None:
    engine = connect(first.url)
    with transaction(engine) as connection:
        clocks_to_come(connection, seconds)
    engine.dispose()


if __name__ == "__main__":
    run_to_the_end(main)
