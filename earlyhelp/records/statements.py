"""What SQLAlchemy has worked out of our statements, kept up to a size in memory instead of a number of them.

Its own cache keeps 500 to 750. Each holds the objects of which the statement was built, 74 bytes for every character
of SQL: a page at work has one of 400 characters, a measure of the scorecard one of 7,000, and there are hundreds. What
all screens used all day ask comes to 41,000 characters; 2,000 mixed pages came to 3,600,000, or 270 MiB.
"""

from collections import OrderedDict
from collections.abc import Iterator, MutableMapping
from threading import Lock
from typing import Any

from sqlalchemy import Compiled

MOST_CHARACTERS = 300_000
"""About 22 MiB. A scorecard that is counted from the history asks 280,000 in one page."""


class Statements(MutableMapping[Any, Compiled]):
    """A cache for the execution option `compiled_cache`: what was used longest ago is forgotten first."""

    def __init__(self, most: int = MOST_CHARACTERS) -> None:
        self._most, self._characters = most, 0
        self._kept: OrderedDict[Any, Compiled] = OrderedDict()
        self._lock = Lock()

    @property
    def characters(self) -> int:
        """Of all that is kept."""
        return self._characters

    def __getitem__(self, key: Any) -> Compiled:
        with self._lock:
            self._kept.move_to_end(key)
            return self._kept[key]

    def __setitem__(self, key: Any, compiled: Compiled) -> None:
        with self._lock:
            self._drop(key)
            self._kept[key] = compiled
            self._characters += len(str(compiled))
            while self._characters > self._most:
                self._drop(next(iter(self._kept)))

    def __delitem__(self, key: Any) -> None:
        with self._lock:
            if key not in self._kept:
                raise KeyError(key)
            self._drop(key)

    def __iter__(self) -> Iterator[Any]:
        return iter(tuple(self._kept))

    def __len__(self) -> int:
        return len(self._kept)

    def _drop(self, key: Any) -> None:
        if (compiled := self._kept.pop(key, None)) is not None:
            self._characters -= len(str(compiled))
