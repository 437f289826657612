"""What a check found: a place in the pathway, what is wrong, how to mend it. Its line is found later."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Finding(NamedTuple):
    """`path` names the place from the top of the file; an item of a list by its name, or by its position."""

    path: tuple[str, ...]
    problem: str
    mend: str


def repeated(names: Iterable[str]) -> Iterator[str]:
    """Each name that occurs more than once."""
    return (name for name, times in Counter(names).items() if times > 1)


def any_of(names: Iterable[str]) -> str:
    """The names as a person lists them: a, b or c."""
    words = [f"'{name}'" for name in names]
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
