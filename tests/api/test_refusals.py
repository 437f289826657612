"""What is wrong is answered as the public interface says, and leaves the database as it was."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, update
from werkzeug.test import TestResponse

from earlyhelp.records.cases import Case
from earlyhelp.records.database import transaction
from tests.api.council import FIELDS, PEOPLE, Council, contact
from tests.api.database import everything

TYPES = "https://earlyhelp.example/problems/"
NOWHERE = "EH-222-2222"
Request = Callable[[Council, dict[str, Any]], TestResponse]


@pytest.fixture
def engine(sqlite_engine: Engine) -> Engine:
    """What is refused here is refused before the database is asked, or by what is tried on both elsewhere."""
    return sqlite_engine


def refused(answer: TestResponse, status: int, kind: str | None = None) -> dict[str, Any]:
    """The problem details, checked to be whole."""
    problem = answer.get_json(force=True)
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+json"
    assert problem["status"] == status
    assert all(isinstance(problem[name], str) and problem[name] for name in ("type", "title", "detail"))
    if kind:
        assert problem["type"] == TYPES + kind
    return dict(problem)


def accept(case: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"version": case["version"], "fields": FIELDS["accept_for_early_help"], **more}


def post_to(action: str, who: str = "screener", **more: Any) -> Request:
    return lambda council, case: council.post(
        who, f"/cases/{case['reference']}/actions/{action}", accept(case, **more)
    )


ACTION = "accept_for_early_help"
WRONG: dict[str, tuple[int, Request]] = {
    "no token": (401, lambda council, case: council.get(None, f"/cases/{case['reference']}")),
    "no such token": (
        401,
        lambda council, _: council.get(None, "/cases", headers={"Authorization": "Bearer eh_" + "x" * 43}),
    ),
    "another scheme": (
        401,
        lambda council, _: council.get(None, "/cases", headers={"Authorization": "Basic YTpi"}),
    ),
    "not JSON": (400, lambda council, _: council.post("screener", "/contacts", data=b"{")),
    "not an object": (400, lambda council, _: council.post("screener", "/contacts", [1])),
    "no body": (400, lambda council, _: council.post("screener", "/contacts", data=b"")),
    "not UTF-8": (400, lambda council, _: council.post("screener", "/contacts", data=b'{"source": "\xff"}')),
    "a key twice": (400, lambda council, _: council.post("screener", "/contacts", data=b'{"a": 1, "a": 2}')),
    "not a number": (400, lambda council, _: council.post("screener", "/contacts", data=b'{"a": NaN}')),
    "very deep": (
        400,
        lambda council, _: council.post("screener", "/contacts", data=b'{"a": ' + b"[" * 100_000),
    ),
    "rather deep": (
        400,
        lambda council, _: council.post(
            "screener", "/contacts", data=b'{"a": ' + b"[" * 30 + b"]" * 30 + b"}"
        ),
    ),
    "an endless number": (
        400,
        lambda council, _: council.post("screener", "/contacts", data=b'{"a": ' + b"9" * 9999 + b"}"),
    ),
    "form data": (
        415,
        lambda council, _: council.post(
            "screener", "/contacts", data=b"{}", content_type="application/x-www-form-urlencoded"
        ),
    ),
    "too large": (
        413,
        lambda council, _: council.post("screener", "/contacts", data=b'"' + b"x" * 1_000_001 + b'"'),
    ),
    "far too large": (413, lambda council, _: council.post("screener", "/contacts", data=b"x" * 3_000_000)),
    "only pictures": (
        406,
        lambda council, _: council.get("screener", "/cases", headers={"Accept": "image/png"}),
    ),
    "no such address": (404, lambda council, _: council.get("screener", "/nothing")),
    "another method": (405, lambda council, _: council.call("screener", "DELETE", "/cases")),
    "no such case": (404, lambda council, _: council.get("screener", f"/cases/{NOWHERE}")),
    "no reference": (404, lambda council, _: council.get("screener", "/cases/%00%F0")),
    "no such pathway": (404, lambda council, _: council.get("screener", "/pathways/%00")),
    "no such alert": (
        404,
        lambda council, _: council.post("manager", "/alerts/1/acknowledge", {"note": "Visit"}),
    ),
    "no such alert by far": (
        404,
        lambda council, _: council.post("manager", f"/alerts/{10**30}/acknowledge", {"note": "Visit"}),
    ),
    "no such action": (404, post_to("dance")),
    "a role that may not": (403, post_to("accept_for_early_help", "auditor")),
    "a role that may not begin": (403, lambda council, _: council.post("analyst", "/contacts", contact())),
    "an action from elsewhere": (409, post_to("allocate_lead_professional")),
    "an opening action on a case": (409, post_to("receive_contact")),
    "an old version": (409, post_to(ACTION, version=0)),
    "a version to come": (409, post_to(ACTION, version=9)),
    "no version": (422, post_to(ACTION, version=None)),
    "a version in words": (422, post_to(ACTION, version="1")),
    "a version of truth": (422, post_to(ACTION, version=True)),
    "a broken version": (422, post_to(ACTION, version=1.5)),
    "a huge version": (422, post_to(ACTION, version=2**70)),
    "an unknown key": (422, post_to(ACTION, colour="red")),
    "fields as a list": (422, post_to(ACTION, fields=[])),
    "no fields": (422, post_to(ACTION, fields={})),
    "an unknown field": (422, post_to(ACTION, fields={**FIELDS[ACTION], "colour": "red"})),
    "a time without offset": (422, post_to(ACTION, occurred_at="2026-03-02T10:00:00")),
    "no time at all": (422, post_to(ACTION, occurred_at="yesterday at noon")),
    "a time to come": (422, post_to(ACTION, occurred_at="2026-03-02T10:05:01+00:00")),
    "a time before the case": (422, post_to(ACTION, occurred_at="2026-03-02T09:59:59+00:00")),
    "a time before all time": (422, post_to(ACTION, occurred_at="0001-01-01T00:00:00+14:00")),
    "a blank reason": (422, post_to(ACTION, reason="  ")),
    "a contact without anything": (422, lambda council, _: council.post("screener", "/contacts", {})),
    "another way to begin": (
        422,
        lambda council, _: council.post("screener", "/contacts", contact(action="accept_for_early_help")),
    ),
    "an unknown way to begin": (
        422,
        lambda council, _: council.post("screener", "/contacts", contact(action="dance")),
    ),
    "an unknown pathway": (
        422,
        lambda council, _: council.post("screener", "/contacts", contact(pathway="nowhere")),
    ),
    "an endless key": (
        422,
        lambda council, _: council.post(
            "screener", "/contacts", contact(), headers={"Idempotency-Key": "k" * 201}
        ),
    ),
    "an unknown filter": (422, lambda council, _: council.get("screener", "/cases?stat=screening")),
    "a filter twice": (422, lambda council, _: council.get("screener", "/cases?limit=1&limit=2")),
    "an unknown state": (422, lambda council, _: council.get("screener", "/cases?state=dancing")),
    "an unknown team": (422, lambda council, _: council.get("screener", "/cases?team=east")),
    "a nameless team": (422, lambda council, _: council.get("screener", "/cases?team=%00")),
    "an unknown lead professional": (
        422,
        lambda council, _: council.get("screener", "/cases?lead_professional=a@b.example"),
    ),
    "a deadline without offset": (
        422,
        lambda council, _: council.get("screener", "/cases?due_before=2026-03-02T10:00:00"),
    ),
    "no page": (422, lambda council, _: council.get("screener", "/cases?limit=0")),
    "an endless page": (422, lambda council, _: council.get("screener", "/cases?limit=201")),
    "a made-up cursor": (422, lambda council, _: council.get("screener", "/cases?cursor=WyJjYXNlcyIs")),
    "an unknown status": (422, lambda council, _: council.get("manager", "/alerts?status=late")),
    "an unknown clock": (422, lambda council, _: council.get("manager", "/alerts?clock=cuckoo")),
}


def test_every_refusal_says_what_is_wrong_and_changes_nothing(council: Council) -> None:
    case = council.contact()
    council.watch.later(minutes=5)  # long enough that the use of a token would be noted again
    before = everything(council.engine)
    faults = {}
    for wrong, (status, request) in WRONG.items():
        problem = refused(request(council, case), status)
        if everything(council.engine) != before:
            faults[wrong] = "something was written"
        if status == 422 and not all(
            isinstance(words, list) and words for words in problem["errors"].values()
        ):
            faults[wrong] = "no words"
    assert faults == {}


def test_reading_changes_nothing(council: Council) -> None:
    reference = council.contact()["reference"]
    council.watch.later(minutes=5)
    before = everything(council.engine)
    for path in (
        f"/cases/{reference}",
        f"/cases/{reference}/history",
        "/cases",
        "/alerts",
        "/pathways/standard",
    ):
        assert council.get("screener", path).status_code == 200
    assert everything(council.engine) == before


def test_without_a_token_a_caller_is_told_what_kind_to_send(council: Council) -> None:
    assert refused(council.get(None, "/cases"), 401)
    assert council.get(None, "/cases").headers["WWW-Authenticate"].startswith("Bearer")


def test_a_wrong_method_is_told_the_right_ones(council: Council) -> None:
    assert "GET" in council.call("screener", "PUT", "/cases").headers["Allow"]


def test_a_stale_version_is_told_the_current_one(council: Council) -> None:
    case = council.contact()
    council.act("screener", case, "request_information")
    problem = refused(post_to(ACTION)(council, case), 409, "stale-version")
    assert (problem["version"], problem["current_version"]) == (2, 2)


def test_an_action_from_elsewhere_is_told_what_is_possible(council: Council) -> None:
    problem = refused(post_to("allocate_lead_professional")(council, council.contact()), 409)
    assert problem["type"] == TYPES + "not-from-this-state"
    assert "accept_for_early_help" in problem["possible"]
    assert "allocate_lead_professional" not in problem["possible"]


def test_every_fault_of_a_contact_is_told_at_once(council: Council) -> None:
    told = contact(
        source="99", worries=None, received_at="2026-03-02T10:00:00", children=[{"family_name": 5}, {}]
    )
    del told["received_at"]
    errors = refused(council.post("screener", "/contacts", told), 422)["errors"]
    assert set(errors) == {"source", "worries", "children.0.family_name", "children.1"}


def test_a_blank_reason_is_told_to_be_blank(council: Council) -> None:
    problem = refused(post_to(ACTION, reason=" ")(council, council.contact()), 422)
    assert problem["errors"] == {"reason": ["Must not be blank"]}


def test_early_help_is_refused_without_agreement(council: Council) -> None:
    fields = {**FIELDS[ACTION], "agreement": "refused"}
    problem = refused(post_to(ACTION, fields=fields)(council, council.contact(agreement="refused")), 422)
    assert list(problem["errors"]) == ["agreement"]


SEEN_BY = {
    "screener": True,
    "front_door_manager": False,
    "lead": True,
    "other_lead": False,
    "manager": True,
    "south_manager": False,
    "duty_manager": False,
    "service_manager": True,
    "partner": True,
    "other_partner": False,
    "analyst": False,
    "administrator": False,
    "auditor": True,
}


def test_a_case_that_is_not_yours_looks_like_none(council: Council) -> None:
    """Allocated in team north, opened by `partner`: for everybody else it does not exist, by any door."""
    assert SEEN_BY.keys() == PEOPLE.keys()
    opened = council.contact("partner")
    accepted = council.act("screener", opened, ACTION)
    reference = council.act("screener", accepted, "allocate_lead_professional")["reference"]
    tails = ("", "/history", "/clocks/first_contact")
    for who, sees in SEEN_BY.items():
        answers = [council.get(who, f"/cases/{reference}{tail}") for tail in tails]
        absent = [council.get(who, f"/cases/{NOWHERE}{tail}") for tail in tails]
        assert [answer.status_code for answer in answers] == [200 if sees else 404] * 3, who
        assert sees or [answer.data for answer in answers] == [answer.data for answer in absent]
        listed = [case["reference"] for case in (council.get(who, "/cases").json or {})["cases"]]
        assert (reference in listed) is sees, who


@pytest.mark.parametrize("who", [who for who, sees in SEEN_BY.items() if not sees])
def test_nobody_acts_on_a_case_that_is_not_theirs(council: Council, who: str) -> None:
    case = council.allocated()
    path = "/actions/record_first_contact"
    body = {"version": case["version"], "fields": FIELDS["record_first_contact"]}
    mine = council.post(who, f"/cases/{case['reference']}{path}", body)
    absent = council.post(who, f"/cases/{NOWHERE}{path}", body)
    assert (mine.status_code, mine.data) == (404, absent.data)


def test_a_restricted_case_does_not_exist_for_those_who_see_all_others(
    council: Council, engine: Engine
) -> None:
    case = council.allocated()
    with transaction(engine) as connection:
        connection.execute(update(Case).values(restricted=True))
    path = f"/cases/{case['reference']}"
    assert [council.get(who, path).status_code for who in ("screener", "auditor", "partner")] == [404] * 3
    assert [council.get(who, path).status_code for who in ("lead", "manager")] == [200] * 2


def test_errors_of_any_status_are_json_here(council: Council) -> None:
    for answer in (council.get(None, "/api/v2/cases"), council.get(None, "/api/v1")):
        assert json.loads(answer.data)["status"] == 404
