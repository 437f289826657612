"""A change of urgency while a clock is paused: no shipped pathway lets both happen, a council's own file may."""

from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, select

from earlyhelp.casework.clockwork import apply_clock_effects
from earlyhelp.casework.moments import Moment
from earlyhelp.pathway.clocks import Schedule, Span
from earlyhelp.records.clocks import ClockRow
from tests.casework.watched_cases import MONDAY, Council, act, alerts, allocated, days, swept, the_clock


def test_it_stays_paused_is_nobodys_next_due_moment_and_what_came_before_the_pause_is_told(
    connection: Connection, council: Council
) -> None:
    reference = allocated(connection, council)
    pause = {"clock": "first_contact", "reason": "Family abroad"}
    act(connection, reference, "pause_clock", council["manager"], pause, now=MONDAY + days(2))
    clocks = connection.execute(select(ClockRow).where(ClockRow.name == "first_contact")).all()
    (row,) = clocks
    sooner: Any = SimpleNamespace(key="first_contact", span=Span(working_days=1))
    sooner.schedule, sooner.gross_due_at = Schedule(row.started_at, MONDAY + days(1)), None
    none: dict[str, Any] = dict.fromkeys(("stops", "voids", "pauses", "resumes", "starts"), ())
    now = MONDAY + days(3)
    moment = Moment(
        *(row.case_id, row.pathway_id, 9, "Urgency changed", now, now),
        *(row.team_id, row.lead_professional_id, "somebody", None),
    )
    step: Any = SimpleNamespace(**none, moves=(sooner,))
    assert apply_clock_effects(connection, step, clocks=clocks, moment=moment) is None
    assert the_clock(connection, "first_contact").status == "paused"
    swept(connection, MONDAY + days(30))
    told = [(a.stage, a.fell_due_at, a.status) for a in alerts(connection, "first_contact")]
    assert told == [("breach", MONDAY + days(1), "open")]
