"""PDF from the templates in `templates/print`, by typst: no library of the system, no font of the machine."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from earlyhelp.places import templates

FONTS = Path(__file__).parent / "fonts"
"""Fonts of the machine are left out, so that a document looks the same everywhere."""
CHILD = Path(__file__).with_name("child.py")
PATIENCE = 120
"""Seconds for one document."""


def pdf(template: str, data: Mapping[str, Any]) -> bytes:
    """The document of `templates/print/<template>.typ` with these data: tagged PDF, readable by a screen reader.

    Data reach the template as JSON, so that no text in them is ever read as markup. Text with letters that no font
    of ours has (emoji, some scripts) is printed all the same, with boxes for them; only such a document does not
    claim to be PDF/UA.

    Made by another process, because typst remembers: a web process that had made ten documents kept 150 MiB.
    """
    asked = {
        "template": template,
        "folder": str(templates() / "print"),
        "fonts": str(FONTS),
        "data": data,
    }
    child = subprocess.run(  # noqa: S603  # our own program; data only by its input
        [sys.executable, "-I", str(CHILD)],
        input=json.dumps(asked).encode(),
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    if child.returncode:
        raise RuntimeError(f"{template} could not be printed: {child.stderr.decode(errors='replace')}")
    return child.stdout
