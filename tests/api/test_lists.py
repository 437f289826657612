"""Lists: what is in them, in which order, page by page, and at what cost."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, event, select, update

from earlyhelp.casework.sweep import sweep
from earlyhelp.insight.cursors import BadCursor, Cursor, read_cursor, write_cursor
from earlyhelp.records.clocks import Alert
from earlyhelp.records.database import reading, transaction
from tests.api.council import FIELDS, MONDAY, Council, child

ALERT_KEYS = [
    "id",
    "case",
    "clock",
    "stage",
    "fell_due_at",
    "raised_at",
    "status",
    "audience",
    "acknowledged_by",
    "promise",
]


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """Every statement that is run meanwhile."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def families(council: Council, count: int) -> list[str]:
    """New contacts about different families, a minute apart; their references, oldest first."""
    made = []
    for number in range(count):
        made.append(council.contact(children=[child(family_name=f"Family{number}")])["reference"])
        council.watch.later(minutes=1)
    return made


def pages(council: Council, path: str, what: str, who: str = "screener") -> list[list[Any]]:
    """Every page of a list, until there is none left."""
    found, cursor = [], ""
    for _ in range(100):
        answer = council.get(who, f"{path}&cursor={cursor}").json or {}
        found.append(answer[what])
        cursor = answer["next_cursor"]
        if cursor is None:
            return found
    raise AssertionError("the list never ends")


def test_cases_come_page_by_page_none_twice_and_none_missing(council: Council) -> None:
    made = families(council, 5)
    found = pages(council, "/cases?limit=2", "cases")
    assert [[case["reference"] for case in page] for page in found] == [made[:2], made[2:4], made[4:]]


def test_a_full_last_page_has_no_next(council: Council) -> None:
    families(council, 2)
    assert (council.get("screener", "/cases?limit=2").json or {})["next_cursor"] is None


def test_a_listed_case_is_the_case_itself(council: Council) -> None:
    """Also its actions, with a child whose contacts were closed below threshold twice this year."""
    for _ in range(2):
        council.act(
            "screener", council.contact(children=[child(postcode="WS1 1TP")]), "close_no_further_action"
        )
    council.contact(children=[child(postcode="WS1 1TP")])
    council.allocated(children=[child(family_name="Other")])
    for who in ("screener", "front_door_manager", "service_manager", "auditor"):
        for case in (council.get(who, "/cases").json or {})["cases"]:
            assert council.get(who, f"/cases/{case['reference']}").json == case
    third = (council.get("screener", "/cases?state=screening").json or {})["cases"][0]
    assert "close_no_further_action" not in third["actions"]


def test_cases_can_be_asked_for_by_state_team_and_lead_professional(council: Council) -> None:
    waiting = council.contact(children=[child(family_name="Waiting")])["reference"]
    allocated = council.allocated()["reference"]
    asked = {
        "state=screening": [waiting],
        "state=awaiting_first_contact&team=north": [allocated],
        "team=North": [allocated],
        "team=south": [],
        "lead_professional=lead@council.example": [allocated],
        "lead_professional=LEAD@council.example&state=": [allocated],
        "lead_professional=other_lead@council.example": [],
    }
    for query, expected in asked.items():
        found = (council.get("screener", f"/cases?{query}").json or {})["cases"]
        assert [case["reference"] for case in found] == expected, query


def test_cases_due_before_a_moment_come_nearest_deadline_first(council: Council) -> None:
    late = council.contact(received_at="2026-02-25T10:00:00+00:00")["reference"]
    later = council.allocated(children=[child(family_name="Later")])["reference"]
    soon = council.contact(children=[child(family_name="Soon")])["reference"]
    closed = council.contact(children=[child(family_name="Closed")])
    council.act("screener", closed, "close_no_further_action")
    for before, expected in (("06T00:00:01Z", [late, soon, later]), ("04T00:00:00+00:00", [late])):
        found = pages(council, f"/cases?limit=1&due_before=2026-03-{before}", "cases")
        assert [case["reference"] for page in found for case in page] == expected


def test_a_cursor_fits_only_the_list_it_came_from(council: Council) -> None:
    families(council, 2)
    cursor = (council.get("screener", "/cases?limit=1").json or {})["next_cursor"]
    assert council.get("screener", f"/cases?limit=1&cursor={cursor}").status_code == 200
    assert council.get("screener", f"/alerts?cursor={cursor}").status_code == 422
    due = "due_before=2026-04-01T00:00:00Z"
    assert council.get("screener", f"/cases?{due}&cursor={cursor}").status_code == 422


def test_a_list_costs_the_same_number_of_queries_however_long(council: Council) -> None:
    counts = []
    council.get("screener", "/cases")  # a process reads what a pathway says but once
    for more in (2, 6):
        families(council, more)
        with statements(council.engine) as seen:
            council.get("screener", "/cases")
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 12


def test_a_case_costs_a_fixed_number_of_queries(council: Council) -> None:
    counts = []
    for children in (1, 5):
        told = [child(given_name=f"Child{n}", family_name=f"Of{children}") for n in range(children)]
        reference = council.allocated(children=told)["reference"]
        with statements(council.engine) as seen:
            council.get("lead", f"/cases/{reference}")
        counts.append(len([statement for statement in seen if statement not in {"BEGIN", "BEGIN IMMEDIATE"}]))
    assert counts[0] == counts[1] <= 9


@pytest.fixture
def raised(council: Council) -> Council:
    """The same council two weeks later, when alerts have been raised on an allocated case."""
    council.allocated()
    council.watch.later(days=14)
    with transaction(council.engine) as connection:
        sweep(connection, now=council.watch(), worker="tests")
    return council


def test_alerts_tell_what_fell_due_and_when_it_was_raised(raised: Council) -> None:
    alerts = (raised.get("manager", "/alerts?status=open&clock=first_contact").json or {})["alerts"]
    breach = next(alert for alert in alerts if alert["stage"] == "breach")
    assert list(breach) == ALERT_KEYS
    assert breach["fell_due_at"] == "2026-03-10T00:00:00+00:00"
    assert breach["raised_at"] == "2026-03-16T10:00:00+00:00"
    assert breach["audience"] == ["lead_professional", "manager"]
    assert (breach["status"], breach["acknowledged_by"], breach["promise"]) == ("open", None, None)


def test_alerts_come_page_by_page_longest_overdue_first(raised: Council) -> None:
    found = [alert for page in pages(raised, "/alerts?limit=2", "alerts", "manager") for alert in page]
    with reading(raised.engine) as connection:
        expected = connection.scalars(select(Alert.id).order_by(Alert.fell_due_at, Alert.id)).all()
    assert [alert["id"] for alert in found] == list(expected)
    assert len(found) > 4


def test_alerts_are_only_those_of_cases_one_may_see(raised: Council) -> None:
    assert (raised.get("south_manager", "/alerts").json or {})["alerts"] == []
    assert (raised.get("lead", "/alerts").json or {})["alerts"] != []


def test_an_alert_is_acknowledged_by_a_promise(raised: Council) -> None:
    alert = (raised.get("manager", "/alerts?clock=first_contact").json or {})["alerts"][0]
    path = f"/alerts/{alert['id']}/acknowledge"
    told = {"note": "Jo visits tomorrow", "by": "2026-03-17T17:00:00+00:00"}
    answer = raised.post("manager", path, told)
    assert answer.status_code == 200
    expected = {
        "status": "acknowledged",
        "acknowledged_by": "manager@council.example",
        "promise": told["note"],
    }
    assert answer.json == {**alert, **expected}
    listed = (raised.get("manager", "/alerts?status=acknowledged").json or {})["alerts"]
    assert [one["id"] for one in listed] == [alert["id"]]


PROMISES = {
    "no note": (422, "manager", {}),
    "a blank note": (422, "manager", {"note": " "}),
    "a note with a broken letter": (422, "manager", {"note": "\ud800"}),
    "a promise in the past": (422, "manager", {"note": "Visit", "by": "2026-03-01T10:00:00+00:00"}),
    "a promise without offset": (422, "manager", {"note": "Visit", "by": "2026-03-17T10:00:00"}),
    "a promise for next year": (422, "manager", {"note": "Visit", "by": "2027-03-17T10:00:00+00:00"}),
    "an unknown key": (422, "manager", {"note": "Visit", "snooze": True}),
    "not their case": (404, "south_manager", {"note": "Visit"}),
    "not for an auditor": (403, "auditor", {"note": "Visit"}),
}


def test_a_promise_that_promises_nothing_is_refused(raised: Council) -> None:
    alert = (raised.get("manager", "/alerts?clock=first_contact").json or {})["alerts"][0]
    for what, (status, who, body) in PROMISES.items():
        answer = raised.post(who, f"/alerts/{alert['id']}/acknowledge", body)
        assert answer.status_code == status, what
    assert (raised.get("manager", "/alerts?clock=first_contact").json or {})["alerts"][0] == alert


def test_a_resolved_alert_stays_readable(raised: Council) -> None:
    with transaction(raised.engine) as connection:
        connection.execute(update(Alert).values(status="resolved"))
    assert (raised.get("manager", "/alerts?status=open").json or {})["alerts"] == []
    assert (raised.get("manager", "/alerts?status=resolved").json or {})["alerts"] != []


@pytest.mark.parametrize(
    "cursor", [Cursor(7), Cursor(7, MONDAY), Cursor(0, datetime(1900, 1, 1, tzinfo=UTC))]
)
def test_a_cursor_reads_back_as_it_was_written(cursor: Cursor) -> None:
    assert read_cursor(write_cursor(cursor, of="cases"), of="cases") == cursor


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "ä", "W10", "WzEsMiwzXQ", "bnVsbA", "A" * 201),
        write_cursor(Cursor(2**31), of="cases"),
        write_cursor(Cursor(1, datetime(1800, 1, 1, tzinfo=UTC)), of="cases"),
    ],
)
def test_a_cursor_made_up_by_hand_is_refused(text: str) -> None:
    with pytest.raises(BadCursor):
        read_cursor(text, of="cases")


def test_fields_of_the_tests_are_those_of_the_pathway(council: Council) -> None:
    actions = {a["name"]: a for a in (council.get("screener", "/pathways/standard").json or {})["actions"]}
    for name, fields in FIELDS.items():
        assert fields.keys() <= {field["name"] for field in actions[name]["fields"]}
