"""A backup or a restore that is killed half way: nothing half done has a name, and the next run clears up after it."""

import errno
import fcntl
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from earlyhelp.exporting.working_folder import working_folder
from earlyhelp.records import migrate
from earlyhelp.records.database import connect, transaction
from tests.casework.watched_cases import contact, found_council
from tests.cli.conftest import CHECKOUT, SECRET

KILLED = -signal.SIGKILL


def environment(instance: Path) -> dict[str, str]:
    told = {"EARLYHELP_INSTANCE_PATH": str(instance), "EARLYHELP_SECRET_KEY": SECRET}
    return {**told, "PATH": "/usr/bin:/bin", "HOME": str(instance), "PYTHONPATH": str(CHECKOUT)}


def run(instance: Path, module: str, *words: str) -> int:
    command = [sys.executable, "-m", module, *words]
    return subprocess.run(command, env=environment(instance), cwd=instance, capture_output=True).returncode


def hidden(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


def test_a_killed_backup_and_a_killed_restore_leave_nothing_half_done(tmp_path: Path) -> None:
    old, new, backups = (tmp_path / name for name in ("old", "new", "backups"))
    for folder in (old, new, backups):
        folder.mkdir()
    engine = connect(f"sqlite:///{old}/earlyhelp.db")
    migrate.upgrade(engine)
    with transaction(engine) as connection:
        contact(connection, found_council(connection))
    engine.dispose()
    backup = backups / "council.tar.gz"

    assert run(old, "tests.faults.dying_keeper", "backup", "-o", str(backup)) == KILLED
    assert not backup.exists()
    assert len(hidden(backups)) == 1
    assert run(old, "earlyhelp", "backup", "-o", str(backup)) == 0
    assert hidden(backups) == []

    assert run(new, "tests.faults.dying_keeper", "restore", str(backup)) == KILLED
    assert not (new / "earlyhelp.db").exists()
    assert len(hidden(new)) == 1
    assert run(new, "earlyhelp", "restore", str(backup)) == 0
    assert (new / "earlyhelp.db").exists()
    assert hidden(new) == []


def test_what_another_run_still_works_in_is_left_alone(tmp_path: Path) -> None:
    with working_folder(tmp_path, ".work-") as first:
        (first / "database").write_text("children")
        with working_folder(tmp_path, ".work-") as second:
            assert first != second
        assert (first / "database").exists()
    assert list(tmp_path.iterdir()) == []


def test_where_folders_cannot_be_locked_nothing_is_taken_for_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flock(_handle: int, _how: int) -> None:
        raise OSError(errno.EBADF, "Bad file descriptor")

    monkeypatch.setattr(fcntl, "flock", flock)
    with working_folder(tmp_path, ".work-") as first:
        with working_folder(tmp_path, ".work-"):
            assert first.exists()
        assert first.exists()
    assert list(tmp_path.iterdir()) == []
