"""Many callers at once on a real server: nothing acknowledged is lost, whatever happens to the server meanwhile."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from earlyhelp.casework.audit import verify_all
from earlyhelp.records.cases import Case, CasePerson, Event
from earlyhelp.records.clocks import ClockRow
from earlyhelp.records.database import reading
from tests.api.council import Council, found_council
from tests.load.drive_api import Tally, drive

CALLERS = ("screener", "lead", "other_lead", "manager", "south_manager", "duty_manager", "service_manager")
CASES = int(os.environ.get("EARLYHELP_TEST_DRIVEN_CASES", "14"))
"""A full proof is 200; a run of all tests drives fewer."""
Start = Callable[[int], "Server"]
pytestmark = pytest.mark.slow


class Server:
    """`earlyhelp serve` in processes of its own."""

    def __init__(self, environment: dict[str, str], port: int) -> None:
        command = [sys.executable, "-m", "earlyhelp", "serve", "--port", str(port), "--workers", "2"]
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        assert self.process.stdout is not None
        self.address = self.process.stdout.readline().strip().rpartition(" ")[2]
        assert self.address.startswith("http://")

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def kill(self) -> None:
        """All its processes at once, as when the power goes."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=10)
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def council(fresh_engine: Engine, tmp_path: Path) -> Council:
    return found_council(fresh_engine, folder=tmp_path)


@pytest.fixture
def start(council: Council, tmp_path: Path) -> Iterator[Start]:
    running: list[Server] = []
    environment = {
        **os.environ,
        "EARLYHELP_DATABASE_URL": council.engine.url.render_as_string(hide_password=False),
        "EARLYHELP_INSTANCE_PATH": str(tmp_path),
        "EARLYHELP_SECRET_KEY": "k" * 40,
        "EARLYHELP_API_RATE": "100000",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }

    def begin(port: int = 0) -> Server:
        running.append(Server(environment, port))
        return running[-1]

    yield begin
    for server in running:
        if server.process.poll() is None:
            server.kill()


def callers(council: Council) -> dict[str, str]:
    return {who: council.tokens[who] for who in CALLERS}


def everything_is_whole(council: Council, tally: Tally) -> None:
    assert tally.faults == []
    with reading(council.engine) as connection:
        assert [broken for _, broken in verify_all(connection) if broken] == []
        count = connection.scalar(select(func.count()).select_from(Case))
        assert count == len(set(tally.references))
        childless = select(Case.reference).where(Case.id.not_in(select(CasePerson.case_id)))
        assert connection.scalars(childless).all() == []
        clockless = select(ClockRow.id).join(Case, Case.id == ClockRow.case_id)
        assert connection.scalars(clockless.where(ClockRow.started_by > Case.version)).all() == []
        assert connection.scalar(select(func.count()).select_from(Event)) == connection.scalar(
            select(func.sum(Case.version))
        )


def test_cases_travel_random_legal_paths(council: Council, start: Start) -> None:
    server = start(0)
    tally = drive(server.address, tokens=callers(council), cases=CASES // 2, clients=4, seed=1)
    everything_is_whole(council, tally)
    assert tally.answers["POST 200"] > 2 * CASES


def test_a_server_killed_in_the_middle_loses_nothing_it_acknowledged(council: Council, start: Start) -> None:
    server = start(0)
    with ThreadPoolExecutor(1) as pool:
        driving = pool.submit(drive, server.address, tokens=callers(council), cases=CASES, clients=4, seed=2)
        for pause in (1.5, 1.0):
            time.sleep(pause)
            server.kill()
            server = start(server.port)
        tally = driving.result()
    everything_is_whole(council, tally)
    assert tally.answers["lost"] > 0
