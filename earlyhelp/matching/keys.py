"""The keys under which a person is looked up: two records of one person share at least one, strangers hardly any.

Each is a number, so that an index of them is small and tells nobody's name. They cost nothing but an exact look-up on
any database; whether those found are the person, the score says.
"""

from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b
from itertools import product

from earlyhelp.matching.described import Described
from earlyhelp.matching.names import REMEMBERED, sound, stands_for, written
from earlyhelp.matching.numbers import last_digits, squeezed_postcode

UNDATED = "-"


def stored_keys(person: Described) -> frozenset[int]:
    """The keys to store beside a person."""
    return sought_and_stored_keys(person)[1]


def sought_keys(person: Described) -> frozenset[int]:
    """The keys to look a person up by. By name alone we look only where one of the two has no date of birth."""
    return sought_and_stored_keys(person)[0]


def sought_and_stored_keys(person: Described) -> tuple[frozenset[int], frozenset[int]]:
    """Both at once: they have most in common."""
    given, family = _given_sounds(person.given_name), _family_sounds(person.family_name)
    common = frozenset(map(_number, _texts(person, given, family)))
    dated, undated = _keys_of_names(given, family)
    if person.date_of_birth:
        return common | undated, common | dated
    return common | undated | dated, common | undated


@lru_cache(maxsize=REMEMBERED)
def _keys_of_names(given: frozenset[str], family: frozenset[str]) -> tuple[frozenset[int], frozenset[int]]:
    """Those of the names alone, for people with a date of birth and for people without."""
    names = _pairs(given, family)
    dated, undated = (frozenset(_number(f"w{kind}{pair}") for pair in names) for kind in ("", UNDATED))
    return dated, undated


def _number(text: str) -> int:
    """63 bits: what both databases call a big integer. Two texts of one number only cost one comparison."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def _texts(person: Described, given: frozenset[str], family: frozenset[str]) -> Iterator[str]:
    yield from _by_number(person)
    if person.date_of_birth is not None:
        yield from _by_birth(person, given, family)
    if person.postcode:
        place = squeezed_postcode(person.postcode)
        yield from (f"p{place}{one}" for one in given | family)


def _by_number(person: Described) -> Iterator[str]:
    if person.nhs_number:
        yield f"n{person.nhs_number}"
    if person.upn:
        yield f"u{person.upn}"
    if digits := last_digits(person.phone):
        yield f"t{digits}"


def _by_birth(person: Described, given: frozenset[str], family: frozenset[str]) -> Iterator[str]:
    born = person.date_of_birth
    assert born is not None
    day, in_year = born.isoformat(), f"d{born.month:02}{born.day:02}"
    yield from (f"b{day}{one}" for one in given | family)
    yield f"i{day}{_initials(person)}"
    for pair in _pairs(given, family):
        yield f"y{born.year}{pair}"
        yield f"{in_year}{pair}"


def _initials(person: Described) -> str:
    parts = (*written(person.given_name).parts[:1], *written(person.family_name).parts[:1])
    return "".join(sorted(part[0] for part in parts))


@lru_cache(maxsize=REMEMBERED)
def _given_sounds(name: str) -> frozenset[str]:
    forms = {form for part in written(name).spellings[:3] for form in (part, *stands_for(part))}
    return frozenset(sound(form) for form in forms)


@lru_cache(maxsize=REMEMBERED)
def _family_sounds(name: str) -> frozenset[str]:
    return frozenset(sound(part) for part in written(name).spellings)


@lru_cache(maxsize=REMEMBERED)
def _pairs(given: frozenset[str], family: frozenset[str]) -> frozenset[str]:
    """Given with family, in one order: which is which is often confused."""
    return frozenset("".join(sorted((one, other))) for one, other in product(given, family))
