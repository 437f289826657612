"""The sweep: every stage of every clock raised exactly once, whatever happened in between."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, func, select, text, update

from earlyhelp.casework.sweep import sweep
from earlyhelp.casework.sweep_statements import DUE
from earlyhelp.records.clocks import Alert, ClockRow, Sweep
from earlyhelp.records.database import is_postgresql, transaction
from tests.casework.watched_cases import (
    MONDAY,
    Council,
    accepted,
    act,
    alerts,
    allocated,
    contact,
    council_in,
    days,
    stages,
    swept,
    the_clock,
)

REACHED = {"how": "home_visit", "child_seen": True, "childs_voice": "Showed her drawings"}


def test_nothing_is_raised_before_its_moment(connection: Connection, council: Council) -> None:
    allocated(connection, council)
    first = the_clock(connection, "first_contact").warning_1_at
    assert swept(connection, first - timedelta(microseconds=1)).warnings == 0
    assert swept(connection, first).warnings == 1
    assert stages(connection) == [("first_contact", "warning_1")]


def test_a_stage_is_raised_once_however_often_the_sweep_runs(
    connection: Connection, council: Council
) -> None:
    """Item 1 of the failures of others: mail without end. One alert per stage per clock, for ever."""
    allocated(connection, council)
    due = the_clock(connection, "first_contact").due_at
    for hours in range(48):
        swept(connection, due + timedelta(hours=hours / 2))
    assert stages(connection, "first_contact") == [
        ("first_contact", stage) for stage in ("warning_1", "warning_2", "breach")
    ]


def test_the_sweep_counts_what_it_raises(connection: Connection, council: Council) -> None:
    contact(connection, council)
    allocated(connection, council, surname="Pascoe")
    result = swept(connection, MONDAY + days(60))
    by_stage = {stage.split("_")[0]: 0 for _, stage in stages(connection)}
    for _, stage in stages(connection):
        by_stage[stage.split("_")[0]] += 1
    assert (result.warnings, result.breaches, result.escalations) == (
        by_stage["warning"],
        by_stage["breach"],
        by_stage["escalation"],
    )
    assert result.breaches == 3


def test_a_sweep_after_a_weeks_outage_raises_everything_with_both_moments(
    connection: Connection, council: Council
) -> None:
    """Rule 7, and item 2: timers that fire late. The lag is measured, nothing that fell due is skipped."""
    allocated(connection, council)
    clock = the_clock(connection, "first_contact")
    back = clock.due_at + days(7)
    result = swept(connection, back)
    raised = alerts(connection, "first_contact")
    assert [(alert.stage, alert.fell_due_at) for alert in raised] == [
        ("warning_1", clock.warning_1_at),
        ("warning_2", clock.warning_2_at),
        ("breach", clock.due_at),
        ("escalation_1", clock.escalation_1_at),
    ]
    assert {alert.raised_at for alert in raised} == {back}
    assert result.longest_lag_seconds == (back - clock.warning_1_at).total_seconds()


def test_an_alert_says_whom_it_is_for_and_whose_case_it_is(connection: Connection, council: Council) -> None:
    allocated(connection, council)
    swept(connection, the_clock(connection, "first_contact").due_at)
    breach = alerts(connection, "first_contact")[-1]
    assert (breach.audience, breach.urgent, breach.status) == ("lead_professional,manager", False, "open")
    assert (breach.team_id, breach.lead_professional_id) == (council["lead"].team_id, council["lead"].id)


def test_an_urgent_stage_makes_an_urgent_alert(connection: Connection, council: Council) -> None:
    contact(connection, council)
    swept(connection, MONDAY + days(3))
    urgent = {alert.stage: alert.urgent for alert in alerts(connection, "screening_decision")}
    assert urgent == {"warning_1": False, "warning_2": False, "breach": True}


def test_the_next_moment_of_a_clock_moves_to_its_next_stage(connection: Connection, council: Council) -> None:
    allocated(connection, council)
    clock = the_clock(connection, "first_contact")
    swept(connection, clock.warning_1_at)
    assert the_clock(connection, "first_contact").next_moment == clock.warning_2_at
    swept(connection, clock.escalation_1_at)
    assert the_clock(connection, "first_contact").next_moment is None


def test_the_next_moment_is_the_earliest_to_come_whatever_its_place_on_the_ladder(
    connection: Connection, council: Council
) -> None:
    allocated(connection, council)
    clock = the_clock(connection, "first_contact")
    last, soon = clock.escalation_1_at, clock.due_at + timedelta(hours=1)
    moved = update(ClockRow).where(ClockRow.id == clock.id).values(warning_2_at=last, escalation_1_at=soon)
    connection.execute(moved)
    swept(connection, clock.due_at)
    assert the_clock(connection, "first_contact").next_moment == soon
    swept(connection, soon)
    assert the_clock(connection, "first_contact").next_moment == last


def test_a_second_sweep_finds_no_clock_to_look_at(connection: Connection, council: Council) -> None:
    allocated(connection, council)
    at = MONDAY + days(60)
    swept(connection, at)
    assert connection.execute(DUE, {"now": at, "at_most": 100}).all() == []


def test_a_first_contact_in_time_but_typed_late_settles_the_breach(
    connection: Connection, council: Council
) -> None:
    """Rule 4: made on day 4, typed on day 7; the alert of day 6 is settled by the system and both facts stay."""
    reference = allocated(connection, council)
    due = the_clock(connection, "first_contact").due_at
    swept(connection, due + timedelta(hours=9))
    act(
        connection,
        reference,
        "record_first_contact",
        council["lead"],
        REACHED,
        now=due + days(1),
        occurred_at=due - days(1),
    )
    breach = next(a for a in alerts(connection, "first_contact") if a.stage == "breach")
    clock = the_clock(connection, "first_contact")
    assert (clock.status, clock.recorded_late, breach.status) == ("met", True, "resolved")
    assert "recorded late" in breach.resolution
    assert swept(connection, due + days(2)).resolved == 0


def test_stages_that_no_sweep_saw_are_raised_when_the_clock_stops(
    connection: Connection, council: Council
) -> None:
    """Rule 7: the sweep was down from the warning to the first contact; what fell due in between is not lost."""
    reference = allocated(connection, council)
    clock = the_clock(connection, "first_contact")
    late = clock.due_at + timedelta(hours=10)
    act(connection, reference, "record_first_contact", council["lead"], REACHED, now=late)
    swept(connection, late + days(1))
    assert [stage for _, stage in stages(connection, "first_contact")] == ["warning_1", "warning_2", "breach"]


def test_an_action_that_read_the_clock_before_a_sweep_raises_nothing_twice(
    connection: Connection, council: Council
) -> None:
    """Two at once: the action still sees a stage to come that the sweep has raised meanwhile."""
    reference = allocated(connection, council)
    clock = the_clock(connection, "first_contact")
    swept(connection, clock.due_at)
    connection.execute(update(ClockRow).where(ClockRow.id == clock.id).values(next_moment=clock.warning_1_at))
    act(connection, reference, "record_first_contact", council["lead"], REACHED, now=clock.due_at)
    assert [stage for _, stage in stages(connection, "first_contact")] == ["warning_1", "warning_2", "breach"]


def test_a_paused_clock_raises_nothing(connection: Connection, council: Council) -> None:
    """Item 7: a "breached" notice while paused."""
    reference = allocated(connection, council)
    pause = {"clock": "first_contact", "reason": "Family abroad"}
    act(connection, reference, "pause_clock", council["manager"], pause, now=MONDAY + timedelta(hours=1))
    swept(connection, MONDAY + days(30))
    assert stages(connection, "first_contact") == []


def test_a_resumed_clock_does_not_breach_at_once(connection: Connection, council: Council) -> None:
    """Item 8: breach the moment a case is resumed. The due moment moves by the paused time."""
    reference = allocated(connection, council)
    pause = {"clock": "first_contact", "reason": "Family abroad"}
    act(connection, reference, "pause_clock", council["manager"], pause, now=MONDAY + timedelta(hours=1))
    back = MONDAY + days(28)
    act(
        connection, reference, "resume_clock", council["manager"], {**pause, "reason": "Home again"}, now=back
    )
    swept(connection, back + timedelta(hours=1))
    assert stages(connection, "first_contact") == []
    due = the_clock(connection, "first_contact").due_at
    assert due > back
    swept(connection, due)
    assert ("first_contact", "breach") in stages(connection, "first_contact")


def test_a_change_of_urgency_alerts_by_the_new_moment_only(connection: Connection, council: Council) -> None:
    """Items 5 and 6, rule 9: reckoned from the original start; what a stale moment raised is settled."""
    reference = accepted(connection, council)
    up = {"what_changed": "Injury seen", "level_of_need": "specialist", "urgency": "red"}
    act(connection, reference, "request_step_up", council["manager"], up, now=MONDAY)
    red = the_clock(connection, "step_up_decision")
    swept(connection, red.warning_1_at)
    green = {"urgency": "green", "reason": "Explained"}
    act(connection, reference, "change_urgency", council["manager"], green, now=red.warning_1_at)
    swept(connection, red.due_at + timedelta(hours=1))
    assert [(a.stage, a.status) for a in alerts(connection, "step_up_decision")] == [
        ("warning_1", "resolved")
    ]
    moved = the_clock(connection, "step_up_decision")
    swept(connection, moved.due_at)
    assert [(a.stage, a.fell_due_at) for a in alerts(connection, "step_up_decision")][1:] == [
        ("warning_1", moved.warning_1_at),
        ("breach", moved.due_at),
    ]


def test_a_change_of_lead_professional_raises_nothing_twice(connection: Connection, council: Council) -> None:
    """Rule 6: no clock restarts; the open alert follows the case to the new one."""
    reference = allocated(connection, council)
    due = the_clock(connection, "first_contact").due_at
    swept(connection, due)
    change = {"lead_professional": council["other_lead"].email, "reason": "Leave"}
    act(connection, reference, "change_lead_professional", council["manager"], change, now=due)
    swept(connection, due + timedelta(hours=1))
    raised = alerts(connection, "first_contact")
    assert len(raised) == 3
    assert {alert.lead_professional_id for alert in raised} == {council["other_lead"].id}


def test_ladders_run_in_the_clocks_own_time(connection: Connection, council: Council) -> None:
    """Item 5: two working days after the deadline of a Friday are not Sunday."""
    allocated(connection, council, at=datetime(2026, 3, 6, 10, tzinfo=UTC))
    clock = the_clock(connection, "first_contact")
    assert clock.due_at == datetime(2026, 3, 14, tzinfo=UTC)
    assert clock.escalation_1_at == datetime(2026, 3, 18, tzinfo=UTC)


def test_an_alert_left_open_on_an_ended_clock_is_settled(connection: Connection, council: Council) -> None:
    reference = allocated(connection, council)
    due = the_clock(connection, "first_contact").due_at
    swept(connection, due)
    act(connection, reference, "record_first_contact", council["lead"], REACHED, now=due + timedelta(hours=1))
    connection.execute(
        update(Alert).where(Alert.clock == "first_contact").values(status="open", resolved_at=None)
    )
    assert swept(connection, due + timedelta(hours=2)).resolved == 3
    assert {alert.status for alert in alerts(connection, "first_contact")} == {"resolved"}


def test_a_quiet_sweep_looks_for_alerts_left_open_every_ten_minutes(
    connection: Connection, council: Council
) -> None:
    """And the first after one that raised any: to look each time would cost the more, the more was raised lately."""
    reference = allocated(connection, council)
    due = the_clock(connection, "first_contact").due_at
    swept(connection, due)
    act(connection, reference, "record_first_contact", council["lead"], REACHED, now=due + timedelta(hours=1))
    for minutes, settled in ((0.01, 0), (1, 3), (2, 0), (9.9, 0), (10, 3)):
        left_open = (
            update(Alert).where(Alert.clock == "first_contact").values(status="open", resolved_at=None)
        )
        connection.execute(left_open)
        assert swept(connection, due + timedelta(minutes=minutes)).resolved == settled, minutes


def test_every_busy_sweep_leaves_a_row_and_quiet_ones_now_and_then(
    connection: Connection, council: Council
) -> None:
    allocated(connection, council)
    due = the_clock(connection, "first_contact").due_at
    swept(connection, due)
    swept(connection, due + timedelta(seconds=1))
    swept(connection, due + timedelta(seconds=60))
    rows = connection.execute(select(Sweep).order_by(Sweep.id)).all()
    assert [(row.started_at, row.warnings, row.breaches) for row in rows] == [
        (due, 2, 1),
        (due + timedelta(seconds=60), 0, 0),
    ]


def test_a_backlog_is_taken_in_batches_oldest_first(connection: Connection, council: Council) -> None:
    for n in range(5):
        allocated(connection, council, at=MONDAY + timedelta(minutes=n), surname=f"Family {n}")
    at = MONDAY + days(9)
    runs = []
    while not runs or runs[-1].more:
        runs.append(sweep(connection, now=at, worker="tests", at_most=2))
    assert len(runs) >= 3
    assert stages(connection, "first_contact").count(("first_contact", "breach")) == 5
    assert swept(connection, at).breaches == 0


def test_a_sweep_without_a_time_zone_is_refused(connection: Connection, council: Council) -> None:
    allocated(connection, council)
    with pytest.raises(Exception, match="time zone"):
        swept(connection, datetime(2026, 4, 1, 10))  # noqa: DTZ001  the fault under test


@pytest.mark.parametrize("analysed", ["never", "analysed"])
def test_the_sweep_walks_the_index_of_clocks_that_wait(engine: Engine, analysed: str) -> None:
    """Query plan: whatever the number of clocks, only those due are touched, on both databases."""
    council = council_in(engine)
    with transaction(engine) as connection:
        allocated(connection, council)
        copy_clocks(connection, 2_000)
        if analysed == "analysed":
            connection.execute(text("ANALYZE"))
        assert "ix_clocks_next_moment" in plan_of(connection, MONDAY + timedelta(minutes=1))


def plan_of(connection: Connection, now: datetime) -> str:
    prefix = "EXPLAIN" if is_postgresql(connection) else "EXPLAIN QUERY PLAN"
    statement = DUE.compile(connection)
    asked = {"now": now, "at_most": 20_000}
    if is_postgresql(connection):
        rows = connection.exec_driver_sql(f"{prefix} {statement.string}", asked)
    else:
        rows = connection.exec_driver_sql(
            f"{prefix} {statement.string}", (f"{now:%Y-%m-%d %H:%M:%S.%f}", 20_000, 0)
        )
    return "\n".join(str(row[-1]) for row in rows)


def copy_clocks(connection: Connection, count: int) -> None:
    """Many more runs of the newest clock, started by events that never were."""
    row = connection.execute(select(ClockRow).order_by(ClockRow.id.desc()).limit(1)).one()
    like = {name: value for name, value in row._mapping.items() if name != "id"}
    later = [
        like | {"started_by": 1_000 + n, "next_moment": row.next_moment + timedelta(minutes=n)}
        for n in range(count)
    ]
    connection.execute(ClockRow.__table__.insert(), later)
    assert connection.scalar(select(func.count()).select_from(ClockRow)) >= count
