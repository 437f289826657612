"""The clock rules of domain.md section 4, in its own words. Section numbers of features.md name the pain they end."""

from collections.abc import Callable
from datetime import UTC, datetime, time
from fractions import Fraction
from typing import Any

import pytest
from pydantic import ValidationError

from earlyhelp.pathway.calendar import england
from earlyhelp.pathway.clocks import (
    Counting,
    Judgement,
    Schedule,
    Span,
    after_moment,
    before_moment,
    describe_span,
    due_moment,
    judge,
    reaches_past_known_holidays,
    resumed,
    warning_moment,
)
from tests.pathway.moments import london

CALENDAR = england()
PLAIN = Counting()
FIVE_DAYS = Span(working_days=5)


def due(start: str, span: Span, **counting: Any) -> datetime:
    return due_moment(london(start), span, Counting(**counting), CALENDAR)


def warned(start: str, share: str, span: Span, **counting: Any) -> datetime:
    how = Counting(**counting)
    ends = due_moment(london(start), span, how, CALENDAR)
    return warning_moment(london(start), ends, Fraction(share), span, how, CALENDAR)


# Rules 1 and 2: working days


def test_five_working_days_from_a_tuesday_end_with_the_next_tuesday() -> None:
    assert due("2026-03-10 11:00", FIVE_DAYS) == london("2026-03-18 00:00")


def test_the_day_it_starts_is_day_0_at_whatever_hour() -> None:
    assert due("2026-03-10 00:00", FIVE_DAYS) == due("2026-03-10 23:59", FIVE_DAYS)


@pytest.mark.parametrize("start", ["2026-03-14 03:00", "2026-03-15 23:59", "2026-03-16 09:00"])
def test_a_saturday_start_behaves_like_the_mondays(start: str) -> None:
    assert due(start, Span(working_days=1)) == london("2026-03-18 00:00")


def test_bank_holidays_do_not_count_at_easter() -> None:
    assert due("2026-04-02 10:00", FIVE_DAYS) == london("2026-04-14 00:00")


def test_bank_holidays_do_not_count_at_christmas() -> None:
    assert due("2026-12-23 10:00", FIVE_DAYS) == london("2027-01-05 00:00")


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("2012-06-01 10:00", "2012-06-08 00:00"),
        ("2022-06-01 10:00", "2022-06-08 00:00"),
        ("2022-09-16 10:00", "2022-09-22 00:00"),
        ("2023-05-05 10:00", "2023-05-11 00:00"),
    ],
)
def test_one_off_bank_holidays_do_not_count(start: str, expected: str) -> None:
    """Two working days from the Friday (2022: Wednesday) before a jubilee, the funeral, the coronation."""
    assert due(start, Span(working_days=2)) == london(expected)


def test_the_same_working_day_is_by_its_end() -> None:
    assert due("2026-03-10 09:00", Span(working_days=0)) == london("2026-03-11 00:00")


def test_what_comes_at_the_cut_off_counts_from_the_next_working_day() -> None:
    same_day = Span(working_days=0)
    assert due("2026-03-13 15:59", same_day, cut_off="16:00") == london("2026-03-14 00:00")
    assert due("2026-03-13 16:00", same_day, cut_off="16:00") == london("2026-03-17 00:00")


def test_a_cut_off_is_local_time_in_summer_too() -> None:
    assert due("2026-07-10 15:59", Span(working_days=0), cut_off="16:00") == london("2026-07-11 00:00")


def test_the_cut_off_means_nothing_on_a_day_off() -> None:
    assert due("2026-03-14 18:00", Span(working_days=0), cut_off="16:00") == london("2026-03-17 00:00")


def test_counted_from_the_same_day_the_first_day_is_day_1() -> None:
    assert due("2026-03-10 11:00", FIVE_DAYS, count_from="same_day") == london("2026-03-17 00:00")
    assert due("2026-03-14 11:00", Span(working_days=1), count_from="same_day") == london("2026-03-17 00:00")


def test_close_of_business_ends_when_the_office_closes() -> None:
    assert due("2026-03-10 11:00", FIVE_DAYS, until="close_of_business") == london("2026-03-17 17:00")


def test_nothing_is_due_before_it_starts() -> None:
    """Received at seven in the evening, "the same working day, by close of business" is the next one's."""
    evening = "2026-03-13 19:00"
    assert due(evening, Span(working_days=0), until="close_of_business") == london("2026-03-16 17:00")
    assert due(evening, Span(days=0), until="close_of_business") == london("2026-03-14 17:00")
    week = Span(weeks=1)
    assert due(evening, week, until="close_of_business", count_from="same_day") == london("2026-03-19 17:00")


@pytest.mark.parametrize(
    ("start", "expected"),
    [("2026-03-27 11:00", "2026-03-31 00:00"), ("2026-10-23 11:00", "2026-10-27 00:00")],
)
def test_the_end_of_the_day_is_local_midnight_after_either_clock_change(start: str, expected: str) -> None:
    ends = due(start, Span(working_days=1))
    assert ends == london(expected)
    assert ends.tzinfo is UTC


# Rule 3: hours and calendar time


def test_hours_round_the_clock_are_elapsed_hours_when_the_clocks_change() -> None:
    assert due("2026-03-28 12:00", Span(hours=24)) == london("2026-03-29 13:00")
    assert due("2026-10-24 12:00", Span(hours=24)) == london("2026-10-25 11:00")


def test_hours_in_office_hours_wait_for_monday() -> None:
    assert due("2026-03-13 15:00", Span(working_hours=4)) == london("2026-03-16 11:00")


def test_weeks_and_days_end_on_any_day_of_the_week() -> None:
    assert due("2026-03-10 11:00", Span(weeks=6)) == london("2026-04-22 00:00")
    assert due("2026-03-10 11:00", Span(days=4)) == london("2026-03-15 00:00")


def test_a_month_is_a_calendar_month_and_31_january_has_the_28th_of_february() -> None:
    assert due("2026-01-31 11:00", Span(months=1)) == london("2026-03-01 00:00")
    assert due("2026-02-10 11:00", Span(months=12)) == london("2027-02-11 00:00")


def test_calendar_days_obey_the_same_settings_as_working_days() -> None:
    assert due("2026-03-10 11:00", Span(days=7), count_from="same_day") == london("2026-03-17 00:00")
    assert due("2026-03-01 11:00", Span(months=1), count_from="same_day") == london("2026-04-01 00:00")
    assert due("2026-03-13 17:00", Span(days=1), cut_off="16:00") == london("2026-03-16 00:00")


def test_a_day_is_a_day_and_never_24_office_hours() -> None:
    """features.md section 2 item 10: "P1D" became three days elsewhere."""
    assert due("2026-03-10 11:00", Span(working_days=1)) == london("2026-03-12 00:00")
    assert due("2026-03-10 11:00", Span(working_hours=24)) == london("2026-03-13 11:00")
    assert after_moment(london("2026-03-11 00:00"), Span(working_days=1), CALENDAR) == london(
        "2026-03-12 00:00"
    )


# Rule 4: judged on when it occurred


def test_first_contact_on_day_4_typed_in_on_day_7_is_met_and_recorded_late() -> None:
    ends = london("2026-03-18 00:00")
    judged = judge(ends, london("2026-03-16 15:00"), london("2026-03-19 09:00"))
    assert judged == Judgement("met", recorded_late=True)


def test_what_occurred_and_was_typed_in_time_is_simply_met() -> None:
    ends = london("2026-03-18 00:00")
    assert judge(ends, london("2026-03-17 23:59"), london("2026-03-17 23:59")) == Judgement("met", False)
    assert judge(ends, london("2026-03-17 23:59"), ends) == Judgement("met", True)


def test_what_occurred_at_the_due_moment_is_late_and_not_called_recorded_late() -> None:
    ends = london("2026-03-18 00:00")
    assert judge(ends, ends, london("2026-03-20 09:00")) == Judgement("met_late", recorded_late=False)


# Rule 8: the ladder


def test_a_60_percent_warning_of_5_working_days_is_after_3_working_days() -> None:
    """features.md section 2 item 5: not 72 hours."""
    assert warned("2026-03-12 11:00", "3/5", FIVE_DAYS) == london("2026-03-18 00:00")


def test_a_part_of_a_working_day_falls_in_its_office_hours() -> None:
    assert warned("2026-03-10 11:00", "1/2", FIVE_DAYS) == london("2026-03-13 13:00")
    assert warned("2026-03-10 11:00", "4/5", Span(working_days=3)) == london("2026-03-13 12:12")


def test_half_of_the_same_working_day_is_half_of_what_is_left_of_it() -> None:
    assert warned("2026-03-10 10:00", "1/2", Span(working_days=0)) == london("2026-03-10 17:00")
    same = Span(working_days=0)
    assert warned("2026-03-10 10:00", "1/2", same, count_from="same_day") == london("2026-03-10 17:00")
    assert warned("2026-03-14 10:00", "1/2", Span(working_days=0)) == london("2026-03-16 12:00")


def test_counted_from_the_same_day_a_warning_comes_after_the_start_however_late_it_is() -> None:
    span, how = Span(working_days=1), {"count_from": "same_day"}
    assert warned("2026-03-10 13:00", "1/2", span, **how) == london("2026-03-10 15:00")
    assert warned("2026-03-10 18:00", "1/2", span, **how) == london("2026-03-10 21:00")
    assert warned("2026-03-10 18:00", "1/4", Span(working_days=2), **how) == london("2026-03-10 21:00")


def test_a_warning_of_weeks_or_months_falls_after_whole_local_days() -> None:
    assert warned("2026-03-10 11:00", "1/2", Span(weeks=6)) == london("2026-04-01 00:00")
    assert warned("2026-03-10 11:00", "1/2", Span(days=3)) == london("2026-03-12 12:00")


def test_a_warning_of_hours_is_a_share_of_the_hours() -> None:
    assert warned("2026-03-10 11:00", "1/2", Span(hours=4)) == london("2026-03-10 13:00")
    assert warned("2026-03-10 15:00", "1/2", Span(working_hours=8)) == london("2026-03-11 11:00")


def test_a_due_day_brought_forward_brings_its_warning_along() -> None:
    """A review in three months is due in ten days when its recorded date says so: the warning must not come after."""
    start, ends = london("2026-03-10 11:00"), london("2026-03-21 00:00")
    warning = warning_moment(start, ends, Fraction(4, 5), Span(months=3), PLAIN, CALENDAR)
    assert warning == london("2026-03-19 00:00")
    working = warning_moment(start, ends, Fraction(1, 2), Span(working_days=30), PLAIN, CALENDAR)
    assert working == london("2026-03-17 00:00")


def test_a_warning_of_a_clock_brought_forward_to_its_start_is_not_after_due() -> None:
    start = london("2026-03-10 11:00")
    assert warning_moment(start, start, Fraction(1, 2), Span(months=3), PLAIN, CALENDAR) == start


def test_escalation_two_working_days_after_a_tuesday_deadline_is_the_end_of_thursday() -> None:
    assert after_moment(london("2026-03-11 00:00"), Span(working_days=2), CALENDAR) == london(
        "2026-03-13 00:00"
    )


def test_escalation_counts_from_the_deadline_day_over_a_weekend() -> None:
    friday_ends = london("2026-03-14 00:00")
    assert after_moment(friday_ends, Span(working_days=2), CALENDAR) == london("2026-03-18 00:00")
    sunday_ends = london("2026-03-16 00:00")
    assert after_moment(sunday_ends, Span(working_days=1), CALENDAR) == london("2026-03-17 00:00")


def test_escalation_runs_in_its_own_kind_of_time() -> None:
    ends = london("2026-03-28 00:00")
    assert after_moment(ends, Span(hours=48), CALENDAR) == london("2026-03-30 01:00")
    assert after_moment(ends, Span(working_hours=1), CALENDAR) == london("2026-03-30 10:00")
    assert after_moment(ends, Span(weeks=1), CALENDAR) == london("2026-04-04 00:00")
    assert after_moment(ends, Span(months=1), CALENDAR) == london("2026-04-28 00:00")


def test_escalation_at_once_is_the_due_moment_or_the_end_of_its_day() -> None:
    assert after_moment(london("2026-03-11 00:00"), Span(working_days=0), CALENDAR) == london(
        "2026-03-11 00:00"
    )
    assert after_moment(london("2026-03-14 17:00"), Span(working_days=0), CALENDAR) == london(
        "2026-03-15 00:00"
    )


def test_a_warning_one_month_before_leaves_a_calendar_month() -> None:
    assert before_moment(london("2027-04-01 00:00"), Span(months=1), CALENDAR) == london("2027-03-01 00:00")


def test_a_warning_one_working_hour_before_is_not_at_midnight() -> None:
    """features.md section 2 item 5: set to 00:00 instead of one working hour before."""
    assert before_moment(london("2026-03-18 00:00"), Span(working_hours=1), CALENDAR) == london(
        "2026-03-17 16:00"
    )
    assert before_moment(london("2026-03-16 10:00"), Span(working_hours=2), CALENDAR) == london(
        "2026-03-13 16:00"
    )


def test_a_warning_so_many_working_days_before_leaves_that_many_to_act() -> None:
    assert before_moment(london("2026-03-17 00:00"), Span(working_days=1), CALENDAR) == london(
        "2026-03-14 00:00"
    )
    sunday_ends = london("2026-03-16 00:00")
    assert before_moment(sunday_ends, Span(working_days=1), CALENDAR) == london("2026-03-13 00:00")
    assert before_moment(london("2026-03-17 17:00"), Span(working_days=0), CALENDAR) == london(
        "2026-03-17 17:00"
    )


# Rule 9: pauses and urgency


def five_days_from_tuesday() -> Schedule:
    start = london("2026-03-10 11:00")
    return Schedule(
        started_at=start,
        due_at=london("2026-03-18 00:00"),
        warnings=(london("2026-03-12 13:00"), london("2026-03-14 00:00")),
        escalations=(london("2026-03-20 00:00"),),
    )


def resume(paused: str, until: str, span: Span = FIVE_DAYS, schedule: Schedule | None = None) -> Schedule:
    return resumed(schedule or five_days_from_tuesday(), london(paused), london(until), span, CALENDAR)


def test_a_resumed_pause_moves_what_was_not_reached_and_nothing_else() -> None:
    """features.md section 2 item 8: no breach the moment a case is resumed."""
    after = resume("2026-03-13 10:00", "2026-03-17 10:00")
    assert after.due_at == london("2026-03-20 00:00")
    assert after.warnings == (london("2026-03-12 13:00"), london("2026-03-18 00:00"))
    assert after.escalations == (london("2026-03-24 00:00"),)
    assert after.started_at == london("2026-03-10 11:00")


def test_a_pause_over_a_weekend_gains_a_working_day_clock_only_the_friday() -> None:
    assert resume("2026-03-13 16:00", "2026-03-16 09:00").due_at == london("2026-03-19 00:00")
    assert resume("2026-03-14 09:00", "2026-03-15 21:00") == five_days_from_tuesday()


def test_a_pause_within_one_day_gains_a_clock_of_days_nothing() -> None:
    assert resume("2026-03-13 09:00", "2026-03-13 17:00") == five_days_from_tuesday()


def test_a_day_that_ends_at_close_of_business_is_gained_when_the_office_closed_in_the_pause() -> None:
    """features.md section 2 item 8: else it would be breached the moment it is resumed in the evening."""
    start, how, span = london("2026-03-10 09:30"), Counting(until="close_of_business"), Span(working_days=0)
    schedule = Schedule(start, due_moment(start, span, how, CALENDAR))
    evening = resumed(schedule, london("2026-03-10 10:00"), london("2026-03-10 18:00"), span, CALENDAR, how)
    assert evening.due_at == london("2026-03-11 17:00")
    at_closing = resumed(
        schedule, london("2026-03-10 10:00"), london("2026-03-10 17:00"), span, CALENDAR, how
    )
    assert at_closing == evening
    lunch = resumed(schedule, london("2026-03-10 12:00"), london("2026-03-10 13:00"), span, CALENDAR, how)
    assert lunch == schedule


def test_nothing_falls_due_while_paused() -> None:
    """features.md section 2 item 7. A warning at one o'clock, paused from noon to three, is raised at three."""
    after = resume("2026-03-12 12:00", "2026-03-12 15:00")
    assert after.warnings == (london("2026-03-12 15:00"), london("2026-03-14 00:00"))
    assert after.due_at == london("2026-03-18 00:00")


def test_a_pause_before_the_counting_began_gains_nothing() -> None:
    """Started after the cut-off on Monday: Tuesday is day 0, and Monday evening was never counted."""
    late = london("2026-03-09 17:00")
    how = Counting(cut_off=time(16))
    schedule = Schedule(late, due_moment(late, FIVE_DAYS, how, CALENDAR))
    paused, until = london("2026-03-09 18:00"), london("2026-03-10 09:00")
    assert resumed(schedule, paused, until, FIVE_DAYS, CALENDAR, how) == schedule


def test_two_pauses_gain_as_much_as_one_that_covers_both() -> None:
    once = resume("2026-03-11 10:00", "2026-03-13 10:00")
    first = resume("2026-03-11 10:00", "2026-03-12 10:00")
    assert resume("2026-03-12 10:00", "2026-03-13 10:00", schedule=first).due_at == once.due_at


def test_a_clock_breached_before_it_was_paused_stays_breached() -> None:
    """Rule 5: nothing a user does removes a breach."""
    after = resume("2026-03-18 09:00", "2026-03-19 09:00")
    assert after.due_at == london("2026-03-18 00:00")
    assert after.escalations == (london("2026-03-21 00:00"),)


def test_a_clock_paused_at_the_very_due_moment_was_due() -> None:
    assert resume("2026-03-18 00:00", "2026-03-19 09:00").due_at == london("2026-03-18 00:00")


def test_hours_move_by_the_elapsed_hours_and_office_hours_by_the_office_time() -> None:
    start = london("2026-03-13 12:00")
    round_the_clock = Schedule(start, london("2026-03-14 12:00"))
    paused, until = "2026-03-13 16:00", "2026-03-16 10:00"
    assert resume(paused, until, Span(hours=24), round_the_clock).due_at == london("2026-03-17 06:00")
    in_office = Schedule(start, london("2026-03-16 12:00"))
    assert resume(paused, until, Span(working_hours=8), in_office).due_at == london("2026-03-16 14:00")


def test_a_pause_outside_office_hours_leaves_a_clock_of_office_hours_as_it_was() -> None:
    at_closing = Schedule(london("2026-03-10 09:00"), london("2026-03-10 17:00"))
    overnight = Schedule(london("2026-03-10 09:00"), london("2026-03-11 17:00"))
    assert resume("2026-03-10 07:00", "2026-03-10 08:00", Span(working_hours=8), at_closing) == at_closing
    assert resume("2026-03-10 18:00", "2026-03-11 08:00", Span(working_hours=16), overnight) == overnight


def test_calendar_time_moves_by_calendar_days() -> None:
    schedule = Schedule(london("2026-03-10 11:00"), london("2026-03-31 00:00"), (london("2026-03-28 12:00"),))
    after = resume("2026-03-13 10:00", "2026-03-16 10:00", Span(weeks=3), schedule)
    assert after.due_at == london("2026-04-03 00:00")
    assert after.warnings == (london("2026-03-31 12:00"),)


def test_a_moved_moment_keeps_its_time_on_the_wall_when_the_clocks_change() -> None:
    start, how, span = london("2026-03-27 20:00"), Counting(until="close_of_business"), Span(days=1)
    schedule = Schedule(start, due_moment(start, span, how, CALENDAR))
    after = resumed(schedule, london("2026-03-28 10:00"), london("2026-03-28 18:00"), span, CALENDAR, how)
    assert (schedule.due_at, after.due_at) == (london("2026-03-28 17:00"), london("2026-03-29 17:00"))


def test_a_moved_escalation_never_falls_before_the_due_moment_it_follows() -> None:
    """Due by the end of Friday, escalated 12 hours later, on Saturday noon: a Monday has no such noon behind it."""
    schedule = Schedule(
        london("2026-03-06 11:00"), london("2026-03-14 00:00"), (), (london("2026-03-14 12:00"),)
    )
    after = resume("2026-03-10 10:00", "2026-03-11 10:00", schedule=schedule)
    assert after.due_at == london("2026-03-17 00:00")
    assert after.escalations == (london("2026-03-17 00:00"),)


def test_a_pause_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot resume before"):
        resume("2026-03-13 10:00", "2026-03-12 10:00")


def test_a_change_of_urgency_counts_from_the_original_start_with_its_pauses() -> None:
    """Rule 9, and features.md section 2 item 6: paused time forgotten when priority changes."""
    start, amber = london("2026-03-10 11:00"), Span(working_days=1)
    recomputed = Schedule(start, due_moment(start, amber, PLAIN, CALENDAR))
    assert recomputed.due_at == london("2026-03-12 00:00")
    after = resume("2026-03-11 10:00", "2026-03-13 10:00", amber, recomputed)
    assert after.due_at == london("2026-03-14 00:00")


# What is left of the schedule, and what a rule may say


def test_a_due_moment_past_the_announced_bank_holidays_says_so() -> None:
    year_end = england(known_until=datetime(2026, 12, 31, tzinfo=UTC).date())
    assert not reaches_past_known_holidays(london("2027-01-01 00:00"), year_end)
    assert reaches_past_known_holidays(london("2027-01-01 17:00"), year_end)


@pytest.mark.parametrize("given", [{}, {"days": 1, "hours": 2}])
def test_a_span_gives_exactly_one_kind_of_time(given: dict[str, int]) -> None:
    with pytest.raises(ValidationError, match="give exactly one of working_days"):
        Span.model_validate(given)


@pytest.mark.parametrize(
    "given", [{"days": True}, {"days": "5"}, {"days": 5.0}, {"days": -1}, {"fortnights": 1}]
)
def test_a_span_takes_whole_numbers_only(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Span.model_validate(given)


@pytest.mark.parametrize("given", [16, "16", "4pm", "16:00Z", time(16, tzinfo=UTC), "25:00"])
def test_a_cut_off_is_a_local_time_of_day_and_no_bare_number(given: object) -> None:
    with pytest.raises(ValidationError):
        Counting.model_validate({"cut_off": given})


def test_a_cut_off_may_be_written_as_text_or_as_a_time() -> None:
    assert Counting.model_validate({"cut_off": "16:30"}) == Counting(cut_off=time(16, 30))


def test_a_moment_without_a_time_zone_is_refused_in_words() -> None:
    naive, known = datetime(2026, 3, 10, 12), london("2026-03-10 12:00")  # noqa: DTZ001  what is refused
    schedule = five_days_from_tuesday()
    reckonings: list[Callable[[], object]] = [
        lambda: due_moment(naive, FIVE_DAYS, PLAIN, CALENDAR),
        lambda: due_moment(naive, Span(hours=1), PLAIN, CALENDAR),
        lambda: due_moment(naive, FIVE_DAYS, Counting(until="close_of_business"), CALENDAR),
        lambda: warning_moment(known, naive, Fraction(1, 2), FIVE_DAYS, PLAIN, CALENDAR),
        lambda: before_moment(naive, FIVE_DAYS, CALENDAR),
        lambda: after_moment(naive, FIVE_DAYS, CALENDAR),
        lambda: resumed(schedule, naive, naive, FIVE_DAYS, CALENDAR),
        lambda: judge(known, naive, known),
    ]
    for reckon in reckonings:
        with pytest.raises(ValueError, match="without a time zone"):
            reckon()


@pytest.mark.parametrize(
    ("span", "counting", "words"),
    [
        (FIVE_DAYS, PLAIN, "5 working days after the day it starts, by the end of the day"),
        (Span(working_days=0), PLAIN, "the same working day, by the end of the day"),
        (Span(days=0), PLAIN, "the same day, by the end of the day"),
        (Span(months=1), PLAIN, "1 month after the day it starts, by the end of the day"),
        (
            FIVE_DAYS,
            Counting(count_from="same_day", until="close_of_business"),
            "5 working days counting the day it starts as day 1, by close of business",
        ),
        (Span(hours=24), PLAIN, "24 hours, counted round the clock"),
        (Span(working_hours=1), PLAIN, "1 working hour in office hours"),
        (
            Span(working_days=1),
            Counting(cut_off=time(16)),
            "1 working day after the day it starts, by the end of the day; "
            "what starts at or after 16:00 counts from the next working day",
        ),
    ],
)
def test_a_rule_reads_as_plain_english(span: Span, counting: Counting, words: str) -> None:
    assert describe_span(span, counting) == words
