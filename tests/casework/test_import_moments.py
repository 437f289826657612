"""Moments in imported lists, as other systems write them: with their offset from UTC."""

from datetime import UTC, date, datetime, time

import pytest

from earlyhelp.casework.import_values import When
from earlyhelp.spreadsheets.cells import NotSo, day_of, moment_of

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("written", "day", "of_day"),
    [
        ("2026-08-31T23:30:00+00:00", date(2026, 9, 1), time(0, 30)),
        ("2026-08-31T23:30:00Z", date(2026, 9, 1), time(0, 30)),
        ("2026-08-31 23:30+0100", date(2026, 8, 31), time(23, 30)),
        ("2026-02-28T23:59:59.000Z", date(2026, 2, 28), time(23, 59, 59)),
        ("2026-08-31T23:30:00", date(2026, 8, 31), time(23, 30)),
        ("2026-08-31 23:30:00+00", date(2026, 9, 1), time(0, 30)),
        ("2026-08-31 23:30:00 +0000", date(2026, 9, 1), time(0, 30)),
        ("31/08/2026 23:30Z", date(2026, 9, 1), time(0, 30)),
        ("2026/8/31 23:30z", date(2026, 9, 1), time(0, 30)),
    ],
)
def test_a_moment_with_its_offset_is_of_londons_day(written: str, day: date, of_day: time) -> None:
    assert moment_of(written, no_later_than=TODAY) == (day, of_day)


def test_a_day_that_another_system_wrote_as_londons_midnight_is_that_day() -> None:
    assert day_of("2015-07-02T23:00:00Z", no_later_than=TODAY) == date(2015, 7, 3)
    assert day_of("2015-07-03Z", no_later_than=TODAY) == date(2015, 7, 3)


@pytest.mark.parametrize(
    "written", ["2026-07-02T23:00:00Z", "2026-07-03T00:00:00Z", "2026-07-03 00:00+01:00"]
)
def test_midnight_with_an_offset_is_a_day_without_a_time_as_it_is_without_one(written: str) -> None:
    assert moment_of(written, no_later_than=TODAY) == moment_of("2026-07-03T00:00:00", no_later_than=TODAY)
    assert moment_of(written, no_later_than=TODAY) == (date(2026, 7, 3), None)


@pytest.mark.parametrize(("written", "utc"), [("00:30Z", 0), ("01:30+01:00", 0), ("01:30Z", 1), ("01:30", 0)])
def test_of_the_hour_that_comes_twice_the_offset_says_which(written: str, utc: int) -> None:
    when = When(*moment_of(f"2026-10-25T{written}", no_later_than=TODAY))
    assert when.moment(time(9)) == datetime(2026, 10, 25, utc, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        *("2026-02-30T10:00Z", "0001-01-01T00:00+14:00", "2026-08-31T23:30+25:00"),
        *("2026-08-31T23:30+05:99", "2026-08-31T23.30Z"),
    ],
)
def test_a_moment_that_never_was_is_refused(written: str) -> None:
    with pytest.raises(NotSo):
        moment_of(written, no_later_than=TODAY)
