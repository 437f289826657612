"""Answers that are written once, for all who ask the same while nothing in them has changed."""

from collections.abc import Callable, Hashable
from threading import Lock


class Written:
    """A few of them, by everything that they depend on. What was asked for longest ago is forgotten first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: dict[Hashable, bytes] = {}
        self._lock = Lock()

    def once(self, depends_on: Hashable, write: Callable[[], bytes]) -> bytes:
        """The answer that was kept, or the one that is written now."""
        with self._lock:
            body = self._kept.get(depends_on)
        if body is None:
            body = write()
        with self._lock:
            self._kept.pop(depends_on, None)
            self._kept[depends_on] = body
            if len(self._kept) > self._most:
                del self._kept[next(iter(self._kept))]
        return body
