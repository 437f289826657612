"""Finding the line of a key in TOML text: tomllib keeps none, and a fault without a line is hard to mend."""

import re
import tomllib
from bisect import bisect_right

KEY = re.compile(r'[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'')
BLANK = re.compile(r"(?:[\s,]|#[^\n]*)*")
DOT = re.compile(r"[ \t]*\.[ \t]*")
STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}(?!")|\'\'\'.*?\'{3,5}(?!\')|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'', re.DOTALL
)
PLAIN = re.compile(r"[^,\]}#\n]*")

Path = tuple[str, ...]


def lines_of(text: str) -> dict[Path, int]:
    """The line of every table, key and array item of a TOML text that tomllib has read without complaint."""
    return _Scanner(text).scan()


class _Scanner:
    """Walks valid TOML once, noting where each thing begins. Values are passed over, not understood."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._breaks = [match.start() for match in re.finditer("\n", text)]
        self._found: dict[Path, int] = {}
        self._sizes: dict[Path, int] = {}
        """How many items each array of tables has so far."""

    def scan(self) -> dict[Path, int]:
        table: Path = ()
        self._pass(BLANK)
        while self._at < len(self._text):
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._pass(BLANK)
        return self._found

    def _pass(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self._at)
        if match is None:
            raise ValueError(f"unexpected text at position {self._at}")
        self._at = match.end()
        return match[0]

    def _note(self, path: Path) -> None:
        self._found.setdefault(path, bisect_right(self._breaks, self._at - 1) + 1)

    def _keys(self) -> Path:
        parts = [_plain_key(self._pass(KEY))]
        while (dot := DOT.match(self._text, self._at)) is not None:
            self._at = dot.end()
            parts.append(_plain_key(self._pass(KEY)))
        return tuple(parts)

    def _header(self) -> Path:
        line_start, is_array = self._at, self._text.startswith("[[", self._at)
        self._at += 2 if is_array else 1
        self._pass(BLANK)
        parts = self._keys()
        ends = self._text.index("]", self._at)
        self._at = line_start
        path: Path = ()
        for position, part in enumerate(parts):
            path = (*path, part)
            self._note(path)
            last = position == len(parts) - 1
            if last and is_array:
                self._sizes[path] = self._sizes.get(path, 0) + 1
            if path in self._sizes:
                path = (*path, str(self._sizes[path] - 1))
                self._note(path)
        self._at = ends + (2 if is_array else 1)
        return path

    def _pair(self, table: Path) -> None:
        start = self._at
        keys = self._keys()
        after, self._at = self._at, start
        for length in range(1, len(keys) + 1):
            self._note((*table, *keys[:length]))
        self._at = self._text.index("=", after) + 1
        self._pass(BLANK)
        self._value((*table, *keys))

    def _value(self, path: Path) -> None:
        opening = self._text[self._at]
        if opening in "\"'":
            self._pass(STRING)
        elif opening in "[{":
            self._contents(path, closing="]" if opening == "[" else "}")
        else:
            self._pass(PLAIN)

    def _contents(self, path: Path, *, closing: str) -> None:
        self._at += 1
        self._pass(BLANK)
        position = 0
        while self._text[self._at] != closing:
            if closing == "}":
                self._pair(path)
            else:
                self._note((*path, str(position)))
                self._value((*path, str(position)))
            position += 1
            self._pass(BLANK)
        self._at += 1


def _plain_key(written: str) -> str:
    return str(tomllib.loads(f"key = {written}")["key"]) if written[0] in "\"'" else written
