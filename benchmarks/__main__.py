"""`make bench`: one engine step, and one transition beside hand-written SQL that writes the same rows.

On a SQLite file with synchronous=FULL. Prints a table; `--json FILE` keeps the figures.
"""

import argparse
import json
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import matching, queue, replay
from earlyhelp.casework.perform import perform
from earlyhelp.pathway.calendar import england
from earlyhelp.pathway.facts import Actor, Facts
from earlyhelp.pathway.loading import load
from earlyhelp.pathway.machine import compile_pathway
from earlyhelp.places import workflows
from earlyhelp.records.database import connect, transaction
from earlyhelp.records.migrate import upgrade
from tests.casework.watched_cases import MONDAY, accepted, council_in

FIELDS = {"told_what": "Accepted for early help", "how": "email"}
ROUNDS = 3


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--size", type=int, default=300, help="transitions per round")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = {
            **engine_step(),
            **transition(Path(folder), chosen.size),
            **matching.run(people=5_000, asked=2_000),
            **queue.run(Path(folder), contacts=20_000, waiting=5_000),
            **replay.run(Path(folder), contacts=400),
        }
    for name, value in figures.items():
        print(f"{name:<52}{value:>12.2f}")
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=2))


def median_seconds(action: Callable[[], object]) -> float:
    rounds = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        action()
        rounds.append(time.perf_counter() - begun)
    return statistics.median(rounds)


def engine_step() -> dict[str, float]:
    """One guarded step with fields, clocks and due moments. Goal: 60 µs or less."""
    engine = compile_pathway(load(workflows() / "standard.toml"), england())
    facts = Facts(state="screening", state_entered_at=MONDAY)
    actor = Actor(1, frozenset({"screener"}))
    fields = {"level_of_need": "targeted", "rationale": "Several needs", "agreement": "given"}
    many = 2000

    def steps() -> None:
        for _ in range(many):
            engine.step(facts, "accept_for_early_help", fields, actor, MONDAY)

    return {"engine: one step, µs (goal 60)": median_seconds(steps) / many * 1e6}


def transition(folder: Path, size: int) -> dict[str, float]:
    """`casework.perform`, one commit each, against the same two row writes by hand. Goal: at most 3 times."""
    path = folder / "bench.sqlite3"
    engine = connect(f"sqlite:///{path}")
    upgrade(engine)
    council = council_in(engine)
    with transaction(engine) as connection:
        reference = accepted(connection, council)

    def ours() -> None:
        for _ in range(size):
            with transaction(engine) as connection:
                perform(
                    connection,
                    reference=reference,
                    action="answer_referrer",
                    person=council["screener"],
                    fields=FIELDS,
                    now=MONDAY,
                )

    mine = median_seconds(ours) / size
    engine.dispose()
    floor = median_seconds(lambda: by_hand(path, size)) / size
    return {
        "SQLite: transitions per second": 1 / mine,
        "SQLite: the same rows by hand, per second": 1 / floor,
        "SQLite: ratio to hand-written SQL (goal 3)": mine / floor,
    }


def by_hand(path: Path, size: int) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous=FULL")
    columns = [row[1] for row in connection.execute("PRAGMA table_info(events)") if row[1] != "id"]
    marks = ", ".join("?" for _ in columns)
    insert = f"INSERT INTO events ({', '.join(columns)}) VALUES ({marks})"
    for _ in range(size):
        connection.execute("BEGIN IMMEDIATE")
        case = connection.execute("SELECT id, version FROM cases WHERE id = 1").fetchone()
        last = connection.execute(
            f"SELECT {', '.join(columns)} FROM events WHERE case_id = 1 ORDER BY sequence DESC LIMIT 1"
        ).fetchone()
        row = dict(zip(columns, last, strict=True)) | {"sequence": case[1] + 1}
        connection.execute(insert, [row[column] for column in columns])
        changed = "UPDATE cases SET version = ?, last_hash = ?, last_event_at = last_event_at WHERE id = 1"
        connection.execute(changed, (case[1] + 1, row["hash"]))
        connection.execute("COMMIT")
    connection.close()


if __name__ == "__main__":
    main()
