"""W1: one transition. `casework.perform` beside hand-written SQL that reads and writes the same rows.

A review is recorded again and again: the case's version, one event of its history, one clock closed, one opened.
"""

from functools import partial
from pathlib import Path

from benchmarks.by_hand import transitions
from benchmarks.measuring import Clients, Figures, Work, in_turns
from benchmarks.places import database
from earlyhelp.casework.perform import perform
from earlyhelp.permissions import Person
from earlyhelp.records.database import connect, transaction
from earlyhelp.records.migrate import upgrade
from tests.casework.watched_cases import MONDAY, council_in, days
from tests.web.desk import planned, scores

REVIEW = {
    "taf_date": "2026-04-16",
    "attended": ["family"],
    "progress": "Going well",
    "next_review_date": "2026-06-16",
    **scores(6, 4, 4),
}
LATER = MONDAY + days(46)
GOALS = {"sqlite": 3.0, "postgresql": 1.0}


def run(folder: Path, *, kind: str, transitions_each: int) -> Figures:
    """Transitions per second and the ratio to the floor, for one client and for four at once."""
    figures: Figures = {}
    with database(kind, folder) as url:
        references, lead = prepared(url, cases=8)
        for clients in (1, 4):
            ours = Clients(partial(performing, url, references[:4], lead), clients, transitions_each)
            floor = Clients(partial(by_hand, url, references[4:]), clients, transitions_each)
            with ours, floor:
                mine, theirs = in_turns(ours.work, floor.work)
            done, name = clients * transitions_each, f"W1 {kind}, {clients} client{'s' * (clients > 1)}"
            figures[f"{name}: per second"] = done / mine
            figures[f"{name}: by hand, per second"] = done / theirs
            figures[f"{name}: × floor (goal {GOALS[kind]})"] = mine / theirs
    return figures


def prepared(url: str, *, cases: int) -> tuple[list[str], Person]:
    """So many cases whose plans are in progress, and who leads them."""
    engine = connect(url)
    upgrade(engine)
    council = council_in(engine)
    with transaction(engine) as connection:
        references = [planned(connection, council) for _ in range(cases)]
    engine.dispose()
    return references, council["lead"]


def performing(url: str, references: list[str], lead: Person, number: int) -> Work:
    engine = connect(url)

    def work(times: int) -> None:
        for _ in range(times):
            with transaction(engine) as connection:
                perform(
                    connection,
                    reference=references[number],
                    action="record_review",
                    person=lead,
                    fields=REVIEW,
                    now=LATER,
                )

    return work


def by_hand(url: str, references: list[str], number: int) -> Work:
    return transitions(url, references[number])
