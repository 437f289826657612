"""The browser of the journeys: the system's own Chromium, never one that is downloaded."""

import os
import shutil
from typing import Any

ABSENT = "Chromium is not installed"
PLAIN = ("--disable-dev-shm-usage", "--disable-gpu", "--disable-software-rasterizer", "--disable-extensions")
"""Nobody looks at what is drawn: drawing as if there were a graphics card takes a fifth of the time of a page."""


def chromium() -> str | None:
    return os.environ.get("EARLYHELP_TEST_CHROMIUM") or shutil.which("chromium")


def launch_options() -> dict[str, Any]:
    # Chromium's sandbox does not work for root, and a test page is our own.
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {"executable_path": chromium(), "args": [*sandbox, *PLAIN]}
