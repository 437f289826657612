"""Names as they are compared: letters any keyboard has, in any order, with the forms that one name goes by."""

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import jellyfish
from anyascii import anyascii

MOST_PARTS = 3
"""Parts of a name that count: more would only multiply the keys."""
REMEMBERED = 1500
"""Answers that each function about names remembers: the nine of them 3 to 5 MiB when full. More would be no use: a list
has its few hundred frequent names again and again, and to work out the keys of a rare one takes 25 µs more."""
TITLES = frozenset(
    {"mr", "mrs", "miss", "ms", "mx", "dr", "master", "baby", "unborn", "unknown", "nk", "jr", "junior"}
)
"""What is written where a name should be."""
PARTICLES = frozenset(
    {"al", "el", "de", "da", "di", "la", "le", "van", "von", "der", "den", "bin", "ibn", "bint", "o"}
)
ALIKE = (("ph", "f"), ("th", "t"), ("mps", "ms"), ("ck", "k"), ("aye", "ai"), ("ough", "o"), ("sch", "sh"))


def _read() -> dict[str, Any]:
    return tomllib.loads((files("earlyhelp.matching") / "names.toml").read_text(encoding="utf-8"))


def _forms(read: dict[str, Any]) -> dict[str, frozenset[str]]:
    """Every written form with the names that it may stand for."""
    found: dict[str, set[str]] = {}
    for name, forms in read["forms"].items():
        for form in (name, *forms):
            found.setdefault(form, set()).add(name)
    return {form: frozenset(names) for form, names in found.items()}


_READ = _read()
FORMS = _forms(_READ)
WELL_KNOWN = frozenset(FORMS) | frozenset(_READ["others"]["distinct"])
FREQUENT_FAMILY = frozenset(_READ["frequent"]["family"])
FREQUENT_GIVEN = frozenset(_READ["frequent"]["given"])


@dataclass(frozen=True)
class Written:
    """One name cut into its parts. `joined` is all of it as one word: Anne-Marie is written Annemarie too."""

    parts: tuple[str, ...]

    @property
    def joined(self) -> str:
        return "".join(self.parts)

    def __bool__(self) -> bool:
        return bool(self.parts)

    @property
    def spellings(self) -> tuple[str, ...]:
        """The parts that count, without particles where that leaves something, and the whole as one word."""
        plain = tuple(part for part in self.parts if part not in PARTICLES) or self.parts
        return tuple(dict.fromkeys((*plain[:MOST_PARTS], *((self.joined,) if len(self.parts) > 1 else ()))))


@lru_cache(maxsize=REMEMBERED)
def written(name: str) -> Written:
    """A name as it is compared: no accents, apostrophes, hyphens, titles, numbers or capitals."""
    plain = anyascii(name).casefold().replace("'", "").replace("`", "").replace("\N{ACUTE ACCENT}", "")
    parts = re.findall(r"[a-z]+", plain)
    return Written(tuple(part for part in parts if part not in TITLES)[:6])


@lru_cache(maxsize=REMEMBERED)
def sound(part: str) -> str:
    """How one part of a name sounds, roughly; never empty for a part that is not."""
    for letters, simpler in ALIKE:
        part = part.replace(letters, simpler)
    return str(jellyfish.metaphone(part)).replace(" ", "")[:6] or part[:2]


def stands_for(part: str) -> frozenset[str]:
    """The names that a given name may be a form of; itself when it is none we know."""
    return FORMS.get(part, frozenset({part}))
