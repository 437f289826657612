"""W2: a sweep over many open clocks of which one in a hundred is newly due, beside one hand-written INSERT … SELECT."""

from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert, text

from benchmarks.by_hand import opened
from benchmarks.measuring import KNOWN, Figures, in_turns, timed
from benchmarks.places import database
from earlyhelp.casework.sweep import sweep
from earlyhelp.records.clocks import ClockRow
from earlyhelp.records.database import connect, transaction
from earlyhelp.records.migrate import upgrade
from tests.casework.watched_cases import MONDAY, allocated, council_in

ONE_IN = 100
TOGETHER = 20_000
AGAIN = 31
"""So often is a sweep with nothing new measured: seven are over in a millisecond, and others may take just that one."""
# What the sweep's first statement does, for one stage and without a ladder: the least that could be written.
BY_HAND = (
    "INSERT INTO alerts (clock_id, stage, case_id, clock, fell_due_at, raised_at, status, urgent, tier, "
    "clock_due_at, audience, team_id) "
    "SELECT id, 'breach', case_id, name, due_at, ?, 'open', {false}, 4, due_at, 'manager', team_id FROM clocks "
    "WHERE status = 'running' AND next_moment <= ? ON CONFLICT DO NOTHING"
)
MOVED_ON = "UPDATE clocks SET next_moment = NULL WHERE status = 'running' AND next_moment <= ?"


def run(folder: Path, *, kind: str, sizes: tuple[int, ...]) -> Figures:
    """Milliseconds of the first sweep, of one that finds nothing, and the ratio of the first to the floor."""
    figures: Figures = {}
    for size in sizes:
        with database(kind, folder) as url:
            engine = connect(url)
            at = prepared(engine, size)
            for _ in range(KNOWN):
                # Only the first has anything to do, one clock: as in a worker that has raised an alert.
                _sweep(engine, MONDAY)
            floor = _by_hand(url, at)
            ours = timed(partial(_sweep, engine, at))
            (again,) = in_turns(partial(_sweep, engine, at), rounds=AGAIN)
            engine.dispose()
        name = f"W2 {kind}, {size:,} clocks"
        figures[f"{name}: first sweep, ms"] = ours * 1000
        figures[f"{name}: by hand, ms"] = floor * 1000
        figures[f"{name}: × floor (goal 2)"] = ours / floor
        figures[f"{name}: again with nothing new, ms"] = again * 1000
        figures[f"{name}: the first is so many times again (goal 20)"] = ours / again
    return figures


def prepared(engine: Engine, clocks: int) -> Any:
    """So many running clocks of one case on tables that were never analysed; the moment at which 1 % are due."""
    upgrade(engine)
    council = council_in(engine)
    with transaction(engine) as connection:
        allocated(connection, council)
        connection.execute(text("UPDATE clocks SET next_moment = NULL"))
        old = connection.execute(text("SELECT id FROM clocks WHERE name = 'first_contact'")).scalar_one()
        pattern = dict(
            connection.execute(ClockRow.__table__.select().where(ClockRow.id == old)).one()._mapping
        )
        del pattern["id"]
        for begin in range(0, clocks, TOGETHER):
            numbers = range(begin, min(begin + TOGETHER, clocks))
            rows = [_clock(pattern, number) for number in numbers]
            connection.execute(insert(ClockRow), rows)
        connection.execute(
            text("UPDATE clocks SET next_moment = :now WHERE id = :old"), {"now": MONDAY, "old": old}
        )
    return MONDAY + timedelta(days=1)


def _clock(pattern: dict[str, Any], number: int) -> dict[str, Any]:
    due = MONDAY + timedelta(hours=1 if number % ONE_IN == 0 else 1000, seconds=number % 3000)
    later = {f"{rung}_at": None for rung in ("warning_1", "warning_2", "warning_3")}
    ladder = {f"escalation_{rung}_at": None for rung in (1, 2, 3)}
    return pattern | later | ladder | {"started_by": 1000 + number, "due_at": due, "next_moment": due}


def _sweep(engine: Engine, at: Any) -> None:
    with transaction(engine) as connection:
        sweep(connection, now=at, worker="benchmark")


def _by_hand(url: str, at: Any) -> float:
    """The same rows, committed, and taken back afterwards."""
    plain, mark = opened(url)
    moment = at if mark == "%s" else at.replace(tzinfo=None).isoformat(sep=" ")
    raised, moved = (
        sql.format(false="false" if mark == "%s" else "0").replace("?", mark) for sql in (BY_HAND, MOVED_ON)
    )

    def write() -> None:
        plain.execute("BEGIN")
        plain.execute(raised, (moment, moment))
        plain.execute(moved, (moment,))
        plain.execute("COMMIT")

    taken = timed(write)
    plain.execute("UPDATE clocks SET next_moment = due_at WHERE id IN (SELECT clock_id FROM alerts)")
    plain.execute("DELETE FROM alerts")
    plain.close()
    return taken
