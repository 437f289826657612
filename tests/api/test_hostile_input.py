"""Whatever is sent in whatever place: never an error of ours, and nothing half-written."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import select, update

from earlyhelp.casework.accounts import create_user
from earlyhelp.casework.audit import verify_all
from earlyhelp.casework.tokens import create_token
from earlyhelp.permissions import MATRIX
from earlyhelp.records.cases import Case, Event
from earlyhelp.records.database import reading, transaction
from tests.api.council import MONDAY, Council, child, contact
from tests.api.database import everything

TEXTS: tuple[str, ...] = (
    "",
    " \t\n",
    "\x00",
    "a\x00b",
    "\x1b[31m",
    "\ud800",
    "ok\udfff",
    "x" * 100_000,
    "é" * 19_999,
    "🙂" * 300,
    "\u202eevil\u2066",
    "'; DROP TABLE cases; --",
    "<script>alert(1)</script>",
    "%s%(x)s{0}{{7*7}}",
    "=cmd|' /C calc'!A0",
    "2026-02-30",
    "0000-00-00",
    "9999-12-31T23:59:59.999999-14:00",
    "2026-03-02T10:00:00+99:99",
    "٣٤",
    "1e999",
    "../../etc/passwd",
    "NaN",
)
OTHERS: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1.5,
    2**31,
    2**63,
    -(2**63) - 1,
    10**4000,
    1e308,
    [],
    {},
    [None],
    [[]],
    [1],
    ["x"] * 300,
    ["\x00"],
    ["\ud800"],
    {"": None},
    {"\x00": "x"},
    {"\ud800": "x"},
    {"a": {"b": [{}]}},
    [{"given_name": "\x00"}],
)
HOSTILE = (*TEXTS, *OTHERS)
FOR_THE_DATABASE = (
    "a\x00b",
    "\ud800",
    "x" * 100_000,
    "🙂" * 300,
    "0000-00-00",
    0,
    2**63,
    10**4000,
    None,
    ["\x00"],
    {"": None},
)
"""What one database may take otherwise than another: enough for PostgreSQL, where SQLite is sent everything."""
SHARES = 4
REFUSALS = {400, 403, 404, 409, 413, 422}


def broken_copies(body: dict[str, Any], values: tuple[Any, ...] = HOSTILE) -> Iterator[dict[str, Any]]:
    """The body with each of its keys, and one it does not have, holding hostile values in turn.

    Keys share the values out among themselves: they are judged by few functions, so that each of these meets them all.
    """
    for place, name in enumerate((*body, "unheard_of")):
        for value in values[place % SHARES :: SHARES]:
            yield {**body, name: value}


def values_for(council: Council) -> tuple[Any, ...]:
    return FOR_THE_DATABASE if council.engine.dialect.name == "postgresql" else HOSTILE


@pytest.fixture
def everybody(council: Council) -> str:
    """Someone with every role, in the social care team: whatever is refused to them is refused for the input."""
    roles = frozenset().union(*MATRIX.values())
    with transaction(council.engine) as connection:
        user_id = create_user(
            connection, email="all@council.example", name="All", roles=roles, team="duty", now=MONDAY
        )
        token = create_token(connection, user_id=user_id, name="tests", now=MONDAY)
    council.tokens["everybody"] = token  # type: ignore[index]
    return "everybody"


def send(council: Council, who: str, path: str, body: Any) -> int:
    """The status; of a refusal also that it is one, in words."""
    data = json.dumps(body).encode()
    answer = council.post(who, path, data=data, content_type="application/json")
    assert answer.status_code in {200, 201, *REFUSALS}, (answer.status_code, path, data[:500])
    if answer.status_code in REFUSALS:
        assert answer.mimetype == "application/problem+json"
        assert answer.get_json(force=True)["status"] == answer.status_code
    return answer.status_code


def nothing_is_broken(council: Council) -> None:
    with reading(council.engine) as connection:
        assert [broken for _, broken in verify_all(connection) if broken] == []


def test_a_contact_with_anything_anywhere(council: Council) -> None:
    whole = contact(
        received_at="2026-03-02T09:00:00+00:00",
        sharing_basis=None,
        agreement_note="Mother agreed",
        pathway="standard",
        action="receive_contact",
        fields={},
        reason="By telephone",
    )
    referrer = {"name": "Jo", "organisation": "School", "email": "jo@school.example", "phone": "01234 567890"}
    whole_child = child(
        nhs_number="9434765919",
        upn="A801200001001",
        postcode="WS1 1TP",
        address="1 High Street",
        person=None,
        expected_birth_on=None,
    )
    values = values_for(council)
    bodies = [
        *broken_copies(whole, values),
        *({**whole, "referrer": told} for told in broken_copies(referrer, values)),
        *({**whole, "children": [told]} for told in broken_copies(whole_child, values)),
        *({**whole, "fields": told} for told in broken_copies({}, values)),
    ]
    statuses = {send(council, "screener", "/contacts", body) for body in bodies}
    assert statuses == {201, 422}
    nothing_is_broken(council)


def test_an_action_with_anything_anywhere(council: Council, everybody: str) -> None:
    case = council.contact()
    path = f"/cases/{case['reference']}/actions/request_information"
    whole = {
        "version": 1,
        "occurred_at": "2026-03-02T10:00:00+00:00",
        "reason": "Asked",
        "fields": {"from_whom": "Health visitor"},
    }
    before = everything(council.engine)
    bodies = broken_copies(whole, values_for(council))
    assert {send(council, everybody, path, body) for body in bodies} <= {409, 422}
    assert everything(council.engine) == before


@pytest.mark.slow
def test_every_field_of_every_action_with_anything(council: Council, everybody: str) -> None:
    pathway = council.get(everybody, "/pathways/standard").json or {}
    reference = council.contact()["reference"]
    statuses, values = set(), values_for(council)
    for turn, action in enumerate(pathway["actions"]):
        for place, name in enumerate(field["name"] for field in action["fields"] if action["from"]):
            # Fields of one type are judged by one function: each share of the values meets every type many times.
            for value in values[(place + turn) % 12 :: 12]:
                version = bring_to(council, reference, action["from"][0])
                body = {"version": version, "fields": {name: value}}
                path = f"/cases/{reference}/actions/{action['name']}"
                statuses.add(send(council, everybody, path, body))
    assert statuses == {200, 403, 409, 422}
    nothing_is_broken(council)


def bring_to(council: Council, reference: str, state: str) -> int:
    """Put the case where the action is possible, whatever happened before; its version."""
    with transaction(council.engine) as connection:
        connection.execute(update(Case).values(state=state))
        return int(connection.scalar(select(Case.version).where(Case.reference == reference)) or 0)


def test_an_opening_action_with_anything_in_its_fields(council: Council, everybody: str) -> None:
    fields = {
        "from_team": "Team 2",
        "plan_ended": "CIN",
        "handover_on": "2026-03-02",
        "still_needs": "Routines",
        "level_of_need": "targeted",
        "agreement": "given",
        "team": "north",
    }
    body = {"action": "step_down", "children": [child()]}
    for broken in broken_copies(fields, values_for(council)):
        send(council, everybody, "/contacts", {**body, "fields": broken})
    nothing_is_broken(council)


ADDRESSES = (
    "/cases/{}",
    "/cases/{}/history",
    "/cases/{}/clocks/{}",
    "/pathways/{}",
    "/cases?state={}",
    "/cases?team={}",
    "/cases?lead_professional={}",
    "/cases?due_before={}",
    "/cases?cursor={}",
    "/cases?limit={}",
    "/cases?{}=1",
    "/alerts?status={}",
    "/alerts?clock={}",
    "/alerts?cursor={}",
)


def test_anything_in_an_address(council: Council) -> None:
    reference = council.contact()["reference"]
    told = [value for value in values_for(council) if isinstance(value, str)]
    texts = [text[:2000] for text in told] + ["\x00" * 7, "-1", "0", str(2**63), "1" * 400, "%2525"]
    for place, address in enumerate((*ADDRESSES, f"/cases/{reference}/clocks/{{}}")):
        for text in texts[place % 2 :: 2]:
            path = address.replace("{}", quote(text.encode("utf-8", "surrogatepass"), safe=""))
            status = council.get("screener", path).status_code
            assert status in {200, 308, 404, 422}, (status, path[:200])


def test_anything_in_the_name_of_an_action(council: Council) -> None:
    reference = council.contact()["reference"]
    for text in TEXTS:
        name = quote(text[:2000].encode("utf-8", "surrogatepass"), safe="")
        path = f"/cases/{reference}/actions/{name}"
        answer = council.post("screener", path, {"version": 1, "fields": {}})
        assert answer.status_code in {404, 405}, name[:100]


@pytest.mark.parametrize("header", ["Authorization", "Idempotency-Key", "Accept", "Content-Type"])
def test_anything_in_a_header(council: Council, header: str) -> None:
    for text in (
        "",
        " ",
        "Bearer",
        "Bearer ",
        "Bearer \xff",
        "\xff" * 10,
        "x" * 5000,
        "*/*;q=x",
        ";;,,=",
        "\x7f",
    ):
        answer = council.post("screener", "/contacts", contact(), headers={header: text})
        assert answer.status_code in {201, 401, 406, 415, 422}, text[:50]


def test_a_hostile_text_is_kept_as_it_was_said(council: Council) -> None:
    """What is allowed is kept letter by letter: escaping is for whoever shows it."""
    words = "<b>'; DROP TABLE cases; -- {{7*7}} %s 🙂 é\u202e"
    reference = council.contact(worries=words)["reference"]
    history = council.get("screener", f"/cases/{reference}/history").json or {}
    assert history["events"][0]["fields"]["worries"] == words
    with reading(council.engine) as connection:
        assert connection.scalars(select(Event.fields)).one()["worries"] == words
