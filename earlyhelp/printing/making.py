"""PDF from the templates in `templates/print`, by typst: no library of the system, no font of the machine."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from earlyhelp.places import templates
from earlyhelp.printing.apart import made_apart

FONTS = Path(__file__).parent / "fonts"
"""Fonts of the machine are left out, so that a document looks the same everywhere."""
PROGRAM = Path(__file__).with_name("document_child.py")


def pdf(template: str, data: Mapping[str, Any]) -> bytes:
    """The document of `templates/print/<template>.typ` with these data: tagged PDF, readable by a screen reader.

    Data reach the template as JSON, so that no text in them is ever read as markup. Text with letters that no font
    of ours has (emoji, some scripts) is printed all the same, with boxes for them; only such a document does not
    claim to be PDF/UA.

    Made by another process, because typst remembers: a web process that had made ten documents kept 150 MiB.
    """
    asked = {"template": template, "folder": str(templates() / "print"), "fonts": str(FONTS), "data": data}
    return made_apart(PROGRAM, asked, name=template)
