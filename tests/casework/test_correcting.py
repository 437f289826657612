"""Correcting a wrong date: an event of its own, which judges the clocks again and overwrites nothing."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from earlyhelp.casework.audit import verify_one
from earlyhelp.casework.clockwork import move_clock
from earlyhelp.casework.moments import Moment
from earlyhelp.casework.stages import tier_of
from earlyhelp.pathway.clocks import Schedule
from earlyhelp.pathway.facts import BadFields
from earlyhelp.records.cases import Case, Contact, Event
from earlyhelp.records.clocks import Alert, ClockRevision, ClockRow
from tests.casework.test_perform import FIRST_CONTACT, the_case
from tests.casework.watched_cases import (
    MONDAY,
    Council,
    accepted,
    act,
    alerts,
    allocated,
    contact,
    days,
    found_council,
    stages,
    swept,
    the_clock,
)


def correct(
    connection: Connection, council: Council, reference: str, event: int, happened_at: datetime, now: datetime
) -> None:
    fields: dict[str, Any] = {
        "event": event,
        "happened_at": happened_at.isoformat(),
        "reason": "The wrong week was typed",
    }
    act(connection, reference, "correct_event", council["service_manager"], fields, now=now)


def first_contact_event(connection: Connection, reference: str) -> int:
    case = the_case(connection, reference)
    return connection.execute(
        select(Event.sequence).where(Event.case_id == case.id, Event.action == "record_first_contact")
    ).scalar_one()


def allocation_event(connection: Connection, reference: str) -> int:
    case = the_case(connection, reference)
    return connection.execute(
        select(Event.sequence).where(Event.case_id == case.id, Event.kind == "allocation")
    ).scalar_one()


def test_a_late_contact_that_was_in_time_after_all_becomes_met(connection: Connection) -> None:
    council = found_council(connection)
    reference = allocated(connection, council)
    act(connection, reference, "record_first_contact", council["lead"], FIRST_CONTACT, now=MONDAY + days(9))
    assert the_clock(connection, "first_contact").status == "met_late"
    event = first_contact_event(connection, reference)
    correct(connection, council, reference, event, MONDAY + days(2), MONDAY + days(10))
    clock = the_clock(connection, "first_contact")
    assert (clock.status, clock.recorded_late, clock.stopped_at) == ("met", True, MONDAY + days(2))


def test_nothing_is_overwritten(connection: Connection) -> None:
    council = found_council(connection)
    reference = allocated(connection, council)
    act(connection, reference, "record_first_contact", council["lead"], FIRST_CONTACT, now=MONDAY + days(9))
    event = first_contact_event(connection, reference)
    correct(connection, council, reference, event, MONDAY + days(2), MONDAY + days(10))
    case = the_case(connection, reference)
    typed = connection.execute(select(Event).where(Event.case_id == case.id, Event.sequence == event)).one()
    assert typed.occurred_at == MONDAY + days(9)
    correction = connection.execute(
        select(Event).where(Event.case_id == case.id, Event.kind == "correction")
    ).one()
    assert (correction.corrects, correction.corrected_to) == (event, MONDAY + days(2))
    kept = connection.execute(
        select(ClockRevision.was).where(ClockRevision.replaced_by == correction.sequence)
    ).scalar_one()
    assert kept["status"] == "met_late"
    assert verify_one(connection, reference=reference) is None


def test_an_allocation_that_was_earlier_brings_the_due_moment_forward(connection: Connection) -> None:
    council = found_council(connection)
    reference = accepted(connection, council)
    allocation = {"lead_professional": council["lead"].email}
    act(
        connection,
        reference,
        "allocate_lead_professional",
        council["manager"],
        allocation,
        now=MONDAY + days(3),
    )
    before = the_clock(connection, "first_contact")
    event = allocation_event(connection, reference)
    correct(connection, council, reference, event, MONDAY + days(1), MONDAY + days(4))
    after = the_clock(connection, "first_contact")
    assert after.started_at == MONDAY + days(1)
    assert before.due_at - after.due_at == days(2)
    assert after.gross_due_at == after.due_at
    assert the_clock(connection, "allocation").stopped_at == MONDAY + days(1)
    act(connection, reference, "record_first_contact", council["lead"], FIRST_CONTACT, now=MONDAY + days(4))
    correct(connection, council, reference, event, MONDAY + days(2), MONDAY + days(4))
    ended = the_clock(connection, "first_contact")
    assert ended.gross_due_at == ended.due_at == after.due_at + days(1)


def test_a_corrected_start_settles_the_alert_of_the_wrong_due_moment(connection: Connection) -> None:
    council = found_council(connection)
    reference = contact(connection, council, at=MONDAY - days(7))
    swept(connection, MONDAY)
    assert ("screening_decision", "breach") in stages(connection)
    correct(connection, council, reference, 1, MONDAY - timedelta(minutes=5), MONDAY)
    alerts = connection.execute(select(Alert).where(Alert.stage == "breach")).all()
    assert [alert.status for alert in alerts] == ["resolved"]
    assert "now due" in alerts[0].resolution
    case = the_case(connection, reference)
    assert case.next_due_at == the_clock(connection, "screening_decision").due_at > MONDAY
    received = connection.scalar(select(Contact.received_at).where(Contact.case_id == case.id))
    assert received == case.opened_at == MONDAY - timedelta(minutes=5)


def test_a_paused_clock_stays_paused_through_a_correction(connection: Connection) -> None:
    council = found_council(connection)
    reference = allocated(connection, council)
    fields = {"clock": "first_contact", "reason": "Family abroad"}
    act(connection, reference, "pause_clock", council["manager"], fields, now=MONDAY + days(3))
    paused = the_case(connection, reference).version
    correct(connection, council, reference, paused, MONDAY + days(1), MONDAY + days(4))
    clock = the_clock(connection, "first_contact")
    assert (clock.status, clock.next_moment) == ("paused", None)
    assert datetime.fromisoformat(clock.pauses[0]["paused_at"]) == MONDAY + days(1)


def test_a_corrected_end_of_a_pause_moves_the_due_moment(connection: Connection) -> None:
    council = found_council(connection)
    reference = allocated(connection, council)
    fields = {"clock": "first_contact", "reason": "Family abroad"}
    act(connection, reference, "pause_clock", council["manager"], fields, now=MONDAY)
    act(connection, reference, "resume_clock", council["manager"], fields, now=MONDAY + days(4))
    before = the_clock(connection, "first_contact").due_at
    resumed = the_case(connection, reference).version
    correct(connection, council, reference, resumed, MONDAY + days(2), MONDAY + days(4))
    assert before - the_clock(connection, "first_contact").due_at >= days(2)


@pytest.mark.parametrize(
    ("event", "happened_at", "field"),
    [
        (99, MONDAY, "event"),
        (1, MONDAY + days(30), "happened_at"),
        (4, MONDAY - days(1), "happened_at"),
        (1, MONDAY + days(1), "happened_at"),
    ],
)
def test_a_correction_must_keep_the_history_in_order(
    connection: Connection, event: int, happened_at: datetime, field: str
) -> None:
    council = found_council(connection)
    reference = allocated(connection, council)
    before = the_case(connection, reference)
    with pytest.raises(BadFields) as refused:
        correct(connection, council, reference, event, happened_at, MONDAY + days(2))
    assert set(refused.value.errors) == {field}
    assert connection.scalar(select(Case.version).where(Case.reference == reference)) == before.version


def test_a_correction_is_not_itself_corrected(connection: Connection) -> None:
    council = found_council(connection)
    reference = allocated(connection, council)
    correct(connection, council, reference, 1, MONDAY - timedelta(hours=1), MONDAY)
    correction = the_case(connection, reference).version
    with pytest.raises(BadFields) as refused:
        correct(connection, council, reference, correction, MONDAY, MONDAY)
    assert "event" in refused.value.errors


def test_a_closed_case_is_closed_when_it_truly_closed(connection: Connection) -> None:
    council = found_council(connection)
    reference = contact(connection, council)
    fields = {"level_of_need": "universal", "rationale": "Needs are met at school"}
    act(
        connection,
        reference,
        "close_no_further_action",
        council["screener"],
        fields,
        now=MONDAY + days(3),
    )
    assert the_clock(connection, "screening_decision").status == "met_late"
    act(
        connection,
        reference,
        "correct_event",
        council["screening_manager"],
        {"event": 2, "happened_at": (MONDAY + timedelta(hours=2)).isoformat(), "reason": "Decided on Monday"},
        now=MONDAY + days(3),
    )
    assert the_clock(connection, "screening_decision").status == "met"
    assert the_case(connection, reference).closed_at == MONDAY + timedelta(hours=2)


def test_a_pause_is_not_corrected_to_after_it_ended(connection: Connection) -> None:
    council = found_council(connection)
    reference = allocated(connection, council)
    fields = {"clock": "first_contact", "reason": "Family abroad"}
    act(connection, reference, "pause_clock", council["manager"], fields, now=MONDAY + days(1))
    paused = the_case(connection, reference).version
    act(connection, reference, "resume_clock", council["manager"], fields, now=MONDAY + days(2))
    with pytest.raises(BadFields) as refused:
        correct(connection, council, reference, paused, MONDAY + days(3), MONDAY + days(4))
    assert "happened_at" in refused.value.errors


def test_a_running_clock_that_a_correction_makes_late_alerts_at_the_next_sweep(
    connection: Connection,
) -> None:
    council = found_council(connection)
    reference = accepted(connection, council)
    fields = {"lead_professional": council["lead"].email}
    allocated_at = MONDAY + days(8)
    act(connection, reference, "allocate_lead_professional", council["manager"], fields, now=allocated_at)
    swept(connection, allocated_at)
    assert ("first_contact", "breach") not in stages(connection)
    event = allocation_event(connection, reference)
    correct(connection, council, reference, event, MONDAY, allocated_at)
    swept(connection, allocated_at)
    (breach,) = [alert for alert in alerts(connection, "first_contact") if alert.stage == "breach"]
    assert (breach.status, breach.fell_due_at) == ("open", the_clock(connection, "first_contact").due_at)
    swept(connection, allocated_at)
    assert stages(connection, "first_contact").count(("first_contact", "breach")) == 1


def test_a_clock_that_ended_keeps_the_breach_that_a_correction_brings_to_light(
    connection: Connection,
) -> None:
    council = found_council(connection)
    reference = allocated(connection, council)
    contacted = {"person": council["lead"], "fields": FIRST_CONTACT, "now": MONDAY + days(9)}
    act(connection, reference, "record_first_contact", occurred_at=MONDAY + days(1), **contacted)
    assert ("first_contact", "breach") not in stages(connection)
    event = first_contact_event(connection, reference)
    correct(connection, council, reference, event, MONDAY + days(9), MONDAY + days(9))
    (breach,) = [alert for alert in alerts(connection, "first_contact") if alert.stage == "breach"]
    assert the_clock(connection, "first_contact").status == "met_late"
    assert (breach.status, breach.raised_at) == ("resolved", MONDAY + days(9))
    assert "it was missed" in breach.resolution


def test_a_paused_clock_that_a_correction_makes_late_alerts_at_once(connection: Connection) -> None:
    council = found_council(connection)
    reference = accepted(connection, council)
    act(
        connection,
        reference,
        "allocate_lead_professional",
        council["manager"],
        {"lead_professional": council["lead"].email},
        now=MONDAY + days(8),
    )
    fields = {"clock": "first_contact", "reason": "Family abroad"}
    act(connection, reference, "pause_clock", council["manager"], fields, now=MONDAY + days(8))
    correct(connection, council, reference, allocation_event(connection, reference), MONDAY, MONDAY + days(8))
    (breach,) = [alert for alert in alerts(connection, "first_contact") if alert.stage == "breach"]
    assert (breach.status, the_clock(connection, "first_contact").status) == ("open", "paused")


def test_alerts_stand_where_their_clock_is_due_now(connection: Connection) -> None:
    """A warning that holds for the new due moment too stays as it is, and moves in the list."""
    council = found_council(connection)
    reference = allocated(connection, council)
    allocated(connection, council, surname="Nance")
    clock = the_clock(connection, "first_contact")
    swept(connection, clock.warning_1_at)
    case = the_case(connection, reference)
    later = Schedule(clock.started_at, clock.due_at + days(2), (clock.warning_1_at,), ())
    moment = Moment(
        *(case.id, case.pathway_id, case.version, "Moved", clock.warning_1_at, clock.warning_1_at),
        *(case.team_id, case.lead_professional_id, "somebody", None),
    )
    move_clock(connection, clock, later, span=clock.span, moment=moment)
    swept(connection, clock.due_at + days(30))
    due = {row.id: row.due_at for row in connection.execute(select(ClockRow))}
    unsettled = connection.execute(select(Alert).where(Alert.status != "resolved")).all()
    assert (clock.id, "warning_1") in {(alert.clock_id, alert.stage) for alert in unsettled}
    assert {alert.stage.split("_")[0] for alert in unsettled} == {"warning", "breach", "escalation"}
    for alert in unsettled:
        assert alert.clock_due_at == due[alert.clock_id], alert
        assert alert.tier == tier_of(alert.stage, alert.urgent), alert


TOO_EARLY = "A time limit cannot be met or paused before it began"
PAUSE = {"clock": "first_contact", "reason": "Family abroad"}


def test_what_met_a_time_limit_cannot_turn_out_to_have_come_before_it(connection: Connection) -> None:
    council = found_council(connection)
    reference = contact(connection, council)
    closing = {"level_of_need": "universal", "rationale": "Needs are met at school"}
    act(connection, reference, "close_no_further_action", council["screener"], closing, now=MONDAY)
    answer = {"told_what": "Nothing more is needed", "how": "phone"}
    act(connection, reference, "answer_referrer", council["screener"], answer, now=MONDAY + days(1))
    with pytest.raises(BadFields, match=TOO_EARLY):
        correct(connection, council, reference, 2, MONDAY + days(2), MONDAY + days(3))


def test_a_clock_cannot_turn_out_to_have_begun_after_its_pause(connection: Connection) -> None:
    council = found_council(connection)
    reference = allocated(connection, council)
    act(connection, reference, "pause_clock", council["manager"], PAUSE, now=MONDAY + days(1))
    with pytest.raises(BadFields, match=TOO_EARLY):
        correct(connection, council, reference, 4, MONDAY + days(2), MONDAY + days(3))


def test_a_visit_that_ended_a_pause_may_turn_out_to_have_come_before_it(connection: Connection) -> None:
    """And the pause, which then lasted no time, is there again when that was wrong too."""
    council = found_council(connection)
    reference = allocated(connection, council)
    due = the_clock(connection, "first_contact").due_at
    act(connection, reference, "pause_clock", council["manager"], PAUSE, now=MONDAY + days(2))
    act(connection, reference, "record_first_contact", council["lead"], FIRST_CONTACT, now=MONDAY + days(4))
    event = first_contact_event(connection, reference)
    pushed = the_clock(connection, "first_contact").due_at
    for happened_at, expected in ((MONDAY + days(1), due), (MONDAY + days(4), pushed)):
        correct(connection, council, reference, event, happened_at, MONDAY + days(5))
        clock = the_clock(connection, "first_contact")
        assert (clock.stopped_at, clock.due_at, clock.status) == (happened_at, expected, "met")


def test_a_pause_that_turns_out_to_have_begun_earlier_settles_what_fell_due_in_it(
    connection: Connection,
) -> None:
    council = found_council(connection)
    reference = allocated(connection, council)
    swept(connection, MONDAY + days(4))
    act(connection, reference, "pause_clock", council["manager"], PAUSE, now=MONDAY + days(4))
    assert [alert.status for alert in alerts(connection, "first_contact")] == ["open"]
    pause = the_case(connection, reference).version
    correct(connection, council, reference, pause, MONDAY + days(2), MONDAY + days(5))
    (warning,) = alerts(connection, "first_contact")
    assert warning.resolution == "The clock was paused from 04/03/2026: Family abroad"
