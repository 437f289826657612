"""A terminal for tests: an installation of its own, its verbs called directly or as a real program."""

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from earlyhelp.cli import main

CHECKOUT = Path(__file__).parents[2]
SECRET = "a secret of at least thirty-two characters"
Answer = subprocess.CompletedProcess[str]
Run = Callable[..., Answer]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """What a process is told of its surroundings: an installation that nobody else has."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "EARLYHELP_SQLITE_SYNCHRONOUS")}
    own = {"EARLYHELP_INSTANCE_PATH": str(tmp_path / "instance"), "EARLYHELP_SECRET_KEY": SECRET}
    return {**kept, **own, "PYTHONPATH": str(CHECKOUT)}


@pytest.fixture
def run(
    environment: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Run one verb in this process, from a folder that is not the checkout's."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str, given: str = "") -> Answer:
        for name in ("EARLYHELP_SECRET_KEY", "EARLYHELP_WORKFLOWS_PATH", "EARLYHELP_DATABASE_URL"):
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "stdin", io.StringIO(given))
        capsys.readouterr()
        code = main(words)
        said = capsys.readouterr()
        return Answer(words, code, said.out, said.err)

    return run


@pytest.fixture(scope="session")
def _installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance folder after `init`, never used."""
    instance = tmp_path_factory.mktemp("installed") / "instance"
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()):
        patch.setenv("EARLYHELP_INSTANCE_PATH", str(instance))
        patch.setenv("EARLYHELP_SECRET_KEY", SECRET)
        assert main(["init"]) == 0
    return instance


@pytest.fixture
def installed(run: Run, environment: dict[str, str], _installation: Path) -> Run:
    """The same, in an installation whose database is ready."""
    shutil.copytree(_installation, environment["EARLYHELP_INSTANCE_PATH"], dirs_exist_ok=True)
    return run


@pytest.fixture
def program(environment: dict[str, str], tmp_path: Path) -> Run:
    """Run one verb as people do: a process of its own."""

    def run(*words: str, given: str = "") -> Answer:
        return subprocess.run(
            [sys.executable, "-m", "earlyhelp", *words],
            input=given,
            capture_output=True,
            text=True,
            env=environment,
            cwd=tmp_path,
            timeout=120,
            check=False,
        )

    return run
