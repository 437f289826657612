"""What is published works: the wheel alone, on a machine without the checkout, from any folder."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
PATIENCE = 120.0  # seconds for the demonstration to fill itself, on a busy machine

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    # hatchling is of our own lock: building in isolation would go to the network
    _run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), cwd=CHECKOUT)
    return next(folder.glob("*.whl"))


def test_the_wheel_carries_templates_workflows_and_migrations(wheel: Path) -> None:
    carried = {name.removeprefix("earlyhelp/_bundled/") for name in zipfile.ZipFile(wheel).namelist()}
    assert set(_tracked("templates", "workflows", "migrations")) <= carried


def test_the_installed_wheel_runs_the_demonstration_from_another_folder(wheel: Path, tmp_path: Path) -> None:
    programs = _install(wheel, tmp_path / "venv")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    port = _free_port()
    with _demonstration(programs / "earlyhelp", port, elsewhere) as process:
        assert _status(f"http://127.0.0.1:{port}/health", process) == 200


def _install(wheel: Path, venv: Path) -> Path:
    """Into an environment of its own, by the way that the README's first command takes."""
    environment = _clean_environment()
    _run(
        str(CHECKOUT / "requirements/install.sh"),
        str(venv),
        "requirements/runtime.txt",
        cwd=CHECKOUT,
        env=environment,
    )
    _run(
        str(venv / "bin/python"),
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--no-index",
        str(wheel),
        cwd=venv,
    )
    return venv / "bin"


@contextmanager
def _demonstration(program: Path, port: int, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    log = (folder / "demo.log").open("wb")
    process = subprocess.Popen(
        [program, "demo", "--contacts", "5", "--port", str(port)],
        cwd=folder,
        env=_clean_environment(),
        stdout=log,
        stderr=log,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=20)
        log.close()


def _status(address: str, process: subprocess.Popen[bytes]) -> int:
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address, timeout=5) as response:
                return int(response.status)
        except urllib.error.HTTPError as answer:
            answer.close()  # not ready yet: health says 503 until the scheduler has run
        except OSError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"no answer; the demonstration ended with {process.poll()}")


def _tracked(*folders: str) -> list[str]:
    paths = [path for folder in folders for path in (CHECKOUT / folder).rglob("*") if path.is_file()]
    return [str(path.relative_to(CHECKOUT)) for path in paths if "__pycache__" not in path.parts]


def _clean_environment() -> dict[str, str]:
    """No trace of the checkout: neither its import path nor its settings."""
    unwanted = ("PYTHON", "EARLYHELP_", "VIRTUAL_ENV", "COV_")
    return {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _run(*command: str, cwd: Path, env: dict[str, str] | None = None) -> None:
    finished = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
