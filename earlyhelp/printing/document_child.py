"""One document, made in a process of its own. Started as a file: nothing of ours is loaded, so that it begins at once.

Reads {"template", "folder", "fonts", "data"} as JSON from its input and writes the PDF, or what was wrong and exit 1.
"""

import json
import sys
from pathlib import Path
from typing import Any

import typst


def made(asked: dict[str, Any]) -> Any:
    """What it is like, `making.pdf` promises."""
    folder = Path(asked["folder"])
    compiler = typst.Compiler(
        folder / f"{asked['template']}.typ",
        root=folder,
        font_paths=typst.Fonts(include_system_fonts=False, font_paths=[asked["fonts"]]),
        sys_inputs={"data": json.dumps(asked["data"], ensure_ascii=False)},
    )
    try:
        return compiler.compile(format="pdf", pdf_standards="ua-1")
    except typst.TypstError:
        return compiler.compile(format="pdf")


if __name__ == "__main__":
    try:
        sys.stdout.buffer.write(made(json.load(sys.stdin)))
    except typst.TypstError as fault:
        sys.exit(str(fault))
