"""Documents as PDF: whatever text they hold, they come, and the text is never markup."""

import re
import sys
import zlib
from typing import Any

import pytest

from earlyhelp.printing import pdf

PRINTED = {"title": "Record of a contact", "reference": "EH-234-6789", "by": "Ann Other", "at": "today"}
HOSTILE = (
    '#eval("1 + 1") *bold* $x^2$ @nothing <label> \\ ```raw``` /* comment */ = heading',
    "العربية \N{RIGHT-TO-LEFT OVERRIDE} 漢字 😀 \x00 \x1b",
    "x" * 100_000,
    '"}) #panic("out")',
    "",
)


def printed(**sections: Any) -> bytes:
    return pdf("plain", {"printed": PRINTED, "sections": [{"title": "What was told", **sections}]})


def test_a_document_is_tagged_and_claims_to_be_accessible() -> None:
    made = printed(text="All is well", facts=[["Name", "Wenna"]], heads=["One"], rows=[["two"]])
    assert made.startswith(b"%PDF-")
    assert b"/StructTreeRoot" in _opened(made)
    assert b"pdfuaid" in made


def test_its_title_and_who_printed_it_stand_in_its_properties() -> None:
    opened = _opened(printed(text="All is well"))
    assert b"Record of a contact" in opened
    assert b"Ann Other" in opened


@pytest.mark.parametrize("text", HOSTILE, ids=["markup", "scripts", "long", "breaking out", "empty"])
def test_any_text_is_printed_and_none_is_markup(text: str) -> None:
    made = printed(text=text, facts=[[text[:50], text]], heads=["One"], rows=[[text[:500]]])
    assert made.startswith(b"%PDF-")


def test_the_same_data_make_the_same_document() -> None:
    assert printed(text="All is well") == printed(text="All is well")


def test_who_prints_keeps_nothing_of_it() -> None:
    printed(text="All is well")
    assert "typst" not in sys.modules


def test_a_template_that_cannot_be_printed_is_told() -> None:
    with pytest.raises(RuntimeError, match="plain could not be made"):
        pdf("plain", {"sections": []})


def _opened(made: bytes) -> bytes:
    """The document with its compressed parts opened."""
    parts = [made]
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", made, re.DOTALL):
        try:
            parts.append(zlib.decompress(stream))
        except zlib.error:
            parts.append(stream)
    return b"\n".join(parts)
