"""Taking times so that they can be compared: side by side in one run, in turns, medians and 95th percentiles."""

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from multiprocessing import get_context
from typing import Any, Self

from earlyhelp.cli.memory import settle

ROUNDS = 5
KNOWN = 6
"""Pieces of work before any is measured: PostgreSQL plans a statement anew the first five times that a connection sends
it, and those of a process at work were sent thousands of times."""
PATIENCE = 600
"""Seconds after which a process that was killed is waited for no longer."""
Figures = dict[str, float]
Work = Callable[[int], object]
"""Does so many pieces of work."""


def timed(action: Callable[[], object]) -> float:
    """Seconds that it took."""
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def in_turns(*actions: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """The median seconds of each, one after the other in each round, so that a busy machine is unjust to none."""
    taken = [[timed(action) for action in actions] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*taken, strict=True)]


def spread(action: Callable[[], object], times: int) -> tuple[float, float]:
    """Median and 95th percentile in milliseconds, after one run that is not counted."""
    (found,) = spreads({"": action}, times).values()
    return found


def spreads(actions: Mapping[str, Callable[[], object]], times: int) -> dict[str, tuple[float, float]]:
    """The same of several, by name, one after the other in each round: a machine that slows down is unjust to none."""
    for action in actions.values():
        action()
    settle()  # as a web process has by the time it has answered its first pages
    taken: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(times):
        for name, action in actions.items():
            taken[name].append(timed(action) * 1000)
    return {name: spread_of(each) for name, each in taken.items()}


def spread_of(milliseconds: Sequence[float]) -> tuple[float, float]:
    """Their median and 95th percentile."""
    return statistics.median(milliseconds), percentile_95(milliseconds)


def percentile_95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else values[0]


class Clients:
    """So many processes at work, as web processes are: each opens what it needs once, and is used to the work."""

    def __init__(self, client: Callable[[int], Work], clients: int, pieces: int) -> None:
        """`client` makes the work of each, by its number; `pieces` are done by each at a time."""
        context = get_context("fork")
        self._begin: Any = context.Barrier(clients + 1, timeout=PATIENCE)
        self._done: Any = context.Barrier(clients + 1, timeout=PATIENCE)
        self._processes = [
            context.Process(target=self._one, args=(client, number, pieces), daemon=True)
            for number in range(clients)
        ]

    def __enter__(self) -> Self:
        for process in self._processes:
            process.start()
        self._done.wait()
        return self

    def __exit__(self, *_fault: object) -> None:
        for process in self._processes:
            process.kill()
            process.join()

    def work(self) -> None:
        """Their pieces of work, all beginning together."""
        self._begin.wait()
        self._done.wait()

    def _one(self, client: Callable[[int], Work], number: int, pieces: int) -> None:
        try:
            work = client(number)
            work(KNOWN)
            gc.freeze()  # as each web process does when it has loaded
            self._done.wait()
            while True:
                self._begin.wait()
                work(pieces)
                self._done.wait()
        except BaseException:
            self._begin.abort()
            self._done.abort()
            raise
