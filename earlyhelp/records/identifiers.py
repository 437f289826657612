"""Numbers people say on the phone: case references with a check character, and ids that are never used again."""

import re
from collections.abc import Mapping
from functools import cache
from itertools import count
from operator import mul
from typing import Any, NamedTuple

from sqlalchemy import Connection, case, func, select
from sqlalchemy.dialects import postgresql, sqlite

from earlyhelp.records.cases import Case
from earlyhelp.records.database import is_postgresql
from earlyhelp.records.people import Counter, Family, Person
from earlyhelp.records.prepared import read_rows

ALPHABET = "2346789BCDFGHJKMPQRTVWX"
"""23 characters: of those that are taken for each other (0 O, 1 I L, 5 S, 2 Z, U V, M N) one at most, no vowels to
make words; a prime number of them, so that the check is strong."""
BASE = len(ALPHABET)
PLACES = {letter: place for place, letter in enumerate(ALPHABET)}
PAIRS = [one + other for other in ALPHABET for one in ALPHABET]
"""What stands for each number below its length, the lower digit first."""
HYPHENS = "\\-\N{HYPHEN}\N{NON-BREAKING HYPHEN}\N{EN DASH}\N{EM DASH}\N{MINUS SIGN}"
"""What a keyboard, an e-mail or a word processor makes of the hyphens that we write."""
LENGTH = 6
SPACE: int = BASE**LENGTH
STRIDE, OFFSET = 61_803_399, 31_415_926
"""An affine permutation of the whole space: neighbours look unlike, and no two numbers share a reference."""


def case_reference(number: int) -> str:
    """`EH-XXX-XXXX`: six characters that stand for the number and a check character. ValueError out of range."""
    body = _scrambled(number)
    written = body + _check(body)
    return f"EH-{written[:3]}-{written[3:]}"


def parse_reference(text: str) -> str | None:
    """The reference as we write it, from however it was typed; None when it cannot be one."""
    letters = re.sub(rf"[\s{HYPHENS}]", "", text).upper().removeprefix("EH")
    if len(letters) != LENGTH + 1 or any(letter not in ALPHABET for letter in letters):
        return None
    if _check(letters[:LENGTH]) != letters[LENGTH]:
        return None
    return f"EH-{letters[:3]}-{letters[3:]}"


def person_public_id(number: int) -> str:
    """At most 20 letters and digits, never a hyphen (CIN rule 1570)."""
    body = _scrambled(number)
    return f"P{body}{_check(body)}"


def family_public_id(number: int) -> str:
    body = _scrambled(number)
    return f"F{body}{_check(body)}"


def next_number(connection: Connection, name: str) -> int:
    """The next number of that name, never given before, whatever has been deleted since."""
    statement = _NEXT[is_postgresql(connection)]
    return int(connection.execute(statement, {"name": name, "value": 1}).scalar_one())


class Reserved(NamedTuple):
    """A number, and the id that the row with that number will have."""

    number: int
    id: int


def reserve(connection: Connection, *names: str) -> Mapping[str, Reserved]:
    """The next number of each name, as `next_number`, with the id of the row to come, in one question.

    Rows that refer to each other can then be written together. On SQLite nobody else writes meanwhile.
    """
    rows = read_rows(connection, _reserve(names, is_postgresql(connection)), {})
    return {name: Reserved(number, row_id) for name, number, row_id in rows}


_NUMBERED: Mapping[str, Any] = {"person": Person, "case": Case, "family": Family}


@cache
def _reserve(names: tuple[str, ...], on_postgresql: bool) -> Any:
    value, next_id = (
        Counter.__table__.c.value,
        _next_id_on_postgresql if on_postgresql else _next_id_on_sqlite,
    )
    ids = case(*((Counter.name == name, next_id(_NUMBERED[name])) for name in names))
    return _upsert(on_postgresql, [{"name": name, "value": 1} for name in names]).returning(
        Counter.name, value, ids
    )


def _next_id_on_postgresql(model: Any) -> Any:
    return func.nextval(func.pg_get_serial_sequence(model.__tablename__, "id"))


def _next_id_on_sqlite(model: Any) -> Any:
    """The one that SQLite itself would give."""
    return select(func.coalesce(func.max(model.id), 0) + 1).scalar_subquery()


def _upsert(on_postgresql: bool, rows: Any = ()) -> Any:
    counting = (postgresql if on_postgresql else sqlite).insert(Counter)
    one_more = Counter.__table__.c.value + 1
    return (counting.values(rows) if rows else counting).on_conflict_do_update(
        index_elements=[Counter.name], set_={"value": one_more}
    )


_NEXT = {
    on_postgresql: _upsert(on_postgresql).returning(Counter.__table__.c.value)
    for on_postgresql in (True, False)
}


def _scrambled(number: int) -> str:
    if not 0 <= number < SPACE:
        raise ValueError(f"references are exhausted at {SPACE:,}")
    rest, first = divmod((number * STRIDE + OFFSET) % SPACE, len(PAIRS))
    third, second = divmod(rest, len(PAIRS))
    return PAIRS[first] + PAIRS[second] + PAIRS[third]


def _check(body: str) -> str:
    """Weighted by position over a prime: catches every wrong character and every pair of neighbours swapped."""
    total = sum(map(mul, count(2), map(PLACES.__getitem__, body)))
    return ALPHABET[-total % BASE]
