"""Whoever presses Ctrl-C while the database keeps a verb waiting is obeyed, and told of no fault."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread

from sqlalchemy import Connection, text

from earlyhelp.records.database import connect, transaction
from tests.cli.conftest import Run

WAITING = text(
    "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database"
    " WHERE NOT granted AND datname = current_database()"
)
MOST_SECONDS = 30


def test_a_verb_that_is_interrupted_in_the_middle_of_an_exchange_ends_without_a_word(
    run: Run, environment: dict[str, str], postgresql_url: Callable[[], str]
) -> None:
    environment["EARLYHELP_DATABASE_URL"] = postgresql_url()
    with holding_clocks(environment["EARLYHELP_DATABASE_URL"]) as holder, interrupting(holder):
        answer = run("sweep")
    assert (answer.returncode, answer.stdout, answer.stderr) == (130, "", "")


@contextmanager
def holding_clocks(url: str) -> Iterator[Connection]:
    """Somebody else keeps the clocks locked."""
    engine = connect(url)
    with transaction(engine) as holder:
        holder.execute(text("LOCK TABLE clocks IN ACCESS EXCLUSIVE MODE"))
        yield holder
    engine.dispose()


@contextmanager
def interrupting(holder: Connection) -> Iterator[None]:
    """Ctrl-C is pressed as soon as somebody waits for the holder."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    presser = Thread(target=press_once_somebody_waits, args=(holder,))
    presser.start()
    yield
    presser.join()
    signal.signal(signal.SIGINT, before)


def press_once_somebody_waits(holder: Connection) -> None:
    give_up_at = time.monotonic() + MOST_SECONDS
    while time.monotonic() < give_up_at:
        if holder.scalar(WAITING):
            signal.raise_signal(signal.SIGINT)
            return
        time.sleep(0.01)
