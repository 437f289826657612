"""The browser of the journeys: the system's own Chromium, never one that is downloaded."""

import os
import shutil
from typing import Any

ABSENT = "Chromium is not installed"
PLAIN = ("--disable-dev-shm-usage", "--disable-gpu", "--disable-software-rasterizer", "--disable-extensions")
"""Nobody looks at what is drawn: drawing as if there were a graphics card takes a fifth of the time of a page."""
NOBODY_TYPES_ADDRESSES = (
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxFullPopup",
    "SpareRendererForSitePerProcess",
)
"""Pages of Chromium's own, drawn in a hidden process behind every window that it opens and on every way to a new
page: half of what a page cost. And a process kept ready for the next window."""
LEFT_OUT_BY_PLAYWRIGHT = (
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
)
"""Its own list, which Chromium forgets when it is given another: of the two only the later one holds."""


def chromium() -> str | None:
    return os.environ.get("EARLYHELP_TEST_CHROMIUM") or shutil.which("chromium")


def launch_options() -> dict[str, Any]:
    # Chromium's sandbox does not work for root, and a test page is our own.
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    without = ",".join((*LEFT_OUT_BY_PLAYWRIGHT, *NOBODY_TYPES_ADDRESSES))
    return {"executable_path": chromium(), "args": [*sandbox, *PLAIN, f"--disable-features={without}"]}
