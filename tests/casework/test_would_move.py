"""Which days changed is kept until no open time limit hangs on them, and says where to look for what would move."""

from datetime import date, timedelta

from sqlalchemy import Connection, Engine, event, update

from earlyhelp.casework.changed_days import ChangedDays, changed_days, forget_changed_days
from earlyhelp.casework.pathways import close_office, open_office
from earlyhelp.casework.recalculate import apply_batch, preview
from earlyhelp.casework.seeding import seed
from earlyhelp.casework.would_move import would_move
from earlyhelp.permissions import SYSTEM
from earlyhelp.places import workflows
from earlyhelp.records.cases import CalendarDay
from earlyhelp.records.database import transaction
from earlyhelp.scheduler.changed_days import settle_changed_days
from tests.casework.watched_cases import MONDAY, Council, act, allocated, council_in, days, the_clock

SNOW, GOOD_FRIDAY = date(2026, 3, 4), date(2026, 4, 3)


def statements(connection: Connection) -> list[str]:
    """What `would_move` asks."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    event.listen(connection, "before_cursor_execute", note)
    would_move(connection)
    event.remove(connection, "before_cursor_execute", note)
    return asked


def test_no_clock_is_read_while_no_day_has_changed(connection: Connection, council: Council) -> None:
    allocated(connection, council)
    assert not any("clocks" in statement for statement in statements(connection))
    close_office(connection, on=SNOW, name="Snow")
    assert any("clocks" in statement for statement in statements(connection))


def test_what_would_move_is_found_and_no_more_than_is_asked_for(
    connection: Connection, council: Council
) -> None:
    for surname in ("First", "Second", "Third"):
        allocated(connection, council, surname=surname)
    close_office(connection, on=SNOW, name="Snow")
    found = would_move(connection)
    assert len(found) > 3
    assert sorted(found) == sorted(preview(connection))
    assert [move.due_before for move in found] == sorted(move.due_before for move in found)
    assert would_move(connection, at_most=2) == found[:2]


def test_a_clock_that_is_overdue_is_found_by_its_ladder(connection: Connection, council: Council) -> None:
    """Due by the end of Monday 9 March; the service manager hears of it two working days later."""
    allocated(connection, council)
    due = the_clock(connection, "first_contact").due_at
    close_office(connection, on=date(2026, 3, 10), name="Snow")
    found = {move.clock: move for move in would_move(connection)}
    assert (found["first_contact"].due_before, found["first_contact"].due_after) == (due, due)


def test_a_clock_whose_pause_turns_out_to_have_begun_after_it_was_due_is_found(
    connection: Connection, council: Council
) -> None:
    """The pause moves its ladder by weeks then, and not its due moment."""
    reference = allocated(connection, council)
    pause = {"clock": "first_contact", "reason": "Family abroad"}
    act(connection, reference, "pause_clock", council["manager"], pause, now=MONDAY + days(3))
    act(connection, reference, "resume_clock", council["manager"], pause, now=MONDAY + days(31))
    paused_by = the_clock(connection, "first_contact").pauses[0]["paused_by"]
    later = {"event": paused_by, "happened_at": (MONDAY + days(8)).isoformat(), "reason": "Typed wrong"}
    act(connection, reference, "correct_event", council["manager"], later, now=MONDAY + days(32))
    assert the_clock(connection, "first_contact").due_at < MONDAY + days(8)
    close_office(connection, on=date(2026, 4, 7), name="Flood")
    assert "first_contact" in {move.clock for move in would_move(connection)}
    assert sorted(would_move(connection)) == sorted(preview(connection))


def test_every_day_that_changes_is_kept_also_when_it_changes_back(connection: Connection) -> None:
    close_office(connection, on=SNOW, name="Snow")
    close_office(connection, on=date(2026, 3, 10), name="Flood")
    open_office(connection, on=SNOW)
    assert changed_days(connection) == ChangedDays(SNOW, date(2026, 3, 10), changes=3)


def test_a_bank_holiday_that_comes_with_a_new_version_is_a_changed_day(connection: Connection) -> None:
    that = update(CalendarDay).where(CalendarDay.on == GOOD_FRIDAY)
    connection.execute(that.values(counts_as=GOOD_FRIDAY))
    later = update(CalendarDay).where(CalendarDay.on >= GOOD_FRIDAY)
    connection.execute(later.values(working_number=CalendarDay.working_number + 1))
    for _ in range(2):
        seed(connection, shipped=workflows(), own=None, council="Lyonesse", now=MONDAY)
        assert changed_days(connection) == ChangedDays(GOOD_FRIDAY, GOOD_FRIDAY, changes=1)


def test_days_that_changed_since_they_were_seen_are_not_forgotten(connection: Connection) -> None:
    close_office(connection, on=SNOW, name="Snow")
    seen = changed_days(connection)
    assert seen is not None
    open_office(connection, on=SNOW)
    forget_changed_days(connection, seen)
    assert changed_days(connection) == seen._replace(changes=2)


def test_the_worker_forgets_changed_days_once_nothing_would_move(engine: Engine) -> None:
    """At its second look: who had read the calendar before the day was closed may have been writing at the first."""
    council = council_in(engine)
    with transaction(engine) as connection:
        allocated(connection, council)
        close_office(connection, on=SNOW, name="Snow")
        closed = changed_days(connection)
    assert settle_changed_days(engine, seen_before=closed) == closed
    with transaction(engine) as connection:
        apply_batch(connection, person=SYSTEM, reason="Snow", now=MONDAY + timedelta(hours=3))
    assert settle_changed_days(engine, seen_before=None) == closed
    assert settle_changed_days(engine, seen_before=closed) is None
    with transaction(engine) as connection:
        assert changed_days(connection) is None
        assert preview(connection) == []


def test_nothing_would_move_where_nothing_was_ever_published(connection: Connection) -> None:
    close_office(connection, on=SNOW, name="Snow")
    assert would_move(connection) == []


def test_a_paused_clock_is_found(connection: Connection, council: Council) -> None:
    reference = allocated(connection, council)
    pause = {"clock": "first_contact", "reason": "Family abroad"}
    act(connection, reference, "pause_clock", council["manager"], pause, now=MONDAY + days(1))
    close_office(connection, on=SNOW, name="Snow")
    assert "first_contact" in {move.clock for move in would_move(connection)}
