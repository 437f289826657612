"""W3: a whole case, from contact to closed, each action in a transaction, beside the same rows written by hand."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from benchmarks.by_hand_case import Again, Watched, watch
from benchmarks.measuring import Clients, Figures, Work, in_turns
from benchmarks.places import database
from earlyhelp.casework.intake import open_case
from earlyhelp.records.database import connect, transaction
from earlyhelp.records.migrate import upgrade
from tests.casework.watched_cases import MONDAY, Council, act, council_in, days
from tests.web.desk import scores

WORDS = "Wants to sleep in a dry room"
LIFE: tuple[tuple[str, str, float, dict[str, Any]], ...] = (
    (
        "accept_for_early_help",
        "screener",
        0,
        {"level_of_need": "targeted", "rationale": "Several needs", "agreement": "given", "team": "north"},
    ),
    ("answer_referrer", "screener", 0, {"told_what": "Accepted for early help", "how": "phone"}),
    (
        "allocate_lead_professional",
        "screener",
        0,
        {"lead_professional": "lead@council.example", "team": "north"},
    ),
    ("record_first_contact", "lead", 1, {"how": "home_visit", "child_seen": True, "childs_voice": WORDS}),
    (
        "submit_assessment",
        "lead",
        8,
        {
            "childs_development": "Often tired",
            "parenting_capacity": "Warm, and worn out",
            "family_and_environment": "The flat is damp",
            "strengths": "A close grandmother",
            "needs": ["housing"],
            "childs_voice": WORDS,
            "parents_views": "Needs the landlord to act",
            "proposed_plan": "Repairs, breakfast club",
            **scores(3, 4, 5),
        },
    ),
    ("authorise_assessment", "manager", 9, {"comment": "Clear and fair"}),
    (
        "close_case",
        "lead",
        60,
        {
            "end_measure": "outcomes_achieved",
            "family_feedback": "It helped",
            "achieved": "A dry room",
            **scores(7, 7, 7),
        },
    ),
)
"""What is done with a contact, by whom, on which day."""
ACTIONS = len(LIFE) + 1
TOLD = {
    "source": "3A",
    "channel": "telephone",
    "presenting_needs": [],
    "worries": "Often absent from school",
    "strengths": "Close to her grandmother",
    "agreement": "given",
}
GOALS = {"sqlite": 3.0, "postgresql": 1.0}
SYLLABLES = [f"{first}{second}" for first in "bdfgklmnprstvz" for second in "aeiou"]
_NUMBERS = count(1)


class Life:
    """One case, each of whose actions is a transaction. Its child is nobody known."""

    def __init__(self, engine: Engine, council: Council) -> None:
        self._engine, self._council = engine, council
        self.reference = ""

    def actions(self) -> list[Callable[[], None]]:
        return [self._begin, *(partial(self._take, *action) for action in LIFE)]

    def live(self) -> None:
        for action in self.actions():
            action()

    def _begin(self) -> None:
        with transaction(self._engine) as connection:
            opened = open_case(
                connection,
                person=self._council["screener"],
                children=[child(next(_NUMBERS))],
                fields=TOLD,
                now=MONDAY,
            )
        self.reference = opened.reference

    def _take(self, action: str, who: str, day: float, fields: dict[str, Any]) -> None:
        with transaction(self._engine) as connection:
            act(connection, self.reference, action, self._council[who], fields, now=MONDAY + days(day))


def child(number: int) -> dict[str, str]:
    """Somebody else than any child before: none is found that may be the same."""
    born = date(2009, 1, 1) + timedelta(days=number * 7 % 5_000)
    name, surname = (f"{start}{_syllables(number * step)}" for start, step in (("We", 31), ("Tre", 17)))
    return {"given_name": name, "family_name": surname, "date_of_birth": born.isoformat()}


def _syllables(number: int) -> str:
    found = ""
    for _ in range(3):
        number, place = divmod(number, len(SYLLABLES))
        found += SYLLABLES[place]
    return found


def _living(url: str, council: Council, _number: int) -> Work:
    engine = connect(url)

    def work(times: int) -> None:
        for _ in range(times):
            Life(engine, council).live()

    return work


def _again(url: str, watched: Sequence[Watched], reference: str, _number: int) -> Work:
    again = Again(url, watched, reference)

    def work(times: int) -> None:
        for _ in range(times):
            again.case()

    return work


def run(folder: Path, *, kind: str, cases: int) -> Figures:
    """Each action commits, here and there."""
    with database(kind, folder) as url:
        engine = connect(url)
        upgrade(engine)
        council = council_in(engine)
        Life(engine, council).live()  # what the first case of all makes beside itself is in no other
        one = Life(engine, council)
        watched = watch(engine, url, one.actions())
        engine.dispose()
        lives = Clients(partial(_living, url, council), 1, cases)
        by_hand = Clients(partial(_again, url, watched, one.reference), 1, cases)
        with lives, by_hand:
            ours, floor = in_turns(lives.work, by_hand.work)
    return {
        f"W3 {kind}: whole cases per second": cases / ours,
        f"W3 {kind}: by hand, per second": cases / floor,
        f"W3 {kind}: × floor (goal {GOALS[kind]})": ours / floor,
        f"W3 {kind}: ms for each of {ACTIONS} actions": ours / cases / ACTIONS * 1000,
    }
