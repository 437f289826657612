"""How well and how fast people are recognised: precision and recall on a labelled set, and p95 of one look-up.

`python -m benchmarks.matching --people 1000000 --database postgresql://…` measures the whole town of a large council.
"""

import argparse
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from sqlalchemy import Engine, insert, text

from benchmarks.people import Labelled, Makers, labelled, town_of
from earlyhelp.insight.known_people import likely_matches
from earlyhelp.matching.described import Described
from earlyhelp.matching.keys import stored_keys
from earlyhelp.matching.scoring import Strength
from earlyhelp.permissions import SYSTEM
from earlyhelp.records.database import connect, is_postgresql, reading, transaction
from earlyhelp.records.matching import PersonKey
from earlyhelp.records.migrate import upgrade
from earlyhelp.records.people import Person

SEED = 20_260_302
TOGETHER = 5_000
WHEN = datetime(2026, 3, 2, tzinfo=UTC)


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.matching", description=__doc__)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--asked", type=int, default=4_000, help="people typed, half of them known")
    parser.add_argument(
        "--database", help="an empty database; without one, a SQLite file that is thrown away"
    )
    parser.add_argument("--wrong", type=int, default=0, help="also print so many wrong answers")
    chosen = parser.parse_args()
    for name, value in run(chosen.people, chosen.asked, chosen.database, chosen.wrong).items():
        print(f"{name:<60}{value:>12.4f}")


def run(
    people: int = 20_000, asked: int = 4_000, database: str | None = None, wrong: int = 0
) -> dict[str, float]:
    """The figures by what they are called."""
    dice = Random(SEED)
    makers = Makers(dice)
    households = town_of(people, makers)
    questions = labelled(asked, households, makers)
    with tempfile.TemporaryDirectory() as folder:
        engine = connect(database or f"sqlite:///{Path(folder) / 'town.sqlite3'}")
        upgrade(engine)
        fill(engine, [one for household in households for one in household])
        figures = measured(engine, questions, wrong)
        engine.dispose()
    return figures


def fill(engine: Engine, people: Sequence[Described]) -> None:
    """Record everybody with their keys; the first gets the id 1."""
    for start in range(0, len(people), TOGETHER):
        some = list(enumerate(people[start : start + TOGETHER], start=start + 1))
        with transaction(engine) as connection:
            connection.execute(insert(Person), [_row(number, one) for number, one in some])
            keys = ((key, number) for number, one in some for key in stored_keys(one))
            _write_keys(connection, keys)
    with transaction(engine) as connection:
        connection.execute(text("ANALYZE"))


def measured(engine: Engine, questions: Sequence[Labelled], wrong: int) -> dict[str, float]:
    counts: Counter[str] = Counter()
    seconds = []
    with reading(engine) as connection:
        for question in questions:
            begun = time.perf_counter()
            (found,) = likely_matches(connection, person=SYSTEM, typed=[question.typed])
            seconds.append(time.perf_counter() - begun)
            truth = f"P{question.truth + 1}" if question.truth is not None else None
            for name, least in (("certain", Strength.CERTAIN), ("likely", Strength.LIKELY), ("all", 1)):
                shown = [one.public_id for one in found.known if one.strength >= least]
                counts[f"{name} shown"] += len(shown)
                counts[f"{name} right"] += truth in shown
            missed = truth is not None and truth not in [k.public_id for k in found.known if k.strength > 1]
            false = [one for one in found.known if one.strength > 1 and one.public_id != truth]
            if (missed or false) and wrong > 0:
                wrong -= 1
                print(question.kind, question.typed, "MISSED" if missed else "", *false, *found.known[:1])
    known = sum(question.truth is not None for question in questions)
    dialect = engine.dialect.name
    figures = {}
    for name, words in (
        ("certain", "linked without asking"),
        ("likely", "suggested as likely"),
        ("all", "suggested at all"),
    ):
        figures[f"matching: precision, {words}, {dialect}"] = counts[f"{name} right"] / max(
            1, counts[f"{name} shown"]
        )
        figures[f"matching: recall, {words}, {dialect}"] = counts[f"{name} right"] / known
    figures[f"matching: one look-up, {dialect}, ms, median"] = statistics.median(seconds) * 1000
    figures[f"matching: one look-up, {dialect}, ms, p95 (goal 150)"] = (
        statistics.quantiles(seconds, n=20)[-1] * 1000
    )
    return figures


def _row(number: int, one: Described) -> dict[str, object]:
    return {
        "id": number,
        "public_id": f"P{number}",
        "given_name": one.given_name,
        "family_name": one.family_name,
        "date_of_birth": one.date_of_birth,
        "address": one.address,
        "postcode": one.postcode or None,
        "nhs_number": one.nhs_number or None,
        "created_at": WHEN,
    }


def _write_keys(connection, keys: Iterable[tuple[int, int]]) -> None:  # type: ignore[no-untyped-def]
    """COPY on PostgreSQL: ten million rows by INSERT take half an hour."""
    if not is_postgresql(connection):
        connection.execute(insert(PersonKey), [{"key": key, "person_id": number} for key, number in keys])
        return
    with (
        connection.connection.cursor() as cursor,
        cursor.copy("COPY person_keys (key, person_id) FROM STDIN") as copy,
    ):
        for row in keys:
            copy.write_row(row)


if __name__ == "__main__":
    main()
