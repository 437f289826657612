"""Warnings behind a breach leave the list of warnings' way, and come back when nothing stands before them any more."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, select

from earlyhelp.casework.clockwork import move_clock
from earlyhelp.casework.moments import Moment
from earlyhelp.casework.sweep_statements import passed_by
from earlyhelp.insight.urgency import Wanted, count_listed, urgent_first
from earlyhelp.pathway.clocks import Schedule
from earlyhelp.records.cases import Case
from earlyhelp.records.clocks import BEHIND, Alert, ClockRow
from tests.casework.watched_cases import (
    MONDAY,
    Council,
    act,
    allocated,
    days,
    found_council,
    swept,
    the_clock,
)

FIRST_CONTACT = Wanted(stage="warning", clock="first_contact")
REACHED = {"how": "home_visit", "child_seen": True, "childs_voice": "Showed her drawings"}
MINUTE = timedelta(minutes=1)


@pytest.fixture
def council(connection: Connection) -> Council:
    return found_council(connection)


def behind(connection: Connection) -> list[str]:
    """The stages of alerts that were put behind, each of which must be a warning behind something unresolved."""
    alerts = connection.execute(select(Alert).order_by(Alert.id)).all()
    overdue = {a.clock_id for a in alerts if a.status != "resolved" and not a.stage.startswith("warning")}
    there = [a for a in alerts if a.tier >= BEHIND and a.status != "resolved"]
    assert all(a.clock_id in overdue and a.stage.startswith("warning") for a in there)
    return [a.stage for a in there if a.clock == "first_contact"]


def warned(connection: Connection, council: Council, wanted: Wanted = FIRST_CONTACT) -> list[str]:
    """The stages listed, as many as are counted."""
    who = council["service_manager"]
    found = urgent_first(connection, person=who, wanted=wanted)
    assert count_listed(connection, person=who, wanted=wanted, at_most=99).alerts == len(found)
    return [alert.stage for alert in found]


def overdue(connection: Connection, council: Council) -> tuple[str, datetime]:
    """A case of which the first contact is overdue, swept twice; and since when."""
    reference = allocated(connection, council)
    due = the_clock(connection, "first_contact").due_at
    swept(connection, due)
    assert behind(connection) == []
    swept(connection, due + MINUTE)
    assert behind(connection) == ["warning_1", "warning_2"]
    return reference, due


def test_of_two_time_limits_the_one_not_yet_overdue_is_warned_of(
    connection: Connection, council: Council
) -> None:
    late, due = overdue(connection, council)
    newer = allocated(connection, council, at=due - days(1), surname="Nance")
    swept(connection, the_clock(connection, "first_contact").warning_1_at)
    who = council["service_manager"]
    warnings, every = (
        urgent_first(connection, person=who, wanted=Wanted(stage=stage, clock="first_contact"))
        for stage in ("warning", None)
    )
    assert [(alert.reference, alert.stage) for alert in warnings] == [(newer, "warning_1")]
    assert [alert.reference for alert in every] == [late, newer]


def test_a_promise_to_act_on_the_breach_brings_no_warning_back(
    connection: Connection, council: Council
) -> None:
    _, due = overdue(connection, council)
    breached = select(Alert.id).where(Alert.stage == "breach")
    connection.execute(Alert.__table__.update().where(Alert.id.in_(breached)).values(status="acknowledged"))
    swept(connection, due + days(1))
    assert behind(connection) == ["warning_1", "warning_2"]
    assert warned(connection, council) == []


def test_a_pause_that_began_before_the_breach_brings_its_warning_back(
    connection: Connection, council: Council
) -> None:
    reference, due = overdue(connection, council)
    assert warned(connection, council) == []
    pause = {"clock": "first_contact", "reason": "Family abroad"}
    begun, now = the_clock(connection, "first_contact").warning_2_at, due + days(1)
    act(connection, reference, "pause_clock", council["manager"], pause, now=now, occurred_at=begun)
    assert behind(connection) == []
    assert warned(connection, council) == ["warning_2"]
    allocated(connection, council, at=now, surname="Nance")
    for later in (days(30), days(31)):
        swept(connection, now + later)
    assert behind(connection) == ["warning_1", "warning_2"]
    assert warned(connection, council) == ["warning_2"]


def test_a_time_limit_put_off_brings_the_warnings_that_still_hold_back(
    connection: Connection, council: Council
) -> None:
    _, due = overdue(connection, council)
    clock, case = the_clock(connection, "first_contact"), connection.execute(select(Case)).one()
    later = Schedule(
        clock.started_at, due + days(30), (clock.warning_1_at, due + days(20)), (due + days(40),)
    )
    moment = Moment(
        *(case.id, case.pathway_id, case.version, "Moved", due + MINUTE, due + MINUTE),
        *(case.team_id, case.lead_professional_id, "somebody", None),
    )
    move_clock(connection, clock, later, span=clock.span, moment=moment)
    assert behind(connection) == []
    assert warned(connection, council) == ["warning_1"]
    back = Schedule(clock.started_at, due, (clock.warning_1_at, clock.warning_2_at), ())
    moved = connection.execute(select(ClockRow).where(ClockRow.id == clock.id)).one()
    move_clock(connection, moved, back, span=clock.span, moment=moment)
    assert behind(connection) == []
    assert warned(connection, council) == []
    swept(connection, due + days(1))
    assert behind(connection) == ["warning_1", "warning_2"]


def test_what_was_behind_is_found_among_resolved_warnings(connection: Connection, council: Council) -> None:
    reference, due = overdue(connection, council)
    act(connection, reference, "record_first_contact", council["lead"], REACHED, now=due + days(1))
    resolved = Wanted(status="resolved", stage="warning", clock="first_contact")
    assert sorted(warned(connection, council, resolved)) == ["warning_1", "warning_2"]


def test_very_many_are_put_behind_some_at_a_time_and_the_others_are_hidden_all_the_same(
    connection: Connection, council: Council
) -> None:
    for number in range(3):
        allocated(connection, council, surname=f"Nance {number}")
    due = the_clock(connection, "first_contact").due_at
    swept(connection, due)
    now = {"now": due + MINUTE}
    assert len(connection.execute(passed_by(at_most=4), now).all()) == 4
    assert len(connection.execute(passed_by(at_most=99), now).all()) == 6
    assert warned(connection, council) == []
    swept(connection, due + MINUTE)
    assert connection.execute(passed_by(at_most=99), now).all() == []


def test_warnings_of_time_limits_that_are_paused_are_passed_over(
    connection: Connection, council: Council
) -> None:
    late = allocated(connection, council)
    due = the_clock(connection, "first_contact").due_at
    paused = allocated(connection, council, at=MONDAY + days(1), surname="Nance")
    swept(connection, due)
    pause = {"clock": "first_contact", "reason": "Family abroad"}
    act(connection, paused, "pause_clock", council["manager"], pause, now=due)
    later = due + days(7)
    found = connection.execute(passed_by(at_most=2), {"now": later}).all()
    cases = select(Case.reference).join(ClockRow, ClockRow.case_id == Case.id)
    of = connection.scalars(cases.where(ClockRow.id.in_({alert.clock_id for alert in found}))).all()
    assert (len(found), of) == (2, [late])
