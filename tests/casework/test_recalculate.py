"""Moving open clocks to a calendar that changed, with an event on each case (rule 14)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from earlyhelp.casework.audit import verify_one
from earlyhelp.casework.pathways import close_office, open_office
from earlyhelp.casework.perform import perform
from earlyhelp.casework.recalculate import Applied, apply_batch, preview
from earlyhelp.casework.refusals import NotAllowed, StaleVersion
from earlyhelp.pathway.facts import BadFields
from earlyhelp.permissions import SYSTEM
from earlyhelp.records.cases import Case, Event
from earlyhelp.records.clocks import ClockRevision
from tests.casework.watched_cases import (
    MONDAY,
    Council,
    act,
    alerts,
    allocated,
    contact,
    days,
    swept,
    the_clock,
)

SNOW = date(2026, 3, 4)
LATER = MONDAY + timedelta(hours=3)


def snowed_in(connection: Connection) -> None:
    close_office(connection, on=SNOW, name="Snow")


def applied(connection: Connection, now: datetime = LATER) -> Applied:
    return apply_batch(connection, person=SYSTEM, reason="Offices closed by snow", now=now)


def test_nothing_moves_while_the_calendar_is_the_same(connection: Connection, council: Council) -> None:
    allocated(connection, council)
    assert preview(connection) == []
    assert applied(connection).moves == ()


def test_the_preview_says_what_would_move_and_moves_nothing(connection: Connection, council: Council) -> None:
    reference = allocated(connection, council)
    due = the_clock(connection, "first_contact").due_at
    snowed_in(connection)
    first = next(move for move in preview(connection) if move.clock == "first_contact")
    assert (first.reference, first.due_before, first.due_after) == (reference, due, due + days(1))
    assert the_clock(connection, "first_contact").due_at == due


def test_a_closure_moves_every_clock_of_its_case_with_one_event(
    connection: Connection, council: Council
) -> None:
    reference = allocated(connection, council)
    due = the_clock(connection, "first_contact").due_at
    snowed_in(connection)
    expected = preview(connection)
    assert list(applied(connection).moves) == expected
    event = connection.execute(select(Event).order_by(Event.id.desc()).limit(1)).one()
    assert (event.action, event.kind, event.reason) == ("recalculate", "moved", "Offices closed by snow")
    assert [move["clock"] for move in event.fields["clocks"]] == ["first_contact", "assessment"]
    assert the_clock(connection, "first_contact").due_at == due + days(1)
    assert verify_one(connection, reference=reference) is None
    assert preview(connection) == []


def test_the_case_shows_its_new_nearest_due_moment_and_an_older_page_is_stale(
    connection: Connection, council: Council
) -> None:
    reference = allocated(connection, council)
    before = connection.execute(select(Case)).one()
    snowed_in(connection)
    applied(connection)
    after = connection.execute(select(Case)).one()
    assert after.next_due_at == the_clock(connection, "first_contact").due_at == before.next_due_at + days(1)
    assert (after.state, after.version) == (before.state, before.version + 1)
    with pytest.raises(StaleVersion):
        perform(
            connection,
            reference=reference,
            action="record_contact_attempt",
            person=council["lead"],
            fields={},
            seen_version=before.version,
            now=LATER,
        )


def test_what_a_clock_said_before_is_kept(connection: Connection, council: Council) -> None:
    allocated(connection, council)
    due = the_clock(connection, "first_contact").due_at
    snowed_in(connection)
    applied(connection)
    kept = [row.was["due_at"] for row in connection.execute(select(ClockRevision))]
    assert due.isoformat() in kept


def test_a_breach_that_the_new_calendar_takes_back_is_settled_and_comes_at_its_new_moment(
    connection: Connection, council: Council
) -> None:
    """The day was announced after the breach was raised."""
    allocated(connection, council)
    due = the_clock(connection, "first_contact").due_at
    swept(connection, due)
    snowed_in(connection)
    applied(connection, due + timedelta(hours=9))
    settled = [a for a in alerts(connection, "first_contact") if a.stage == "breach"]
    assert [(a.status, "Working days changed" in a.resolution) for a in settled] == [("resolved", True)]
    swept(connection, due + days(1))
    breaches = [a for a in alerts(connection, "first_contact") if a.stage == "breach"]
    assert [a.fell_due_at for a in breaches] == [due, due + days(1)]


def test_a_closure_taken_back_moves_the_clocks_back(connection: Connection, council: Council) -> None:
    allocated(connection, council)
    due = the_clock(connection, "first_contact").due_at
    snowed_in(connection)
    applied(connection)
    open_office(connection, on=SNOW)
    applied(connection, LATER + timedelta(hours=1))
    assert the_clock(connection, "first_contact").due_at == due


def test_a_paused_clock_is_moved_and_stays_paused(connection: Connection, council: Council) -> None:
    reference = allocated(connection, council)
    pause = {"clock": "assessment", "reason": "Family abroad"}
    act(connection, reference, "pause_clock", council["manager"], pause, now=MONDAY + timedelta(hours=1))
    due = the_clock(connection, "assessment").due_at
    snowed_in(connection)
    applied(connection)
    clock = the_clock(connection, "assessment")
    assert (clock.status, clock.next_moment, clock.due_at > due) == ("paused", None, True)
    swept(connection, due + days(60))
    assert alerts(connection, "assessment") == []


def test_pauses_count_once_when_a_clock_is_reckoned_again(connection: Connection, council: Council) -> None:
    """Item 6: paused time forgotten. Net of pauses, and gross beside it."""
    reference = allocated(connection, council)
    pause = {"clock": "first_contact", "reason": "Family abroad"}
    act(connection, reference, "pause_clock", council["manager"], pause, now=MONDAY + days(2))
    act(connection, reference, "resume_clock", council["manager"], pause, now=MONDAY + days(4))
    before = the_clock(connection, "first_contact")
    close_office(connection, on=date(2026, 3, 10), name="Announced late")
    applied(
        connection,
        MONDAY
        + days(
            4,
        ),
    )
    after = the_clock(connection, "first_contact")
    assert (after.due_at - before.due_at, after.gross_due_at) == (days(1), before.gross_due_at)


def test_an_open_case_without_difference_gets_no_event(connection: Connection, council: Council) -> None:
    old = contact(connection, council, at=MONDAY - days(30))
    snowed_in(connection)
    applied(connection)
    case = connection.execute(select(Case).where(Case.reference == old)).one()
    assert case.version == 1


def test_many_cases_are_moved_in_batches_and_a_broken_run_is_finished_by_the_next(
    connection: Connection, council: Council
) -> None:
    for n in range(5):
        allocated(connection, council, at=MONDAY + timedelta(minutes=n), surname=f"Family {n}")
    snowed_in(connection)
    first = apply_batch(connection, person=SYSTEM, reason="Snow", now=LATER, at_most=2)
    assert (len(first.moves), first.after is None) == (4, False)
    again, moves = Applied((), 0), 0
    while again.after is not None:
        again = apply_batch(connection, person=SYSTEM, reason="Snow", now=LATER, after=again.after, at_most=2)
        moves += len(again.moves)
    assert moves == 6
    assert preview(connection) == []


def test_only_an_administrator_with_a_reason_moves_everything(
    connection: Connection, council: Council
) -> None:
    with pytest.raises(NotAllowed):
        apply_batch(connection, person=council["service_manager"], reason="Snow", now=LATER)
    with pytest.raises(BadFields):
        apply_batch(connection, person=SYSTEM, reason="  ", now=LATER)


def test_due_moments_across_the_change_to_summer_time_stay_at_midnight(
    connection: Connection, council: Council
) -> None:
    allocated(connection, council, at=datetime(2026, 3, 23, 10, tzinfo=UTC))
    close_office(connection, on=date(2026, 3, 26), name="Flood")
    applied(connection, datetime(2026, 3, 23, 12, tzinfo=UTC))
    assert the_clock(connection, "first_contact").due_at == datetime(2026, 3, 31, 23, tzinfo=UTC)


def test_what_a_pause_settled_stays_settled_when_the_calendar_changes(
    connection: Connection, council: Council
) -> None:
    reference, friday = allocated(connection, council), MONDAY + days(4)
    swept(connection, friday)
    fields = {"clock": "first_contact", "reason": "Family abroad"}
    before: dict[str, Any] = {"now": friday, "occurred_at": MONDAY + days(1)}
    act(connection, reference, "pause_clock", council["manager"], fields, **before)
    close_office(connection, on=date(2026, 3, 6), name="Snow")
    applied(connection, now=friday)
    assert [alert.status for alert in alerts(connection, "first_contact")] == ["resolved"]
    assert the_clock(connection, "first_contact").status == "paused"


def test_a_breach_that_turns_out_to_have_come_before_a_pause_is_told_while_it_lasts(
    connection: Connection, council: Council
) -> None:
    """Time was given for a day that the office was open after all, and the clock was paused in that time."""
    reference = allocated(connection, council)
    due = the_clock(connection, "first_contact").due_at
    snowed_in(connection)
    applied(connection)
    pause = {"clock": "first_contact", "reason": "Family abroad"}
    act(connection, reference, "pause_clock", council["manager"], pause, now=due + timedelta(hours=9))
    open_office(connection, on=SNOW)
    applied(connection, due + timedelta(hours=10))
    breaches = [a for a in alerts(connection, "first_contact") if a.stage == "breach"]
    assert [(a.status, a.fell_due_at) for a in breaches] == [("open", due)]
    assert the_clock(connection, "first_contact").status == "paused"
