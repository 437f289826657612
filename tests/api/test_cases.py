"""Contacts, cases and their actions over the API, to the letter of the public interface."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.api.council import FIELDS, Council, child, contact

CASE_KEYS = [
    "reference",
    "pathway",
    "pathway_version",
    "state",
    "outcome",
    "level_of_need",
    "version",
    "team",
    "lead_professional",
    "opened_at",
    "closed_at",
    "children",
    "clocks",
    "actions",
]
EVENT_KEYS = [
    "sequence",
    "action",
    "from_state",
    "to_state",
    "occurred_at",
    "recorded_at",
    "actor",
    "actor_role",
    "reason",
    "fields",
    "pathway_version",
    "hash",
]


def test_a_contact_becomes_a_case_in_screening(council: Council) -> None:
    made = council.post("screener", "/contacts", contact())
    case = made.json or {}
    assert made.status_code == 201
    assert made.headers["Location"] == f"/api/v1/cases/{case['reference']}"
    assert list(case) == CASE_KEYS
    assert (case["state"], case["version"], case["pathway"]) == ("screening", 1, "standard")
    assert council.get("screener", f"/cases/{case['reference']}").json == case


def test_moments_are_in_utc_with_their_offset(council: Council) -> None:
    case = council.contact(received_at="2026-03-02T10:30:00+01:00")
    assert case["opened_at"] == "2026-03-02T09:30:00+00:00"
    assert case["clocks"] == [
        {
            "name": "screening_decision",
            "about": None,
            "status": "running",
            "started_at": "2026-03-02T09:30:00+00:00",
            "due_at": "2026-03-04T00:00:00+00:00",
            "stopped_at": None,
            "recorded_late": False,
        }
    ]


def test_of_two_agencies_asked_each_has_its_own_clock(council: Council) -> None:
    case = council.contact()
    told = council.act(
        "screener", case, "request_information", from_whom="Rowan School; Police", what="What do you know?"
    )
    clocks = [clock for clock in told["clocks"] if clock["name"] == "information"]
    assert {clock["about"] for clock in clocks} == {"Rowan School", "Police"}


def test_a_running_clock_is_breached_from_the_instant_it_is_due(council: Council) -> None:
    case = council.contact()
    due = datetime.fromisoformat(case["clocks"][0]["due_at"])
    path = f"/cases/{case['reference']}"
    seen = []
    for moment in (due - timedelta(microseconds=1), due):
        council.watch.at = moment
        seen.append((council.get("screener", path).json or {})["clocks"][0]["status"])
    assert seen == ["running", "breached"]


def test_children_are_told_with_their_public_id(council: Council) -> None:
    told = child(nhs_number="9434765919", postcode="ws1 1tp", disabled=True)
    shown = council.contact(children=[told])["children"][0]
    assert {name: shown[name] for name in told} == {**told, "postcode": "WS1 1TP"}
    assert shown["person"].isalnum()
    assert len(shown["person"]) <= 20


def test_actions_are_those_this_token_may_take_now(council: Council) -> None:
    case = council.contact()
    path = f"/cases/{case['reference']}"
    assert "accept_for_early_help" in case["actions"]
    auditor = council.get("auditor", path).json or {}
    manager = council.get("front_door_manager", path).json or {}
    assert auditor["actions"] == []
    assert "close_no_further_action" in manager["actions"]
    assert "accept_for_early_help" not in manager["actions"]


def test_an_action_moves_the_case_and_its_version(council: Council) -> None:
    case = council.act("screener", council.contact(), "accept_for_early_help")
    assert (case["state"], case["version"], case["team"]) == ("awaiting_allocation", 2, "north")
    assert case["level_of_need"] == "targeted"
    allocated = council.act("screener", case, "allocate_lead_professional")
    assert allocated["lead_professional"] == "lead@council.example"
    assert allocated["clocks"][0]["name"] == "screening_decision"


def test_history_tells_every_event_oldest_first(council: Council) -> None:
    case = council.allocated()
    answer = council.get("lead", f"/cases/{case['reference']}/history")
    events = (answer.json or {})["events"]
    assert [event["sequence"] for event in events] == [1, 2, 3]
    assert all(list(event) == EVENT_KEYS for event in events)
    assert [(event["from_state"], event["to_state"]) for event in events] == [
        (None, "screening"),
        ("screening", "awaiting_allocation"),
        ("awaiting_allocation", "awaiting_first_contact"),
    ]
    assert (events[1]["actor"], events[1]["actor_role"]) == ("screener@council.example", "screener")


def test_when_it_occurred_is_kept_apart_from_when_it_was_recorded(council: Council) -> None:
    case = council.contact()
    council.watch.later(hours=3)
    body = {
        "version": 1,
        "occurred_at": "2026-03-02T12:00:00+00:00",
        "reason": "Agreed at the morning meeting",
        "fields": FIELDS["accept_for_early_help"],
    }
    council.post("screener", f"/cases/{case['reference']}/actions/accept_for_early_help", body)
    history = council.get("screener", f"/cases/{case['reference']}/history").json or {}
    event = history["events"][1]
    assert event["occurred_at"] == "2026-03-02T12:00:00+00:00"
    assert event["recorded_at"] == "2026-03-02T13:00:00+00:00"
    assert event["reason"] == "Agreed at the morning meeting"


def test_a_reference_may_be_typed_as_people_type_it(council: Council) -> None:
    reference = council.contact()["reference"]
    typed = reference.lower().replace("-", "")
    assert (council.get("screener", f"/cases/{typed}").json or {})["reference"] == reference


def test_a_family_can_be_stepped_down_without_screening(council: Council) -> None:
    body = {
        "action": "step_down",
        "children": [child()],
        "fields": {
            "from_team": "Assessment team 2",
            "plan_ended": "CIN",
            "handover_on": "2026-03-02",
            "still_needs": "Routines at home",
        },
    }
    made = council.post("front_door_manager", "/contacts", body)
    assert made.status_code == 201, made.text
    assert (made.json or {})["state"] == "awaiting_allocation"


def test_a_clock_opens_into_its_days(council: Council) -> None:
    case = council.allocated()
    council.watch.later(days=2)
    answer = council.get("lead", f"/cases/{case['reference']}/clocks/first_contact")
    clock = answer.json or {}
    assert clock["rule"] == "5 working days after the day it starts, by the end of the day"
    assert clock["pathway_version"] == "1"
    assert [(day["date"], day["reason"]) for day in clock["days"]][:3] == [
        ("2026-03-02", "day 0"),
        ("2026-03-03", "day 1"),
        ("2026-03-04", "day 2"),
    ]
    assert [day["date"] for day in clock["days"] if day["reason"] == "weekend"] == [
        "2026-03-07",
        "2026-03-08",
    ]
    assert clock["whose_days"] == {"Lead": 2}
    assert (clock["status"], clock["earlier_runs"]) == ("running", [])


@pytest.mark.parametrize("name", ["first_contact", "no_such_clock"])
def test_a_clock_that_never_ran_is_not_found(council: Council, name: str) -> None:
    case = council.contact()
    assert council.get("screener", f"/cases/{case['reference']}/clocks/{name}").status_code == 404


def test_every_reading_of_a_case_is_logged(council: Council, access_log: Any) -> None:
    case = council.contact()
    path = f"/cases/{case['reference']}"
    for tail in ("", "/history", "/clocks/screening_decision"):
        council.get("auditor", path + tail)
    assert access_log() == [("auditor@council.example", "api", case["reference"])] * 3
