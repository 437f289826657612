"""Dates and times left, as people say them."""

from datetime import date, timedelta

import pytest

from earlyhelp.pathway.calendar import Calendar, england
from earlyhelp.web.presenters.words import (
    age_words,
    by_end_of,
    date_words,
    fell_due_words,
    moment_words,
    time_left,
)
from tests.pathway.moments import london

TUESDAY = london("2026-03-10 10:00")
MIDNIGHT_AFTER_TUESDAY = london("2026-03-11 00:00")


@pytest.fixture(scope="module")
def calendar() -> Calendar:
    return england()


def test_a_clock_due_at_midnight_is_due_by_the_end_of_the_day_before() -> None:
    assert by_end_of(MIDNIGHT_AFTER_TUESDAY, TUESDAY) == "by end of Tue 10 March"


def test_a_clock_due_within_a_day_says_the_time_on_the_wall() -> None:
    assert by_end_of(london("2026-07-07 15:15"), TUESDAY) == "by 3:15pm on Tue 7 July"


def test_summer_midnight_is_londons_not_utcs() -> None:
    assert by_end_of(london("2026-07-08 00:00"), TUESDAY) == "by end of Tue 7 July"


def test_the_year_is_said_when_it_is_another() -> None:
    assert by_end_of(london("2027-01-05 00:00"), TUESDAY) == "by end of Mon 4 January 2027"
    assert date_words(date(2026, 12, 31), date(2026, 1, 1)) == "Thu 31 December"


def test_what_fell_due_by_the_end_of_a_day_never_says_midnight() -> None:
    assert fell_due_words(MIDNIGHT_AFTER_TUESDAY, TUESDAY) == "at the end of Tue 10 March"
    assert fell_due_words(london("2026-03-10 09:05"), TUESDAY) == "at 9:05am on Tue 10 March"


def test_midday_and_midnight_are_named() -> None:
    assert moment_words(london("2026-03-10 12:00"), TUESDAY) == "Tue 10 March at midday"
    assert moment_words(london("2026-03-10 00:00"), TUESDAY) == "Tue 10 March at midnight"
    assert moment_words(london("2026-03-10 12:30"), TUESDAY) == "Tue 10 March at 12:30pm"


@pytest.mark.parametrize(
    ("due", "words", "colour"),
    [
        ("2026-03-14 00:00", "3 working days left", "green"),
        ("2026-03-13 00:00", "2 working days left", "yellow"),
        ("2026-03-12 00:00", "1 working day left", "yellow"),
        ("2026-03-11 00:00", "due today", "orange"),
        ("2026-03-10 12:30", "2 hours left", "orange"),
        ("2026-03-10 11:05", "1 hour left", "orange"),
        ("2026-03-10 10:01", "1 minute left", "orange"),
        ("2026-03-10 10:00", "overdue", "red"),
        ("2026-03-10 00:00", "overdue by 1 working day", "red"),
        ("2026-03-07 00:00", "overdue by 2 working days", "red"),
        ("2026-06-03 00:00", "12 weeks left", "green"),
    ],
)
def test_time_left_is_said_in_what_matters(due: str, words: str, colour: str, calendar: Calendar) -> None:
    left = time_left(london(due), TUESDAY, calendar)
    assert (left.words, left.colour) == (words, colour)


def test_weekends_and_easter_are_not_counted_as_time_left(calendar: Calendar) -> None:
    maundy_thursday, wednesday_after = london("2026-04-02 10:00"), london("2026-04-09 00:00")
    assert time_left(wednesday_after, maundy_thursday, calendar).words == "2 working days left"


def test_a_clock_that_ran_out_over_the_weekend_is_overdue_without_a_number(calendar: Calendar) -> None:
    friday_ends = london("2026-03-14 00:00")
    assert time_left(friday_ends, friday_ends + timedelta(hours=30), calendar).words == "overdue"


@pytest.mark.parametrize(
    ("born", "expected", "words"),
    [
        (date(2018, 3, 11), None, "7 years"),
        (date(2018, 3, 10), None, "8 years"),
        (date(2024, 3, 11), None, "23 months"),
        (date(2026, 2, 10), None, "1 month"),
        (date(2026, 3, 9), None, "0 months"),
        (None, date(2026, 6, 1), "unborn"),
        (None, None, "age not known"),
    ],
)
def test_an_age_is_said_in_what_matters(born: date | None, expected: date | None, words: str) -> None:
    assert age_words(born, expected, date(2026, 3, 10)) == words
