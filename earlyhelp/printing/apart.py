"""A file made in a process of its own: what makes it remembers much, and a web process would keep all of it."""

import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

PATIENCE = 120
"""Seconds for one file."""


def made_apart(program: Path, asked: Mapping[str, Any], *, name: str) -> bytes:
    """What the program writes when it is asked this, as JSON with each day as {"day": …}. `name` is for complaints.

    The program is started as a file: nothing of ours is loaded, so that it begins at once.
    """
    child = subprocess.run(  # noqa: S603  # our own program; data only by its input
        [sys.executable, "-I", str(program)],
        input=json.dumps(asked, default=_day).encode(),
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    if child.returncode:
        raise RuntimeError(f"{name} could not be made: {child.stderr.decode(errors='replace')}")
    return child.stdout


def _day(value: object) -> dict[str, str]:
    if isinstance(value, date):
        return {"day": f"{value:%Y-%m-%d}"}
    raise TypeError(f"{type(value).__name__} has no form in json")
