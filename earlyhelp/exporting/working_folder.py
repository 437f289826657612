"""A folder to work in that does not outlive its work by more than one run, even if the process is killed."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp


@contextmanager
def working_folder(beside: Path, prefix: str) -> Iterator[Path]:
    """An empty folder of our own in `beside`, removed at the end; first what killed runs left there is removed.

    What lies in it is a whole database in plain text. Who works in one holds a lock on it, which the system lets go
    of when the process dies, however it dies: a folder that nobody holds is nobody's any more.
    """
    _remove_left_behind(beside, prefix)
    folder, handle = _held(beside, prefix)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
        _let_go(handle)


def _held(beside: Path, prefix: str) -> tuple[Path, int | None]:
    """A new folder. Another run may take it for left behind in the moment before it is held: then a newer one."""
    while True:
        folder = Path(mkdtemp(dir=beside, prefix=prefix))
        with suppress(FileNotFoundError, BlockingIOError):
            handle = _lock(folder)
            if folder.exists():
                return folder, handle
            _let_go(handle)


def _remove_left_behind(beside: Path, prefix: str) -> None:
    for folder in sorted(beside.glob(f"{prefix}*")):
        with suppress(FileNotFoundError, BlockingIOError):
            if folder.is_symlink() or not folder.is_dir() or folder.stat().st_uid != os.getuid():
                continue
            handle = _lock(folder)
            if handle is not None:
                shutil.rmtree(folder)
            _let_go(handle)


def _lock(folder: Path) -> int | None:
    """A handle that holds the folder; None on a file system that cannot lock one, such as NFS: there none is removed.

    Raises FileNotFoundError when it is gone, BlockingIOError when somebody else holds it.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise
    except OSError:
        os.close(handle)
        return None
    return handle


def _let_go(handle: int | None) -> None:
    if handle is not None:
        os.close(handle)
