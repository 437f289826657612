"""csv as spreadsheets and systems write it: whatever encoding, comma, semicolon, tab or bar."""

import codecs
import csv
from collections import Counter
from collections.abc import Iterator
from io import StringIO
from itertools import islice
from typing import Any

from earlyhelp.spreadsheets.limits import Limits, SpreadsheetRefused, shortened

DELIMITERS = ",;\t|"
LOOKED_AT = 60
BINARY = (b"%PDF", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"{\\rtf")
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_csv(content: bytes, limits: Limits) -> Iterator[list[Any]]:
    """The rows of a csv file."""
    text = decoded(content)
    first, _, rest = text.partition("\n")
    told = first.strip().lower().removeprefix("sep=")
    if first.strip().lower().startswith("sep=") and len(told) == 1:
        return _rows("\n" + rest, told, limits)
    return _rows(text, delimiter_of(text), limits)


def decoded(content: bytes) -> str:
    """The text: by its mark, as UTF-8, as UTF-16 without a mark, or as old Windows programs write it."""
    if content.startswith(BINARY):
        raise SpreadsheetRefused("it is not a csv, xlsx or ods file")
    for encoding in _encodings(content):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SpreadsheetRefused("its letters are in no encoding that we know: save it as UTF-8")


def _encodings(content: bytes) -> Iterator[str]:
    for mark, encoding in MARKS:
        if content.startswith(mark):
            yield encoding
            return
    sample = content[:4096]
    if sample[1::2].count(0) > len(sample) // 4:
        yield "utf-16-le"
    if sample[::2].count(0) > len(sample) // 4:
        yield "utf-16-be"
    yield "utf-8"
    yield "cp1252"


def delimiter_of(text: str) -> str:
    """What most rows agree to have most columns by; a comma where nothing divides them."""
    return max(DELIMITERS, key=lambda one: _agreement(text, one))


def _agreement(text: str, delimiter: str) -> tuple[int, int]:
    try:
        widths = Counter(
            len(row) for row in islice(csv.reader(StringIO(text), delimiter=delimiter), LOOKED_AT) if row
        )
    except csv.Error:
        return 0, 0
    widths.pop(1, None)
    if not widths:
        return 0, 0
    width, rows = max(widths.items(), key=lambda item: (item[1], item[0]))
    return rows, width


def _rows(text: str, delimiter: str, limits: Limits) -> Iterator[list[Any]]:
    csv.field_size_limit(limits.cell_characters + 1)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in shortened(reader, limits):
            if len(row) > limits.columns:
                raise SpreadsheetRefused(f"line {reader.line_num} has more than {limits.columns} columns")
            yield row
    except csv.Error as fault:
        raise SpreadsheetRefused(f"line {reader.line_num} cannot be read: {fault}") from fault
