"""The file of checkpoints: lines are only added, one process at a time, and are on the disk before anybody is told."""

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from earlyhelp.casework.checkpoints import Checkpoint, NotToBeTrusted, read_lines


def kept_checkpoints(path: Path) -> list[Checkpoint]:
    """Those in the file, proved; none when there is no file. NotToBeTrusted when they do not hold."""
    return read_lines(path.read_text("utf-8", errors="replace").splitlines()) if path.exists() else []


def add_checkpoint(path: Path, make: Callable[[list[Checkpoint]], Checkpoint | None]) -> Checkpoint | None:
    """Add what `make` gives after those that are there, unless it gives nothing."""
    with _alone(path):
        made = make(kept_checkpoints(path))
        if made is not None:
            _add(path, [made])
    return made


def add_restored(
    path: Path,
    backed_up: Sequence[Checkpoint],
    sign: Callable[[list[Checkpoint]], Checkpoint | None],
) -> list[Checkpoint]:
    """Go on from the longer of what is here and what a backup held, with what `sign` gives; returns all of them.

    NotToBeTrusted when the one does not begin as the other: they are of two installations.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _alone(path):
        here = kept_checkpoints(path)
        if any(one != other for one, other in zip(here, backed_up, strict=False)):
            raise NotToBeTrusted("the checkpoints that are here are not those of the backup: move them away")
        more = list(backed_up[len(here) :])
        signed = sign([*here, *more])
        more += [signed] if signed else []
        _add(path, more)
    return [*here, *more]


def _add(path: Path, checkpoints: Sequence[Checkpoint]) -> None:
    handle = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "a") as file:
        file.write("".join(f"{one.line}\n" for one in checkpoints))
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
