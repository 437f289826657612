"""Passwords that are guessed first, known without asking anybody: our own list, leaked ones, and the council's file."""

import hashlib
import tomllib
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import BinaryIO

LIST = Path(__file__).with_name("common_passwords.toml")
# Digests, not passwords: some of what people chose and lost names them. Of the 100,000 commonest in a billion leaked
# accounts (Pwdb-Public, Ata Hakçıl, MIT) and the 30,000 of zxcvbn (Dropbox, Daniel Wolf, MIT), those long enough here.
LEAKED = Path(__file__).with_name("breached_passwords.txt")
DIGITS_FOR_LETTERS = str.maketrans("@0134$57", "aoieasst")
LONGEST_LINE = 128


def is_common(password: str, *, breached: Path | None = None) -> bool:
    """Whether a password is among the commonest or the oftenest leaked, or in a council's file of breached ones.

    Raises OSError when that file cannot be read: nobody should believe that it was looked into.
    """
    plain = _plain(password)
    if plain in _commonest() or len(set(plain)) <= 2 or _breached(plain, LEAKED):
        return True
    return breached is not None and _breached(password, breached)


def _plain(password: str) -> str:
    return "".join(password.casefold().split()).translate(DIGITS_FOR_LETTERS)


@lru_cache(maxsize=1)
def _commonest() -> frozenset[str]:
    listed = tomllib.loads(LIST.read_text())
    ended = ("".join(pair) for pair in product(listed["words"], [*listed["endings"], *listed["words"]]))
    return frozenset(_plain(password) for password in (*listed["whole"], *listed["words"], *ended))


def _breached(password: str, path: Path) -> bool:
    """Look a hash up by halves in an ordered file of any size (`HASH` or `HASH:COUNT`, one a line)."""
    wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    with path.open("rb") as file:
        low, high = 0, file.seek(0, 2)
        while low < high:
            middle = (low + high) // 2
            start, line = _line_from(file, middle)
            found = line[: len(wanted)].upper()
            if found == wanted:
                return True
            if not line or found > wanted:
                high = middle
            else:
                low = start + len(line)
        return False


def _line_from(file: BinaryIO, place: int) -> tuple[int, bytes]:
    """The first whole line that begins at this place or later, and where; empty at the end of the file."""
    file.seek(max(place - 1, 0))
    if place > 0:
        file.readline(LONGEST_LINE)
    return file.tell(), file.readline(LONGEST_LINE)
