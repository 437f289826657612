"""What SQLAlchemy has worked out of our statements, kept up to a size in memory instead of a number of them.

Its own cache keeps 500 to 750. Each holds the objects of which the statement was built, 100 bytes for every character
of SQL: a page at work has one of 400 characters, a measure of the scorecard one of 7,000, and there are hundreds. What
all screens used all day ask comes to 41,000 characters; 2,000 mixed pages came to 3,600,000. We let go of those objects
and keep the text and its parameters, 35 bytes for a character.
"""

from collections.abc import Iterator, MutableMapping
from copy import copy
from dataclasses import dataclass
from itertools import count
from threading import Lock
from typing import Any

from sqlalchemy import Compiled, CompoundSelect, Select

MOST_CHARACTERS = 60_000
"""About 2 MiB, half as much again as all screens ask. A scorecard that is counted from the history asks 170,000 in one
page, and is compiled anew each time: 0.4 s more than the seconds that counting takes."""
_BUILT_OF = ("statement", "compile_state", "from_linter")
_BUILT_OF_PARTS = ("ctes", "ctes_by_level_name", "level_name_by_cte", "_init_cte_state")


@dataclass(slots=True)
class _Kept:
    compiled: Compiled
    characters: int
    used: int
    """Later uses have higher numbers."""


class Statements(MutableMapping[Any, Compiled]):
    """A cache for the execution option `compiled_cache`: what was used longest ago is forgotten first."""

    def __init__(self, most: int = MOST_CHARACTERS) -> None:
        self._most, self._characters = most, 0
        self._kept: dict[Any, _Kept] = {}
        self._uses = count()
        self._lock = Lock()

    @property
    def characters(self) -> int:
        """Of all that is kept."""
        return self._characters

    def __getitem__(self, key: Any) -> Compiled:
        # A key is a tuple of hundreds of parts, whose hash is made anew each time it is looked for: once is enough.
        kept = self._kept[key]
        kept.used = next(self._uses)
        return kept.compiled

    def __setitem__(self, key: Any, compiled: Compiled) -> None:
        with self._lock:
            self._drop(key)
            self._kept[key] = _Kept(_light(compiled), len(str(compiled)), next(self._uses))
            self._characters += self._kept[key].characters
            if self._characters > self._most:
                self._forget()

    def __delitem__(self, key: Any) -> None:
        with self._lock:
            if key not in self._kept:
                raise KeyError(key)
            self._drop(key)

    def __iter__(self) -> Iterator[Any]:
        """Those used longest ago first."""
        with self._lock:
            return iter(self._by_use())

    def __len__(self) -> int:
        return len(self._kept)

    def _forget(self) -> None:
        for key in self._by_use():
            self._drop(key)
            if self._characters <= self._most:
                return

    def _by_use(self) -> list[Any]:
        return sorted(self._kept, key=lambda key: self._kept[key].used)

    def _drop(self, key: Any) -> None:
        if (kept := self._kept.pop(key, None)) is not None:
            self._characters -= kept.characters


def _light(compiled: Any) -> Any:
    """A copy without what a SELECT was built of: a run from the cache takes its columns from whoever asks anew.

    SQLAlchemy says nowhere that this may be done: a test holds it, and that what is let go of is gone. What writes is
    asked for its tables when it runs, and text for the columns it was given.
    """
    if not isinstance(compiled.statement, Select | CompoundSelect):
        return compiled
    light = copy(compiled)
    light._result_columns = [column._replace(objects=()) for column in compiled._result_columns]
    for name in _BUILT_OF:
        setattr(light, name, None)
    for name in _BUILT_OF_PARTS:
        vars(light).pop(name, None)
    return light
