"""Which days and hours count."""

from datetime import UTC, date, datetime, time, timedelta
from timeit import repeat
from zoneinfo import ZoneInfo

import pytest
from govuk_bank_holidays.bank_holidays import BankHolidays

from earlyhelp.pathway.calendar import BANK_HOLIDAYS, england
from tests.pathway.moments import london
from tests.support import bank_holidays

CALENDAR = england()
HOUR = timedelta(hours=1)


def test_every_bank_holiday_that_gov_uk_lists_is_no_working_day_and_no_other_weekday_is() -> None:
    """Rule 1, for every day of 2012 to 2028."""
    listed = BankHolidays(use_cached_holidays=True).get_holidays(division=BankHolidays.ENGLAND_AND_WALES)
    theirs = {holiday["date"] for holiday in listed}
    days = [
        date(2012, 1, 1) + timedelta(days=n) for n in range((date(2028, 12, 31) - date(2012, 1, 1)).days + 1)
    ]
    ours = {day for day in days if CALENDAR.why_not_working(day) not in {None, "weekend"}}
    assert len(theirs) == 140
    assert ours == theirs


def test_the_bank_holidays_kept_are_those_that_are_reckoned() -> None:
    """If not: python -m tests.support.bank_holidays."""
    assert BANK_HOLIDAYS.read_text(encoding="utf-8") == bank_holidays.text()


@pytest.mark.parametrize(
    ("day", "name"),
    [
        ("2012-06-05", "Diamond Jubilee of Elizabeth II"),
        ("2020-05-08", "May Day"),
        ("2022-06-03", "Platinum Jubilee of Elizabeth II"),
        ("2022-09-19", "State Funeral of Queen Elizabeth II"),
        ("2023-05-08", "Coronation of Charles III"),
        ("2026-12-28", "Boxing Day (observed)"),
        ("2026-03-14", "weekend"),
        ("2026-03-10", None),
    ],
)
def test_a_day_that_does_not_count_says_why(day: str, name: str | None) -> None:
    assert CALENDAR.why_not_working(date.fromisoformat(day)) == name


def test_a_closure_of_the_council_is_no_working_day_and_has_its_name() -> None:
    closed = england(((date(2026, 12, 24), "Christmas closure"),))
    assert closed.why_not_working(date(2026, 12, 24)) == "Christmas closure"
    assert closed.working_day_after(date(2026, 12, 23), 1) == date(2026, 12, 29)
    assert CALENDAR.working_day_after(date(2026, 12, 23), 1) == date(2026, 12, 24)


def test_working_days_jump_over_easter() -> None:
    thursday = date(2026, 4, 2)
    assert [CALENDAR.working_day_after(thursday, n) for n in (-1, 0, 1, 2)] == [
        date(2026, 4, 1),
        thursday,
        date(2026, 4, 7),
        date(2026, 4, 8),
    ]


def test_from_a_saturday_the_first_working_day_after_is_monday_and_the_last_before_is_friday() -> None:
    saturday = date(2026, 3, 14)
    assert CALENDAR.working_day_after(saturday, 1) == date(2026, 3, 16)
    assert CALENDAR.working_day_after(saturday, 0) == date(2026, 3, 13)
    assert CALENDAR.first_working_day_from(saturday) == date(2026, 3, 16)
    assert CALENDAR.first_working_day_from(date(2026, 3, 16)) == date(2026, 3, 16)


def test_working_days_between_count_the_end_and_not_the_start() -> None:
    friday, tuesday = date(2026, 3, 13), date(2026, 3, 17)
    assert CALENDAR.working_days_between(friday, tuesday) == 2
    assert CALENDAR.working_days_between(tuesday, friday) == -2
    assert CALENDAR.working_days_between(friday, friday) == 0


@pytest.mark.parametrize("count", [20_000, -20_000])
def test_beyond_the_years_covered_no_working_day_is_guessed(count: int) -> None:
    with pytest.raises(ValueError, match="2000 to 2060"):
        CALENDAR.working_day_after(date(2026, 3, 10), count)


@pytest.mark.parametrize("day", [date(1999, 12, 31), date(2061, 1, 1)])
def test_a_day_outside_the_years_covered_is_refused(day: date) -> None:
    with pytest.raises(ValueError, match="2000 to 2060"):
        CALENDAR.working_days_between(date(2026, 3, 10), day)


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-03-30", 24), ("2026-10-25", 25)])
def test_a_day_on_which_the_clocks_change_has_another_length(day: str, hours: int) -> None:
    on = date.fromisoformat(day)
    assert CALENDAR.end_of(on) - CALENDAR.start_of(on) == hours * HOUR
    assert CALENDAR.date_of(CALENDAR.end_of(on)) == on + timedelta(days=1)
    assert CALENDAR.date_of(CALENDAR.end_of(on) - timedelta(seconds=1)) == on


def test_half_past_midnight_in_summer_is_the_day_before_in_utc_and_still_its_own_day() -> None:
    moment = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
    assert CALENDAR.date_of(moment) == date(2026, 7, 1)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2026-03-31", -1, "2026-02-28"),
        ("2026-11-30", 3, "2027-02-28"),
        ("2026-12-10", 12, "2027-12-10"),
        ("2026-12-15", 0, "2026-12-15"),
    ],
)
def test_a_month_is_a_calendar_month(day: str, months: int, expected: str) -> None:
    assert CALENDAR.months_after(date.fromisoformat(day), months) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("start", "hours", "expected"),
    [
        ("2026-03-10 10:00", 4, "2026-03-10 14:00"),
        ("2026-03-10 13:00", 4, "2026-03-10 17:00"),
        ("2026-03-10 13:00", 5, "2026-03-11 10:00"),
        ("2026-03-13 16:00", 4, "2026-03-16 12:00"),
        ("2026-03-10 07:30", 1, "2026-03-10 10:00"),
        ("2026-03-10 20:00", 8, "2026-03-11 17:00"),
        ("2026-03-27 16:00", 2, "2026-03-30 10:00"),
        ("2026-10-23 16:00", 17, "2026-10-27 17:00"),
    ],
)
def test_office_hours_wait_for_the_office_and_come_back_the_same_way(
    start: str, hours: int, expected: str
) -> None:
    """features.md section 2 item 5: wrong over several segments of the calendar elsewhere."""
    ends = CALENDAR.add_office_time(london(start), hours * HOUR)
    assert ends == london(expected)
    assert CALENDAR.office_time_between(london(start), ends) == hours * HOUR
    assert CALENDAR.take_office_time(ends, hours * HOUR) == CALENDAR.next_office_moment(london(start))


def test_office_time_starts_when_the_office_next_opens() -> None:
    assert CALENDAR.next_office_moment(london("2026-04-02 17:00")) == london("2026-04-07 09:00")
    assert CALENDAR.next_office_moment(london("2026-04-07 09:00")) == london("2026-04-07 09:00")
    assert CALENDAR.add_office_time(london("2026-04-04 12:00"), 0 * HOUR) == london("2026-04-07 09:00")


def test_the_office_is_open_from_its_opening_up_to_its_closing() -> None:
    moments = (
        "2026-03-10 08:59",
        "2026-03-10 09:00",
        "2026-03-10 16:59",
        "2026-03-10 17:00",
        "2026-03-14 12:00",
    )
    assert [CALENDAR.in_office_hours(london(at)) for at in moments] == [False, True, True, False, False]


def test_no_office_time_lies_in_a_weekend_or_backwards() -> None:
    friday, monday = london("2026-03-13 17:00"), london("2026-03-16 09:00")
    assert CALENDAR.office_time_between(friday, monday) == timedelta(0)
    assert CALENDAR.office_time_between(london("2026-03-17 12:00"), monday) == timedelta(0)


def test_a_council_has_its_own_office_hours() -> None:
    early = england(opens=time(8, 30), closes=time(16))
    assert early.office_day == timedelta(hours=7, minutes=30)
    assert early.add_office_time(london("2026-03-10 15:00"), 2 * HOUR) == london("2026-03-11 09:30")


def test_an_office_that_closes_before_it_opens_is_refused() -> None:
    with pytest.raises(ValueError, match="open before it closes"):
        england(opens=time(17), closes=time(9))


def test_a_moment_without_a_time_zone_is_refused_in_words() -> None:
    naive = datetime(2026, 3, 10, 12, 0)  # noqa: DTZ001  what is refused
    for reckon in (CALENDAR.date_of, CALENDAR.next_office_moment, CALENDAR.in_office_hours):
        with pytest.raises(ValueError, match="without a time zone"):
            reckon(naive)


def test_a_moment_may_come_in_any_time_zone() -> None:
    paris = datetime(2026, 3, 11, 0, 30, tzinfo=ZoneInfo("Europe/Paris"))
    assert CALENDAR.date_of(paris) == date(2026, 3, 10)


def test_the_same_closures_give_the_same_calendar_built_once() -> None:
    days = ((date(2026, 12, 24), "Closed"), (date(2025, 12, 24), "Closed"))
    assert england(days) is england(dict(reversed(days)))
    assert england() is CALENDAR


def test_nobody_can_change_a_shared_calendar() -> None:
    with pytest.raises(TypeError):
        CALENDAR.bank_holidays[date(2026, 3, 10)] = "Everybody's birthday"  # type: ignore[index]
    with pytest.raises(AttributeError):
        CALENDAR.opens = time(1)  # type: ignore[misc]


def test_working_days_later_is_a_look_up_and_no_loop() -> None:
    """performance.md W4 asks for 1 µs. Ten times that still tells a table from a loop, on the slowest machine."""
    day = date(2026, 3, 10)
    best = min(repeat(lambda: CALENDAR.working_day_after(day, 2000), number=2000, repeat=5)) / 2000
    assert best < 10e-6
