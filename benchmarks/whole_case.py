"""W3: a whole case through casework, from contact to closed in eight actions: cases per second, and what each costs."""

from pathlib import Path

from benchmarks.measuring import Figures, timed
from benchmarks.places import database
from earlyhelp.records.database import connect, transaction
from earlyhelp.records.migrate import upgrade
from tests.casework.watched_cases import MONDAY, act, council_in, days
from tests.web.desk import planned, scores

CLOSED = {
    "end_measure": "outcomes_achieved",
    "family_feedback": "It helped",
    "achieved": "A dry room",
    **scores(7, 7, 7),
}
ACTIONS = 8


def run(folder: Path, *, kind: str, cases: int) -> Figures:
    """All actions of one case in one transaction: what is measured is the work, and a commit for each case."""
    with database(kind, folder) as url:
        engine = connect(url)
        upgrade(engine)
        council = council_in(engine)

        def live() -> None:
            with transaction(engine) as connection:
                reference = planned(connection, council)
                act(connection, reference, "close_case", council["lead"], CLOSED, now=MONDAY + days(60))

        live()
        seconds = timed(lambda: [live() for _ in range(cases)]) / cases
        engine.dispose()
    return {
        f"W3 {kind}: whole cases per second": 1 / seconds,
        f"W3 {kind}: ms for each of {ACTIONS} actions": seconds / ACTIONS * 1000,
    }
