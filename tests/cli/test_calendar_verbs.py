"""Closing the council on a day from a terminal, and moving open time limits to it."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from earlyhelp.records.database import transaction
from tests.casework.watched_cases import allocated, council_in
from tests.cli.conftest import Run

DAY = "2026-12-29"
"""A working day between Christmas and New Year."""


def test_a_day_is_closed_once_and_opened_once(installed: Run) -> None:
    closed = installed("calendar", "close", DAY, "Christmas closure")
    assert closed.returncode == 0
    assert "29/12/2026 is closed: Christmas closure" in closed.stdout
    again = installed("calendar", "close", DAY, "Christmas closure")
    assert (again.returncode, again.stderr) == (1, "earlyhelp: The council is closed on 29/12/2026 already\n")
    assert installed("calendar", "open", DAY).returncode == 0
    assert installed("calendar", "open", DAY).stderr == "earlyhelp: The council is not closed on 29/12/2026\n"


def test_a_bank_holiday_needs_no_closing(installed: Run) -> None:
    refused = installed("calendar", "close", "2026-12-25", "Christmas")
    assert refused.returncode == 1
    assert "a bank holiday (Christmas Day)" in refused.stderr


def test_time_limits_move_only_when_told_to_and_with_a_reason(
    run: Run, environment: dict[str, str], migrated: Callable[[Path], Engine]
) -> None:
    file = Path(environment["EARLYHELP_INSTANCE_PATH"]) / "earlyhelp.db"
    file.parent.mkdir()
    engine = migrated(file)
    council = council_in(engine)
    with transaction(engine) as connection:
        reference = allocated(connection, council, at=datetime(2026, 12, 21, 10, tzinfo=UTC))
    engine.dispose()
    run("calendar", "close", DAY, "Christmas closure")
    shown = run("calendar", "recalculate")
    assert f"{reference} first_contact: due 2026-12-31T00:00+00:00, then 2027-01-01T00:00" in shown.stdout
    assert "1 cases would move" in shown.stdout
    assert run("calendar", "recalculate", "--apply").returncode == 1
    moved = run("calendar", "recalculate", "--apply", "--reason", "Christmas closure")
    assert "of 1 cases moved" in moved.stdout
    assert run("calendar", "recalculate").stdout == "0 time limits of 0 cases would move.\n"
