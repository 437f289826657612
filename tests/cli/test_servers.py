"""What goes on running: the web server, the scheduler, the demo. Each ends cleanly when asked."""

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.cli.conftest import Run

pytestmark = pytest.mark.slow
Process = subprocess.Popen[str]


@contextmanager
def started(environment: dict[str, str], folder: Path, *words: str) -> Iterator[Process]:
    """A verb that goes on running, in a process group of its own; killed if the test forgets it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "earlyhelp", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=folder,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def read_until(process: Process, pattern: str) -> str:
    """Everything printed until a line that matches; the test fails where the program ends before."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if re.search(pattern, line):
            return said
    raise AssertionError(f"ended without {pattern}: {said} {process.stderr and process.stderr.read()}")


def said_of_faults(ended: Process) -> str:
    """gunicorn would say here that it lost patience with a process and killed it."""
    assert ended.stderr is not None
    return ended.stderr.read()


def address_in(said: str) -> str:
    return str(re.findall(r"http://127\.0\.0\.1:\d+", said)[-1])


def get(address: str) -> str:
    with urlopen(address, timeout=30) as answer:
        return str(answer.read().decode())


def silent_connection(address: str) -> socket.socket:
    """As a browser opens them ahead, in case it has something to ask; held long enough to be set aside."""
    host, port = address.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)))
    time.sleep(0.5)
    return connection


def children_of(process: Process) -> list[int]:
    listed = subprocess.run(["ps", "-e", "-o", "pid=,pgid="], capture_output=True, text=True, check=True)
    rows = [tuple(map(int, row.split())) for row in listed.stdout.splitlines()]
    return [pid for pid, group in rows if group == process.pid and pid != process.pid]


def test_serve_answers_until_it_is_told_to_stop(
    installed: Run, environment: dict[str, str], tmp_path: Path
) -> None:
    with started(environment, tmp_path, "serve", "--port", "0", "--workers", "2") as server:
        address = address_in(read_until(server, "Serving on"))
        assert "Sign in" in get(f"{address}/sign-in")
        taken = installed("serve", "--port", address.rpartition(":")[2])
        assert (taken.returncode, taken.stderr.count("\n")) == (1, 1)
        assert "choose another --port" in taken.stderr
        with silent_connection(address):
            server.send_signal(signal.SIGTERM)
            assert server.wait(20) == 0
        assert said_of_faults(server) == ""
    assert not (Path(environment["HOME"]) / ".gunicorn" / "gunicorn.ctl").exists()


def beats(database: Path) -> int:
    with closing(sqlite3.connect(database)) as rows:
        return int(rows.execute("SELECT count(*) FROM heartbeats").fetchone()[0])


@pytest.mark.usefixtures("installed")
def test_the_scheduler_works_until_it_is_told_to_stop(environment: dict[str, str], tmp_path: Path) -> None:
    database = Path(environment["EARLYHELP_INSTANCE_PATH"]) / "earlyhelp.db"
    with started(environment, tmp_path, "worker") as worker:
        until = time.monotonic() + 30
        while time.monotonic() < until and not beats(database):
            time.sleep(0.2)
        time.sleep(1)
        assert worker.poll() is None
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(20) == 0
        assert said_of_faults(worker) == ""


def test_the_demo_survives_a_kill_while_it_is_made_and_keeps_its_data(
    environment: dict[str, str], tmp_path: Path
) -> None:
    instance = tmp_path / "instance"
    with started(environment, tmp_path, "demo", "--contacts", "60", "--port", "0") as demo:
        read_until(demo, "actions so far")
        os.killpg(demo.pid, signal.SIGKILL)
        demo.wait(20)
    assert not (instance / "demo.db").exists()

    begun = time.monotonic()
    with started(environment, tmp_path, "demo", "--contacts", "60", "--port", "0") as demo:
        said = read_until(demo, "Ready at")
        assert time.monotonic() - begun < 60
        assert re.search(r"Screener +screener@millbrook.example +millbrook-demo +/front-door", said)
        assert '"scheduler":"fresh"' in get(f"{address_in(said)}/health").replace(" ", "")
        os.killpg(demo.pid, signal.SIGINT)
        assert demo.wait(20) == 0
        assert said_of_faults(demo) == ""
        assert children_of(demo) == []
    assert sorted(path.name for path in instance.iterdir() if "partial" in path.name) == []

    kept = (instance / "demo.db").stat().st_ino
    with started(environment, tmp_path, "demo", "--contacts", "60", "--port", "0") as demo:
        assert "Making" not in read_until(demo, "Ready at")
        # At once: its web process is being born, and must not miss what it is told.
        demo.send_signal(signal.SIGTERM)
        assert demo.wait(20) == 0
        assert said_of_faults(demo) == ""
    assert (instance / "demo.db").stat().st_ino == kept
