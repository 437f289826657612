"""The web server as an installation runs it, on a database to be measured."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 30
"""Seconds in which it must end when it is told to."""


@contextmanager
def served(url: str, folder: Path, *, workers: int) -> Iterator[tuple[str, int]]:
    """Its address and the number of its master process. What it complains of is in `folder`/server.log."""
    environment = {
        **os.environ,
        "EARLYHELP_DATABASE_URL": url,
        "EARLYHELP_SECRET_KEY": "k" * 40,
        "EARLYHELP_SECURE_COOKIES": "no",
        "EARLYHELP_INSTANCE_PATH": str(folder),
    }
    command = [sys.executable, "-m", "earlyhelp", "serve", "--port", "0", "--workers", str(workers)]
    log = folder / "server.log"
    with (
        log.open("ab") as complaints,
        subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=complaints, text=True
        ) as server,
    ):
        try:
            assert server.stdout is not None
            found = re.search(r"http://\S+", server.stdout.readline())
            if found is None:
                raise RuntimeError(f"the server did not start:\n{log.read_text()}")
            yield found.group(), server.pid
        finally:
            server.terminate()
            try:
                server.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                server.kill()
