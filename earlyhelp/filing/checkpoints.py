"""The file of checkpoints: lines are only added, one process at a time, and are on the disk before anybody is told."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from earlyhelp.casework.checkpoints import Checkpoint, read_lines


def kept_checkpoints(path: Path) -> list[Checkpoint]:
    """Those in the file, proved; none when there is no file. NotToBeTrusted when they do not hold."""
    return read_lines(path.read_text().splitlines()) if path.exists() else []


def add_checkpoint(path: Path, make: Callable[[list[Checkpoint]], Checkpoint | None]) -> Checkpoint | None:
    """Add what `make` gives after those that are there, unless it gives nothing."""
    with _alone(path):
        made = make(kept_checkpoints(path))
        if made is None:
            return None
        handle = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "a") as file:
            file.write(made.line + "\n")
            file.flush()
            os.fsync(file.fileno())
    return made


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
