"""Taking times so that they can be compared: side by side in one run, in turns, medians and 95th percentiles."""

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from typing import Any

ROUNDS = 3
KNOWN = 6
"""Pieces of work before any is measured: PostgreSQL plans a statement anew the first five times that a connection sends
it, and those of a process at work were sent thousands of times."""
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
    taken: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(times):
        for name, action in actions.items():
            taken[name].append(timed(action) * 1000)
    return {name: (statistics.median(each), percentile_95(each)) for name, each in taken.items()}


def percentile_95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else values[0]


def with_clients(client: Callable[[int], Work], clients: int, pieces: int) -> float:
    """Seconds that so many processes take for `pieces` of work each, all beginning together.

    `client` opens what each needs for itself; that, and its first pieces of work, are not counted.
    """
    context = get_context("fork")
    ready: Any = context.Barrier(clients + 1)
    done: Any = context.Barrier(clients + 1)
    processes = [
        context.Process(target=_one_client, args=(client, number, pieces, ready, done), daemon=True)
        for number in range(clients)
    ]
    for process in processes:
        process.start()
    ready.wait()
    taken = timed(done.wait)
    for process in processes:
        process.join()
    return taken


def _one_client(
    client: Callable[[int], Work], number: int, pieces: int, ready: Barrier, done: Barrier
) -> None:
    try:
        work = client(number)
        work(KNOWN)
        gc.freeze()  # as each web process does when it has loaded
        ready.wait()
        work(pieces)
        done.wait()
    except BaseException:
        ready.abort()
        done.abort()
        raise
