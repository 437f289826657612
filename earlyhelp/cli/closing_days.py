"""`calendar close`, `calendar open`, `calendar recalculate`."""

import argparse
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine

from earlyhelp.casework.closures import ClosureRefused, close_day, open_day
from earlyhelp.casework.recalculate import Move, apply_batch, preview
from earlyhelp.cli import opening
from earlyhelp.cli.refusing import CommandRefused
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.permissions import SYSTEM
from earlyhelp.records.database import reading, transaction

AT_TERMINAL = replace(SYSTEM, name="Somebody at a terminal")
NEXT = "Open time limits have not moved: see earlyhelp calendar recalculate."


def close(arguments: argparse.Namespace) -> int:
    """Record a day on which the council is closed."""
    _change(
        lambda connection: close_day(
            connection, on=arguments.day, name=arguments.name, by=AT_TERMINAL, now=datetime.now(UTC)
        )
    )
    print(f"{arguments.day:%d/%m/%Y} is closed: {arguments.name.strip()}. {NEXT}")
    return 0


def reopen(arguments: argparse.Namespace) -> int:
    """Take a closure back."""
    _change(lambda connection: open_day(connection, on=arguments.day, by=AT_TERMINAL, now=datetime.now(UTC)))
    print(f"{arguments.day:%d/%m/%Y} is no longer closed. {NEXT}")
    return 0


def recalculate(arguments: argparse.Namespace) -> int:
    """Show what would move on today's calendar; with --apply move it, one event on each case."""
    reason = (arguments.reason or "").strip()
    if arguments.apply and not reason:
        raise CommandRefused("--apply needs --reason: it is kept in the history of every case that moves")
    with opening.ready_database(opening.settings()) as engine:
        if arguments.apply:
            found = _apply(engine, reason)
        else:
            with reading(engine) as connection:
                found = preview(connection)
    for move in found:
        print(f"{move.reference} {move.clock}: due {_words(move, 'before')}, then {_words(move, 'after')}")
    cases = len({move.reference for move in found})
    print(f"{len(found)} time limits of {cases} cases {'moved' if arguments.apply else 'would move'}.")
    return 0


def _change(change: Callable[[Connection], None]) -> None:
    try:
        with opening.ready_database(opening.settings()) as engine, transaction(engine) as connection:
            change(connection)
    except ClosureRefused as refused:
        raise CommandRefused(str(refused)) from None


def _apply(engine: Engine, reason: str) -> list[Move]:
    moved: list[Move] = []
    after: int | None = 0
    while after is not None:
        with transaction(engine) as connection:
            done = apply_batch(connection, person=SYSTEM, reason=reason, now=opening.now(), after=after)
        moved += done.moves
        after = done.after
    return moved


def _words(move: Move, side: str) -> str:
    due = move.due_before if side == "before" else move.due_after
    return due.astimezone(LONDON).isoformat(timespec="minutes")
