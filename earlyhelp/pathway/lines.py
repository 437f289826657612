"""Finding the line of a key in TOML text: tomllib keeps none, and a fault without a line is hard to mend."""

import re
from collections.abc import Sequence

HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
KEY = re.compile(r"""^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"))*)\s*=""")


class LineFinder:
    """Knows on which line each table, array item and key of a TOML text stands."""

    def __init__(self, text: str) -> None:
        self._lines: dict[tuple[str, ...], int] = {}
        counts: dict[tuple[str, ...], int] = {}
        table: tuple[str, ...] = ()
        for number, line in enumerate(text.splitlines(), start=1):
            header = HEADER.match(line)
            if header:
                table = self._table(header, counts)
                self._lines.setdefault(table, number)
                continue
            key = KEY.match(line)
            if key:
                self._lines.setdefault((*table, *_parts(key[1])), number)

    def of(self, place: Sequence[object]) -> int:
        """The line of a key path, or of the nearest part around it that has one; 0 when none has."""
        path = tuple(str(part) for part in place)
        while path:
            if path in self._lines:
                return self._lines[path]
            path = path[:-1]
        return 0

    @staticmethod
    def _table(header: "re.Match[str]", counts: dict[tuple[str, ...], int]) -> tuple[str, ...]:
        path: tuple[str, ...] = ()
        for part in _parts(header[2]):
            path = (*path, part)
            if path in counts and not (header[1] == "[[" and path == _whole(header[2], counts)):
                path = (*path, str(counts[path]))
        if header[1] == "[[":
            counts[path] = counts.get(path, -1) + 1
            path = (*path, str(counts[path]))
        return path


def _whole(written: str, counts: dict[tuple[str, ...], int]) -> tuple[str, ...]:
    """The path of an array's header with the positions of the arrays around it, but not its own."""
    path: tuple[str, ...] = ()
    parts = _parts(written)
    for position, part in enumerate(parts):
        path = (*path, part)
        if path in counts and position < len(parts) - 1:
            path = (*path, str(counts[path]))
    return path


def _parts(written: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in written.split("."))
