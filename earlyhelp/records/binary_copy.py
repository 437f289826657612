"""Rows as PostgreSQL's binary COPY writes them: nothing in them need be read as text, by us or by the server.

A row is the number of its fields, two bytes, and each field: four bytes for its length and what it holds, or -1 and
nothing for no value. https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS
"""

from collections.abc import Iterable, Iterator, Sequence
from struct import Struct

FIRST = b"PGCOPY\n\xff\r\n\0" + bytes(8)
LAST = b"\xff\xff"
NOTHING = b"\xff\xff\xff\xff"
LETTERS = {4: "i", 8: "q"}
"""By which `struct` knows numbers of so many bytes."""
_NUMBER = Struct("!ii")


def rows_of(content: bytes) -> Iterator[list[bytes | None]]:
    """The fields of each row that was copied out."""
    at = len(FIRST)
    while content[at : at + 2] != LAST:
        fields: list[bytes | None] = []
        number, at = int.from_bytes(content[at : at + 2], "big"), at + 2
        for _ in range(number):
            size, at = content[at : at + 4], at + 4
            if size == NOTHING:
                fields.append(None)
                continue
            end = at + int.from_bytes(size, "big")
            fields.append(content[at:end])
            at = end
        yield fields


def begin_row(columns: Sequence[str]) -> bytes:
    return len(columns).to_bytes(2, "big")


def field_of(value: int | bytes | None) -> bytes:
    """One field, from its content or from a number of four bytes, as ids are."""
    if isinstance(value, int):
        return _NUMBER.pack(4, value)
    return NOTHING if value is None else len(value).to_bytes(4, "big") + value


def rows_of_pairs(pairs: Iterable[tuple[int, int]], sizes: tuple[int, int]) -> bytes:
    """Rows of two numbers, which have columns of four or eight bytes."""
    one, other = sizes
    pack = Struct(f"!hi{LETTERS[one]}i{LETTERS[other]}").pack
    return b"".join([pack(2, one, first, other, second) for first, second in pairs])
