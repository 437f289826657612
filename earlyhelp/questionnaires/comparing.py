"""What changed between two texts, word by word, for somebody who read the first."""

import re
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

WORD = re.compile(r"\s+|\w+|[^\w\s]")
LONGEST = 4000
"""Words beyond which texts are compared line by line: word by word would take seconds."""


class Piece(NamedTuple):
    """Some words, and whether they were kept, added or removed."""

    kind: Literal["kept", "added", "removed"]
    words: str


def changes(before: str, after: str) -> list[Piece]:
    """The pieces in reading order: what was removed stands before what was added in its place."""
    old, new = _parts(before), _parts(after)
    if max(len(old), len(new)) > LONGEST:
        old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    found: list[Piece] = []
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        removed, added = "".join(old[i1:i2]), "".join(new[j1:j2])
        if kind == "equal":
            found.append(Piece("kept", removed))
            continue
        found += [Piece("removed", removed)] if removed else []
        found += [Piece("added", added)] if added else []
    return found


def _parts(text: str) -> list[str]:
    return WORD.findall(text)
