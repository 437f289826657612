"""How much a spreadsheet may hold, and refusing one that holds more before it fills the memory."""

import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any, NamedTuple

CHUNK = 1 << 20
OVERLAP = 400
"""More than the start of a cell's element is long: one may lie across two chunks."""
VALUED_CELL = re.compile(rb'<(?:\w+:)?c\s(?:[^<>]*?\s)?r="([A-Z]{1,3})(\d{1,7})"[^<>]*[^/<>]>')
ODS_PART = re.compile(
    rb"<table:table-row\b[^<>]*>|</table:table-row>|<table:(?:covered-)?table-cell\b[^<>]*>"
)
REPEATED_ROWS = re.compile(rb'number-rows-repeated="(\d{1,9})"')
REPEATED_COLUMNS = re.compile(rb'number-columns-repeated="(\d{1,9})"')


class SpreadsheetRefused(Exception):
    """The file cannot be read, in one line for the person who gave it."""


DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError),
    *(NotImplementedError, RuntimeError, ValueError, OSError),
)


class Limits(NamedTuple):
    """What is still read. A council's ten years of contacts fit several times over."""

    file_bytes: int = 100_000_000
    unpacked_bytes: int = 600_000_000
    rows: int = 200_000
    columns: int = 200
    cell_characters: int = 50_000
    sheets: int = 50


def refuse_bombs(content: bytes, limits: Limits) -> None:
    """Unpack every part piece by piece, and count: what a file says of its own size is not to be believed."""
    unpacked = 0
    try:
        with zipfile.ZipFile(BytesIO(content)) as packed:
            for part in packed.infolist():
                if part.flag_bits & 1:
                    raise SpreadsheetRefused("it is protected by a password: save it without one")
                unpacked += _unpacked(packed, part, limits, unpacked)
    except DAMAGED as fault:
        raise SpreadsheetRefused("it is damaged or not whole: save it again") from fault


def _unpacked(packed: zipfile.ZipFile, part: zipfile.ZipInfo, limits: Limits, before: int) -> int:
    size = 0
    extent = _extent_of(part.filename, limits)
    with packed.open(part) as stream:
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            if before + size > limits.unpacked_bytes:
                raise SpreadsheetRefused("unpacked it is larger than an import may be")
            if extent is not None:
                extent.take(chunk)
    return size


def _extent_of(name: str, limits: Limits) -> "_Extent | None":
    if name.startswith("xl/worksheets/") and name.endswith(".xml"):
        return _XlsxExtent(limits)
    return _OdsExtent(limits) if name == "content.xml" else None


class _Extent:
    """How far a sheet reaches. The reader makes room for every cell up to the last, be there one or a million."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._tail = b""

    def take(self, chunk: bytes) -> None:
        text = self._tail + chunk
        end = text.rfind(b">") + 1
        self._tail = text[end:][-OVERLAP:]
        self.look(text[:end])

    def look(self, text: bytes) -> None:
        raise NotImplementedError

    def check(self, row: int, column: int) -> None:
        if row > self.limits.rows:
            raise SpreadsheetRefused(f"it has more than {self.limits.rows:,} rows: divide it")
        if column > self.limits.columns:
            raise SpreadsheetRefused(f"it has more than {self.limits.columns} columns")


class _XlsxExtent(_Extent):
    def look(self, text: bytes) -> None:
        seen = {(letters, len(row), row) for letters, row in VALUED_CELL.findall(text)}
        for letters in {letters for letters, _, _ in seen}:
            self.check(0, _column_number(letters))
        if seen:
            self.check(max(int(row) for _, _, row in seen), 0)


class _OdsExtent(_Extent):
    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        self._row = self._column = 0
        self._repeats, self._valued = 1, False

    def look(self, text: bytes) -> None:
        for found in ODS_PART.finditer(text):
            part = found.group()
            if part.startswith(b"</"):
                self._row += self._repeats
                if self._valued:
                    self.check(self._row, 0)
            elif part.startswith(b"<table:table-row"):
                self._column, self._valued = 0, False
                self._repeats = _number_in(REPEATED_ROWS, part)
            else:
                self._column += _number_in(REPEATED_COLUMNS, part)
                if b"value-type" in part:
                    self._valued = True
                    self.check(0, self._column)


def _number_in(pattern: re.Pattern[bytes], part: bytes) -> int:
    found = pattern.search(part)
    return int(found[1]) if found else 1


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def shortened(rows: Iterator[list[Any]], limits: Limits) -> Iterator[list[Any]]:
    """The rows, up to as many as are allowed."""
    for number, row in enumerate(rows, start=1):
        if number > limits.rows:
            raise SpreadsheetRefused(f"it has more than {limits.rows:,} rows: divide it")
        yield row
