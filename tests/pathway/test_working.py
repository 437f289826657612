"""Rule 12, show the working; rule 13, whose days."""

from datetime import date, time

from earlyhelp.pathway.calendar import england
from earlyhelp.pathway.clocks import Counting, Pause, Span
from earlyhelp.pathway.working import DayLine, HolderSpell, gross_days, net_days, whose_days, working
from tests.pathway.moments import london

CALENDAR = england(((date(2026, 4, 8), "Town hall closed"),))
PLAIN = Counting()
FIVE_DAYS = Span(working_days=5)


def shown(
    start: str,
    until: str,
    span: Span = FIVE_DAYS,
    counting: Counting = PLAIN,
    pauses: tuple[Pause, ...] = (),
    holders: tuple[HolderSpell, ...] = (),
) -> list[DayLine]:
    return working(london(start), london(until), pauses, span, counting, CALENDAR, holders)


def reasons(lines: list[DayLine]) -> list[str]:
    return [line.reason for line in lines]


def pause(since: str, until: str | None, reason: str = "family away") -> Pause:
    return Pause(london(since), london(until) if until else None, reason)


def test_every_day_of_a_due_moment_says_why_it_counts_or_not() -> None:
    assert reasons(shown("2026-04-02 11:00", "2026-04-11 00:00")) == [
        "day 0",
        "Good Friday",
        "weekend",
        "weekend",
        "Easter Monday",
        "day 1",
        "Town hall closed",
        "day 2",
        "day 3",
    ]


def test_the_numbers_end_with_the_number_of_the_rule_on_the_day_it_is_due() -> None:
    lines = shown("2026-03-10 11:00", "2026-03-18 00:00")
    assert [line.number for line in lines] == [0, 1, 2, 3, None, None, 4, 5]
    assert [line.counted for line in lines] == [False, True, True, True, False, False, True, True]
    assert lines[-1].date == date(2026, 3, 17)


def test_a_start_after_the_cut_off_says_so() -> None:
    lines = shown("2026-03-13 16:30", "2026-03-17 10:00", counting=Counting(cut_off=time(16)))
    assert reasons(lines) == [
        "after the cut-off, counts from the next working day",
        "weekend",
        "weekend",
        "day 0",
        "day 1",
    ]


def test_a_start_after_the_close_of_business_that_would_end_it_says_so() -> None:
    lines = shown(
        "2026-03-12 18:00", "2026-03-13 17:00", Span(working_days=0), Counting(until="close_of_business")
    )
    assert reasons(lines) == ["after close of business, counts from the next working day", "day 0"]


def test_counted_from_the_same_day_the_first_is_day_1() -> None:
    lines = shown("2026-03-10 11:00", "2026-03-11 10:00", counting=Counting(count_from="same_day"))
    assert [(line.number, line.counted) for line in lines] == [(1, True), (2, True)]


def test_paused_days_have_no_number_and_give_the_reason() -> None:
    held = (pause("2026-03-12 10:00", "2026-03-16 15:00"),)
    lines = shown("2026-03-10 11:00", "2026-03-18 00:00", pauses=held)
    assert reasons(lines) == [
        "day 0",
        "day 1",
        "paused: family away",
        "paused: family away",
        "weekend",
        "weekend",
        "day 2, paused for part of it: family away",
        "day 3",
    ]


def test_a_pause_that_lasts_has_today_too() -> None:
    lines = shown("2026-03-10 11:00", "2026-03-12 12:00", pauses=(pause("2026-03-11 10:00", None),))
    assert reasons(lines) == ["day 0", "paused: family away", "paused: family away"]


def test_asked_for_a_moment_within_a_pause_that_has_ended_since_it_was_paused_then() -> None:
    held = (pause("2026-03-11 10:00", "2026-03-25 10:00"),)
    assert (
        reasons(shown("2026-03-10 11:00", "2026-03-12 12:00", pauses=held))[1:] == ["paused: family away"] * 2
    )
    start, until = london("2026-03-06 11:00"), london("2026-03-12 12:00")
    assert net_days(start, until, held, FIVE_DAYS, PLAIN, CALENDAR) == 2


def test_calendar_days_count_weekends() -> None:
    lines = shown("2026-03-13 11:00", "2026-03-16 00:00", Span(days=7))
    assert reasons(lines) == ["day 0", "day 1", "day 2"]


def test_a_clock_of_office_hours_shows_how_much_of_each_day_counted() -> None:
    held = (pause("2026-03-16 10:00", "2026-03-16 12:30"),)
    lines = shown("2026-03-13 15:30", "2026-03-17 08:00", Span(working_hours=12), pauses=held)
    assert reasons(lines) == [
        "1 hour 30 minutes counted",
        "weekend",
        "weekend",
        "5 hours 30 minutes counted; paused: family away",
        "outside office hours",
    ]
    assert [line.number for line in lines] == [None] * 5


def test_a_clock_round_the_clock_shows_the_short_day_of_the_clock_change() -> None:
    lines = shown("2026-03-28 12:00", "2026-03-30 01:00", Span(hours=36))
    assert reasons(lines) == ["12 hours counted", "23 hours counted", "1 hour counted"]


def test_a_day_belongs_to_whoever_held_the_clock_at_its_end() -> None:
    """Rule 13: allocated to A, handed to B on Thursday at noon; Thursday is B's."""
    holders = (
        HolderSpell(london("2026-03-12 12:00"), "B"),
        HolderSpell(london("2026-03-10 11:00"), "A"),
    )
    lines = shown("2026-03-10 11:00", "2026-03-18 00:00", holders=holders)
    assert [line.holder for line in lines] == ["A", "A", "B", "B", "B", "B", "B", "B"]
    assert whose_days(lines) == {"A": 1, "B": 4}


def test_who_takes_over_at_midnight_has_not_the_day_before() -> None:
    holders = (
        HolderSpell(london("2026-03-10 11:00"), "front door"),
        HolderSpell(london("2026-03-12 00:00"), "agency"),
    )
    assert whose_days(shown("2026-03-10 11:00", "2026-03-13 00:00", holders=holders)) == {
        "front door": 1,
        "agency": 1,
    }


def test_a_handover_after_the_last_moment_changes_nothing() -> None:
    holders = (HolderSpell(london("2026-03-10 11:00"), "A"), HolderSpell(london("2026-03-11 16:00"), "B"))
    assert whose_days(shown("2026-03-10 11:00", "2026-03-11 15:00", holders=holders)) == {"A": 1}


def test_days_that_nobody_held_belong_to_nobody() -> None:
    assert whose_days(shown("2026-03-10 11:00", "2026-03-18 00:00")) == {}


def test_figures_are_gross_with_the_net_of_pauses_beside_them() -> None:
    """Rule 5."""
    start, until = london("2026-03-10 11:00"), london("2026-03-17 15:00")
    held = (pause("2026-03-12 10:00", "2026-03-16 15:00"),)
    assert gross_days(start, until, FIVE_DAYS, PLAIN, CALENDAR) == 5
    assert net_days(start, until, held, FIVE_DAYS, PLAIN, CALENDAR) == 3


def test_a_clock_of_hours_is_measured_in_its_days() -> None:
    start, until = london("2026-03-13 11:00"), london("2026-03-16 15:00")
    assert gross_days(start, until, Span(working_hours=4), PLAIN, CALENDAR) == 1
    assert gross_days(start, until, Span(hours=4), PLAIN, CALENDAR) == 3


def test_a_clock_stopped_before_its_first_counted_day_had_none() -> None:
    saturday, sunday = london("2026-03-14 11:00"), london("2026-03-15 15:00")
    assert gross_days(saturday, sunday, FIVE_DAYS, PLAIN, CALENDAR) == 0
    assert gross_days(saturday, saturday, FIVE_DAYS, PLAIN, CALENDAR) == 0
    assert reasons(shown("2026-03-14 00:00", "2026-03-14 00:00")) == ["weekend"]
