"""PostgreSQL by fewer trips: BEGIN travels with what is asked first, COMMIT with what is written last.

By psycopg's access to libpq, in its pipeline mode. Every statement is prepared when it is first sent, BEGIN and COMMIT
too, whatever types its values have: psycopg's cursors prepare one for each mixture of numbers and nothings. A write
waits here until something is asked or the transaction commits, so that its faults may only show then; nothing is
committed, and nobody told of it, before the server has answered to all of it.
"""

import time
from collections.abc import Callable, Generator, Sequence
from functools import partial
from itertools import count
from typing import Any, NamedTuple

MOST_PREPARED = 100
"""Statements that the server keeps for one connection: as many as psycopg lets it keep."""
RESTED_SECONDS = 1.0
"""So long after it was last used, the server may have gone."""
Answers = Generator[Any, int, list[Any]]


class Command(NamedTuple):
    """One command of a pipeline, which has one result. `prepares` is the text that it makes known to the server,
    `frees` the text and name that the server keeps no longer."""

    send: Callable[[], None]
    prepares: str | None = None
    frees: tuple[str, bytes] | None = None


class Kept:
    """The statements that the server keeps for one connection, by name."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self._names: dict[str, bytes] = {}
        self._numbers = count(1)

    def commands(self, text: str, values: Sequence[bytes | None]) -> list[Command]:
        """To run one for these values, made known first where it is not."""
        before = [] if text in self._names else self._prepared(text)
        name = self._names[text] = self._names.pop(text)  # the last to be used is the last to be forgotten
        return [*before, Command(partial(self._server.send_query_prepared, name, values))]

    def forget(self, commands: Sequence[Command]) -> None:
        """These were not carried out: the last first, the server keeps what it kept before each."""
        for command in reversed(commands):
            self._names.pop(command.prepares or "", None)
            if command.frees is not None:
                text, name = command.frees
                self._names[text] = name

    def _prepared(self, text: str) -> list[Command]:
        room = []
        if len(self._names) >= MOST_PREPARED:
            oldest = next(iter(self._names))
            known_as = self._names.pop(oldest)
            free = partial(self._server.send_query_params, b"DEALLOCATE " + known_as, None)
            room = [Command(free, frees=(oldest, known_as))]
        name = self._names[text] = f"earlyhelp_{next(self._numbers)}".encode()
        return [*room, Command(partial(self._server.send_prepare, name, text.encode()), prepares=text)]


class Readers:
    """Make values of what prepared statements find. The columns of each never change: they are looked at once."""

    def __init__(self, driver: Any, transformer: Any) -> None:
        self._driver, self._transformer = driver, transformer
        self._of: dict[str, Any] = {}

    def rows(self, text: str, result: Any) -> list[tuple[Any, ...]]:
        reader = self._of.get(text) or self._looks_at(text, result)
        reader.set_pgresult(result, set_loaders=False)
        found: list[tuple[Any, ...]] = reader.load_rows(0, result.ntuples, tuple)
        reader.set_pgresult(None, set_loaders=False)  # else all that it read lay here until it is asked again
        return found

    def _looks_at(self, text: str, result: Any) -> Any:
        reader = self._transformer.from_context(self._driver)
        reader.set_pgresult(result)
        if len(self._of) >= MOST_PREPARED:
            self._of.clear()
        self._of[text] = reader
        return reader


class Wire:
    """One connection of psycopg, whose module is `known`."""

    def __init__(self, driver: Any, known: Any) -> None:
        self._driver, self._known, self._text = driver, known, known.adapt.PyFormat.TEXT
        self._server = driver.pgconn
        self._values = known.adapt.Transformer.from_context(driver)
        self._idle = known.pq.TransactionStatus.IDLE
        self._failed = known.pq.ExecStatus.FATAL_ERROR
        self._kept = Kept(self._server)
        self._readers = Readers(driver, known.adapt.Transformer)
        self._waiting: list[Command] = []
        self._used_at = time.monotonic()

    def write(self, text: str, values: Sequence[Any]) -> None:
        """Something to write that may wait for what comes next. A value that cannot be written is refused at once."""
        written = _written(self._values, self._text, values)
        if not self._waiting and self.is_idle():
            self._waiting += self._kept.commands("BEGIN", ())
        self._waiting += self._kept.commands(text, written)

    def ask(self, questions: Sequence[tuple[str, Sequence[Any]]]) -> list[list[tuple[Any, ...]]]:
        """What each of these statements finds for its values, after all that waited."""
        places = []
        for text, values in questions:
            self.write(text, values)
            places.append(len(self._waiting))
        results = self._exchange()
        return [
            self._readers.rows(text, results[place - 1])
            for (text, _), place in zip(questions, places, strict=True)
        ]

    def glance(self, text: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        """What one statement finds, without beginning a transaction: there is nothing to commit after it."""
        self._waiting += self._kept.commands(text, _written(self._values, self._text, values))
        return self._readers.rows(text, self._exchange()[-1])

    def send(self) -> None:
        """Write what waits."""
        if self._waiting:
            self._exchange()

    def commit(self) -> None:
        """Write what waits, and commit. A transaction that has failed is left to the driver."""
        if self._waiting or self._server.transaction_status == self._known.pq.TransactionStatus.INTRANS:
            self._waiting += self._kept.commands("COMMIT", ())
            self._exchange()
        self._used_at = time.monotonic()

    def forget(self) -> None:
        """Give up what waits: its transaction is rolled back."""
        self._kept.forget(self._waiting)
        self._waiting.clear()
        self._used_at = time.monotonic()

    def has_rested(self) -> bool:
        """Whether the server must be asked if it is still there, before a transaction relies on it."""
        return self._driver.closed or time.monotonic() - self._used_at > RESTED_SECONDS

    def is_idle(self) -> bool:
        """Whether no transaction is under way on the server."""
        return bool(self._server.transaction_status == self._idle)

    def _exchange(self) -> list[Any]:
        """Send all that waits in one trip; the results. Raises the first fault among them."""
        commands = self._waiting.copy()
        self._waiting.clear()
        try:
            with self._driver.lock:
                results: list[Any] = self._driver.wait(_travel(self._server, self._known, commands))
        except BaseException:
            self._driver.close()  # in the middle of an answer: nobody can go on with such a connection
            raise
        fault = next((result for result in results if result.status == self._failed), None)
        if fault is not None:
            self._kept.forget(commands[results.index(fault) :])
            raise self._known.errors.error_from_result(fault)
        return results


def _written(transformer: Any, text: Any, values: Sequence[Any]) -> Sequence[bytes | None]:
    """As text, so that the statement's own casts say the types and it is one statement for all values."""
    written: Sequence[bytes | None] = transformer.dump_sequence(values, [text] * len(values))
    return written


def _travel(server: Any, known: Any, commands: Sequence[Command]) -> Answers:
    """Waits as psycopg's own generators do: yields what it waits for, is sent what is ready."""
    server.enter_pipeline_mode()
    for command in commands:
        command.send()
    server.pipeline_sync()
    while server.flush():
        if (yield known.waiting.WAIT_RW) & known.waiting.READY_R:
            server.consume_input()
    results: list[Any] = []
    for _ in commands:
        results += yield from known.generators.fetch_many(server)
    yield from known.generators.fetch_many(server)  # the end of the trip
    server.exit_pipeline_mode()
    return results
