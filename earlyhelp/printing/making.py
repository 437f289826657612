"""PDF from the templates in `templates/print`, by typst: no library of the system, no font of the machine."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from earlyhelp.on_demand import OnDemand
from earlyhelp.places import templates

if TYPE_CHECKING:
    import typst
else:
    typst = OnDemand("typst")

FONTS = Path(__file__).parent / "fonts"


def pdf(template: str, data: Mapping[str, Any]) -> bytes:
    """The document of `templates/print/<template>.typ` with these data: tagged PDF, readable by a screen reader.

    Data reach the template as JSON, so that no text in them is ever read as markup. Text with letters that no font
    of ours has (emoji, some scripts) is printed all the same, with boxes for them; only such a document does not
    claim to be PDF/UA.
    """
    folder = templates() / "print"
    compiler = typst.Compiler(
        folder / f"{template}.typ",
        root=folder,
        font_paths=_fonts(),
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
    try:
        return _bytes(compiler.compile(format="pdf", pdf_standards="ua-1"))
    except typst.TypstError:
        return _bytes(compiler.compile(format="pdf"))


def _bytes(made: Any) -> bytes:
    assert isinstance(made, bytes)
    return made


@cache
def _fonts() -> "typst.Fonts":
    """Read once. Fonts of the machine are left out, so that a document looks the same everywhere."""
    return typst.Fonts(include_system_fonts=False, font_paths=[FONTS])
