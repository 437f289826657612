"""Scale-out and failover, on one machine: `make cluster`, or  .venv/bin/python -m benchmarks.cluster --seconds 60

Two web servers and two workers on a PostgreSQL primary with a streaming replica from which reports are read. Callers
take cases along random legal paths while clocks fall due. Half way through, all processes of the primary are killed
at once, and the replica is promoted. Then everything acknowledged must be in the history, every stage raised once,
every chain whole. Prints what was seen; exit 1 if anything is wrong.
"""

import argparse
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, insert, select, text

from benchmarks.cluster.databases import Database, address, primary, replica
from earlyhelp.casework.audit import verify_all
from earlyhelp.records.cases import Case
from earlyhelp.records.clocks import Alert, ClockRow, OutboxMessage
from earlyhelp.records.database import connect, reading, transaction
from earlyhelp.records.migrate import upgrade
from tests.api.council import found_council
from tests.load.drive_api import Client, Journey, Lost, Tally

CALLERS = ("screener", "lead", "other_lead", "manager", "south_manager", "duty_manager", "service_manager")
CLIENTS = 4
STAGES = 2_000
"""Clocks that fall due while all this happens, so that workers have something to raise twice."""
OUTAGE = re.compile(r"(GET|POST) \S+: 50\d ")
Seen = dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.cluster", description=__doc__)
    parser.add_argument("--seconds", type=int, default=40, help="of work; the primary falls in the middle")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o711)  # PostgreSQL runs as another user and must pass through
        seen, faults = run(folder, seconds=chosen.seconds)
    for what, value in seen.items():
        print(f"{what:<66}{value:>10,.1f}")
    for fault in faults[:20]:
        print(f"WRONG: {fault}")
    sys.exit(1 if faults else 0)


def run(folder: Path, *, seconds: int) -> tuple[Seen, list[str]]:
    with ExitStack() as ends:
        first = primary(folder)
        ends.callback(first.stop)
        tokens = settled(first, folder, seconds)
        second = replica(first)
        ends.callback(second.stop)
        environment = _environment(first, second, folder)
        webs = [ends.enter_context(_web(environment)) for _ in range(2)]
        for _ in range(2):
            ends.enter_context(_program(environment, "worker"))
        return worked(first, second, webs, tokens, seconds)


def settled(first: Database, folder: Path, seconds: int) -> dict[str, str]:
    """A council with clocks that fall due in the time to come; the tokens of its callers."""
    engine = connect(first.url)
    upgrade(engine)
    council = found_council(engine, folder=folder)
    council.contact()
    with transaction(engine) as connection:
        _clocks_to_come(connection, seconds)
    engine.dispose()
    return {who: council.tokens[who] for who in CALLERS}


def worked(
    first: Database, second: Database, webs: list[str], tokens: Mapping[str, str], seconds: int
) -> tuple[Seen, list[str]]:
    """All at work; the primary killed in the middle; what was acknowledged, and what was wrong."""
    tally, ends = Tally(), time.monotonic() + seconds
    with ThreadPoolExecutor(CLIENTS + 1) as pool:
        driving = [pool.submit(_drive, webs[n % 2], tally, tokens, n, ends) for n in range(CLIENTS)]
        watching = pool.submit(_longest_silence, webs[0], tokens["screener"], ends)
        time.sleep(seconds / 2)
        read_there = _connections(second)
        before = sum(tally.answers[f"POST {status}"] for status in (200, 201))
        first.kill()
        begun = time.monotonic()
        second.promote()
        promoted = time.monotonic() - begun
        acknowledged = sum((task.result() for task in driving), 0)
        silence = watching.result()
    seen = {
        "actions acknowledged before the primary fell": before,
        "actions acknowledged in all": acknowledged,
        "connections that read reports from the replica before": read_there,
        "seconds until the replica was promoted": promoted,
        "seconds in which nothing was answered": silence,
        "answers lost or refused meanwhile": tally.answers["lost"],
    }
    faults = [fault for fault in tally.faults if not OUTAGE.match(fault)]
    raised, wrong = proved(second)
    return seen | raised, faults + wrong


def proved(survivor: Database) -> tuple[Seen, list[str]]:
    """What the surviving database says: chains, alerts, messages."""
    engine, faults = connect(survivor.url), []
    give_up_at = time.monotonic() + 60
    while _still_due(engine) and time.monotonic() < give_up_at:
        time.sleep(1)
    with reading(engine) as connection:
        broken = [f"{fault}" for _, fault in verify_all(connection) if fault]
        cases = connection.scalar(select(func.count()).select_from(Case)) or 0
        raised = list(connection.execute(select(Alert.clock_id, Alert.stage)))
        keys = list(connection.scalars(select(OutboxMessage.message_key)))
        of_ours = select(func.count()).select_from(Alert).join(ClockRow, ClockRow.id == Alert.clock_id)
        on_time = connection.scalar(of_ours.where(ClockRow.started_by >= STAGES)) or 0
    engine.dispose()
    faults += broken
    faults += ["an alert was raised twice"] * (len(raised) - len(set(raised)))
    faults += ["a message was written twice"] * (len(keys) - len(set(keys)))
    if on_time != STAGES:
        faults.append(f"{on_time} of {STAGES} stages were raised")
    return {"cases with every link of their chain": cases, "stages raised, each once": len(raised)}, faults


class Patient(Client):
    """Takes an answer of a server whose database is away for no answer at all."""

    def ask(self, method: str, path: str, token: str, body: Any = None, key: str = "") -> tuple[int, Any]:
        status, content = super().ask(method, path, token, body, key)
        if status >= 500:
            raise Lost
        return status, content


def _drive(web: str, tally: Tally, tokens: Mapping[str, str], share: int, ends: float) -> int:
    """Cases one after the other until the time is over; how many actions were acknowledged, all found again."""
    journeys = []
    with closing(Patient(web, tally)) as client:
        _, pathway = client.insist("GET", "/pathways/standard", tokens["screener"])
        number = 0
        while time.monotonic() < ends:
            number += 1
            journey = Journey(client, tokens, pathway, random.Random(f"{share}-{number}"))
            journeys.append(journey)
            client.insist("GET", "/measures/contacts_received", tokens["service_manager"])
            journey.travel(number, share, 12)
    return sum(len(journey.acknowledged) for journey in journeys)


def _longest_silence(web: str, token: str, ends: float) -> float:
    """Seconds between two answers that needed the database to write or read, at most."""
    longest, last = 0.0, time.monotonic()
    with closing(Patient(web, Tally())) as client:
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


def _clocks_to_come(connection: Connection, seconds: int) -> None:
    """Many runs of one clock, one falling due after the other."""
    row = connection.execute(select(ClockRow).limit(1)).one()
    like = {name: value for name, value in row._mapping.items() if name != "id"}
    later = {name: None for name in like if name.startswith(("warning_", "escalation_"))}
    now = datetime.now(UTC)
    due = [now + timedelta(seconds=15 + seconds * n / STAGES) for n in range(STAGES)]
    connection.execute(
        insert(ClockRow),
        [
            like | later | {"started_by": STAGES + n, "due_at": at, "gross_due_at": at, "next_moment": at}
            for n, at in enumerate(due)
        ],
    )


def _still_due(engine: Any) -> bool:
    with reading(engine) as connection:
        due = select(func.count()).select_from(ClockRow).where(ClockRow.next_moment <= datetime.now(UTC))
        return bool(connection.scalar(due))


def _connections(server: Database) -> int:
    engine = connect(server.url)
    with reading(engine) as connection:
        asked = text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        found = connection.scalar(asked) or 0
    engine.dispose()
    return int(found)


def _environment(first: Database, second: Database, folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "EARLYHELP_DATABASE_URL": address(first, second, preferring="read-write"),
        "EARLYHELP_REPORTING_DATABASE_URL": address(second, first, preferring="any"),
        "EARLYHELP_INSTANCE_PATH": str(folder),
        "EARLYHELP_SECRET_KEY": "k" * 40,
        "EARLYHELP_SECURE_COOKIES": "no",
        "EARLYHELP_API_RATE": "100000",
        "EARLYHELP_SWEEP_SECONDS": "1",
    }


@contextmanager
def _web(environment: Mapping[str, str]) -> Iterator[str]:
    with _program(environment, "serve", "--port", "0", "--workers", "1") as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip().rpartition(" ")[2]


@contextmanager
def _program(environment: Mapping[str, str], *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "earlyhelp", *arguments]
    with (
        Path(environment["EARLYHELP_INSTANCE_PATH"], "log").open("ab") as log,
        subprocess.Popen(
            command, env=dict(environment), stdout=subprocess.PIPE, stderr=log, text=True
        ) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()
            process.wait(timeout=30)


if __name__ == "__main__":
    main()
