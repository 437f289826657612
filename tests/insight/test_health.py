"""Whether anybody watches the clocks: what `/health` says, and when it must say no."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, insert

from earlyhelp.insight.health import counts, health
from earlyhelp.pathway.calendar import KNOWN_UNTIL
from earlyhelp.records.clocks import Sweep
from tests.casework.watched_cases import MONDAY, allocated, days, found_council


def swept_at(connection: Connection, moment: datetime, *, lag: float = 0.0) -> None:
    connection.execute(
        insert(Sweep).values(
            started_at=moment,
            finished_at=moment,
            worker="tests",
            warnings=0,
            breaches=0,
            escalations=0,
            resolved=0,
            longest_lag_seconds=lag,
        )
    )


@pytest.mark.parametrize(
    ("ago", "scheduler", "ok"),
    [(None, "never", False), (10, "fresh", True), (300, "fresh", True), (301, "late", False)],
)
def test_a_scheduler_five_intervals_behind_is_a_failure(
    connection: Connection, ago: int | None, scheduler: str, ok: bool
) -> None:
    if ago is not None:
        swept_at(connection, MONDAY - timedelta(seconds=ago))
    found = health(connection, now=MONDAY, interval_seconds=60)
    assert (found.scheduler, found.ok) == (scheduler, ok)


def test_a_sweep_as_if_at_a_later_moment_does_not_make_it_fresh(connection: Connection) -> None:
    swept_at(connection, MONDAY - days(1))
    swept_at(connection, MONDAY + days(30))
    assert health(connection, now=MONDAY, interval_seconds=60).scheduler == "late"


def test_bank_holidays_never_run_out_in_silence(connection: Connection) -> None:
    late = MONDAY.replace(year=KNOWN_UNTIL.year, month=8)
    assert health(connection, now=MONDAY, interval_seconds=60).warnings == []
    assert "bank holidays" in health(connection, now=late, interval_seconds=60).warnings[0]


def test_the_gauges_count_what_is_open_and_overdue(connection: Connection) -> None:
    allocated(connection, found_council(connection))
    swept_at(connection, MONDAY + days(8), lag=7.5)
    gauges = {name: value for name, (_, value) in counts(connection, now=MONDAY + days(9)).items()}
    assert gauges["open_cases"] == 1
    assert gauges["breached_clocks"] == 1
    assert gauges["seconds_since_sweep"] == 86400
    assert gauges["sweep_lag_seconds"] == 0
