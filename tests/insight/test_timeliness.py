"""A worker's timeliness is read of their own cases alone, and is what the whole history says of them."""

from datetime import date

import pytest
from sqlalchemy import Connection

from earlyhelp.insight import timeliness as timelinesses
from earlyhelp.insight.measures.figures import Figure
from earlyhelp.insight.measures.scene import Span
from earlyhelp.insight.timeliness import timeliness, timeliness_cases
from tests.casework.watched_cases import MONDAY, Council, act, allocated, days, found_council

SPAN = Span(date(2026, 3, 1), date(2026, 3, 31))
LATER = MONDAY + days(40)


@pytest.fixture
def council(connection: Connection) -> Council:
    """Of two families one is handed on after its first contact, which the lead typed in late."""
    council = found_council(connection)
    handed_on = allocated(connection, council)
    allocated(connection, council, at=MONDAY + days(1), surname="Bolitho")
    act(
        connection,
        handed_on,
        "record_first_contact",
        council["lead"],
        {"how": "home_visit", "child_seen": True, "childs_voice": "Would like to see friends"},
        occurred_at=MONDAY + days(1),
        now=MONDAY + days(3),
    )
    change = {"lead_professional": council["other_lead"].email, "reason": "Lead is on leave"}
    act(connection, handed_on, "change_lead_professional", council["manager"], change, now=MONDAY + days(4))
    return council


def told(connection: Connection, council: Council, who: str) -> list[Figure]:
    found = timeliness(connection, worker_id=council[who].id or 0, span=SPAN, now=LATER)
    return [figure for pair in found for figure in pair]


def behind(connection: Connection, council: Council, who: str, key: str) -> list[str]:
    found = timeliness_cases(
        connection,
        key=key,
        worker_id=council[who].id or 0,
        span=SPAN,
        part="denominator",
        person=council["service_manager"],
        now=LATER,
        after=None,
    )
    return [row.reference for row in found.rows]


def test_figures_and_the_cases_behind_them_are_those_of_the_whole_history(
    connection: Connection, council: Council, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers = ("lead", "other_lead", "screener")
    own = {who: told(connection, council, who) for who in workers}
    assert {who: [figure.denominator for figure in own[who][::2]] for who in workers} == {
        "lead": [2, 1, 1, 0, 1],
        "other_lead": [0, 1, 1, 0, 0],
        "screener": [0, 0, 0, 0, 4],
    }
    lists = [("lead", "first_contact_in_time"), ("screener", "recording_lag")]
    listed = [behind(connection, council, *asked) for asked in lists]
    assert [len(found) for found in listed] == [2, 4]
    monkeypatch.setattr(timelinesses, "_of_worker", lambda _connection, scene, _worker_id: scene)
    assert own == {who: told(connection, council, who) for who in workers}
    assert listed == [behind(connection, council, *asked) for asked in lists]
