"""On the last Sunday of October London's hour from one to two comes twice: what begins in the second is due later.

Python takes the two for the same moment as long as both are London's: what is remembered of one would be told of both.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from earlyhelp.casework.history import canonical_moment
from earlyhelp.pathway.calendar import england
from earlyhelp.pathway.clocks import Span
from earlyhelp.pathway.consequences import schedule_of
from earlyhelp.pathway.definition import Pathway
from earlyhelp.pathway.loading import load
from earlyhelp.places import workflows

FIRST, SECOND = (
    datetime(2026, 10, 25, 1, 30, fold=fold, tzinfo=ZoneInfo("Europe/London")) for fold in (0, 1)
)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def standard() -> Pathway:
    return load(workflows() / "standard.toml")


def test_a_clock_of_hours_is_due_an_hour_later(standard: Pathway) -> None:
    clock, span, calendar = standard.clocks["first_contact"], Span.model_validate({"hours": 4}), england()
    due = [schedule_of(clock, start=start, span=span, calendar=calendar).due_at for start in (FIRST, SECOND)]
    assert due[1] - due[0] == HOUR


def test_the_history_writes_two_moments() -> None:
    written = [datetime.fromisoformat(canonical_moment(moment)) for moment in (FIRST, SECOND)]
    assert written[1] - written[0] == HOUR
