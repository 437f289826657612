"""Files that are there whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4


@contextmanager
def placed(path: Path) -> Iterator[BinaryIO]:
    """A file to write that takes its name only when the block ends well, in place of an older one of that name.

    It is readable by its owner alone: what is exported here is about children.
    """
    unfinished = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
    handle = os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
