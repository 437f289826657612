"""The installation's own programs, two of each, on both databases."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from benchmarks.cluster.databases import Database, address
from tests.load.drive_api import Client, Lost, Tally

PATIENCE = 60
"""Seconds in which a web server must answer, and a program end."""


def surroundings(first: Database, second: Database, folder: Path) -> dict[str, str]:
    """What all of them are told: work on whichever server may be written to, reports from the second if it is there."""
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
def web(environment: Mapping[str, str], token: str) -> Iterator[str]:
    """The address of a web server that answers from the database."""
    with program(environment, "serve", "--port", "0", "--workers", "1") as process:
        assert process.stdout is not None
        found = process.stdout.readline().strip().rpartition(" ")[2]
        if not found.startswith("http://"):
            raise RuntimeError(f"a web server did not start:\n{log_of(environment).read_text()}")
        _wait_for(found, token)
        yield found


@contextmanager
def program(environment: Mapping[str, str], *words: str) -> Iterator["subprocess.Popen[str]"]:
    """One verb that goes on running until the block ends."""
    command = [sys.executable, "-m", "earlyhelp", *words]
    with (
        log_of(environment).open("ab") as log,
        subprocess.Popen(
            command, env=dict(environment), stdout=subprocess.PIPE, stderr=log, text=True
        ) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()


def log_of(environment: Mapping[str, str]) -> Path:
    """What the programs complain of."""
    return Path(environment["EARLYHELP_INSTANCE_PATH"], "programs.log")


def _wait_for(found: str, token: str) -> None:
    """Until it has loaded all it needs: on a busy machine that takes longer than to listen."""
    give_up_at = time.monotonic() + PATIENCE
    with closing(Client(found, Tally())) as client:
        while time.monotonic() < give_up_at:
            try:
                if client.ask("GET", "/cases", token)[0] == 200:
                    return
            except Lost:
                time.sleep(0.1)
    raise RuntimeError(f"{found} does not answer")
