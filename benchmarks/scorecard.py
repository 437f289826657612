"""The scorecard of thirteen months: from what the worker keeps, and beside events that nobody has kept yet."""

from collections.abc import Sequence
from functools import partial

from sqlalchemy import Connection, select

from benchmarks.councils import Council, Councils, busiest
from benchmarks.filling import UNTIL
from benchmarks.lists import growth, in_words
from benchmarks.measuring import Figures, spreads, timed
from benchmarks.pages import Website, looked_at, website
from earlyhelp.casework.perform import perform
from earlyhelp.insight.measures.asking import last_full_month
from earlyhelp.insight.scorecard.contents import Asked, scorecard
from earlyhelp.pathway.calendar import england
from earlyhelp.permissions import visible_cases
from earlyhelp.records.cases import Case
from earlyhelp.records.database import reading, transaction
from earlyhelp.scheduler.figures import keep_figures

LOOKS, LOOKS_WITH_EVENTS = 40, 10
SINCE = 200
"""Cases of which something is recorded between two runs of the worker."""


def run(councils: Councils, *, kind: str) -> Figures:
    """Median and p95 at each size, and how they grew. Goals: 100 ms from what is kept, 1 s with events since."""
    filled = councils.on(kind)
    figures = _kept(filled, "keeping its figures anew")
    figures |= _counted(filled, "from what is kept", LOOKS)
    sites = [Website(council, website(council, councils.folder)) for council in filled]
    figures |= looked_at(sites, {"service_manager": ("/scorecard",)}, ("/api/v1/measures/below_threshold",))
    for council in filled:
        with transaction(council.engine) as connection:
            _hand_over(connection)
    figures |= _counted(filled, f"with {SINCE} events since", LOOKS_WITH_EVENTS)
    figures |= _kept(filled, f"bringing in {SINCE} events")
    return figures | growth(figures, filled)


def _kept(filled: Sequence[Council], how: str) -> Figures:
    """Seconds that the worker takes."""
    return {
        f"scorecard: {how}, s, {council.name}": timed(partial(keep_figures, council.engine, now=UNTIL))
        for council in filled
    }


def _counted(filled: Sequence[Council], how: str, times: int) -> Figures:
    looks = {council.name: partial(_scorecard, council) for council in filled}
    return in_words(f"scorecard of 13 months {how}", spreads(looks, times))


def _scorecard(council: Council) -> None:
    last = last_full_month(england().date_of(UNTIL))
    with reading(council.engine) as connection:
        scorecard(connection, Asked(last), now=UNTIL)


def _hand_over(connection: Connection) -> None:
    """Some cases get another lead professional."""
    head, other = busiest(connection, "service_manager"), busiest(connection, "lead_professional")
    under_way = select(Case.reference).where(
        Case.is_open,
        Case.state_kind == "plan",
        Case.lead_professional_id != other.id,
        visible_cases(head),
    )
    for reference in connection.scalars(under_way.order_by(Case.id).limit(SINCE)).all():
        perform(
            connection,
            reference=reference,
            action="change_lead_professional",
            person=head,
            fields={"lead_professional": other.email, "reason": "Leaves the council"},
            now=UNTIL,
        )
