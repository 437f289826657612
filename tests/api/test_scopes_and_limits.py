"""What a token may be used for, how often, and which version of a case it has seen."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from earlyhelp.app import create_app
from earlyhelp.casework.accounts import AccountRefused
from earlyhelp.casework.references import find_person
from earlyhelp.casework.tokens import create_token
from earlyhelp.records.database import transaction
from earlyhelp.settings import Settings
from earlyhelp.web.api.examples import ACKNOWLEDGEMENT, ACTION, CONTACT
from tests.api.council import FIELDS, MONDAY, Council, contact
from tests.api.test_refusals import refused

SCREENER = "screener@council.example"


def token_for(council: Council, *scopes: str) -> dict[str, str]:
    with transaction(council.engine) as connection:
        user = find_person(connection, SCREENER)
        assert user is not None
        token = create_token(connection, user_id=user.id, name="tests", now=MONDAY, scopes=scopes)
    return {"Authorization": f"Bearer {token}"}


def test_a_token_that_may_only_record_contacts_reads_and_decides_nothing(council: Council) -> None:
    headers = token_for(council, "contacts")
    made = council.post(None, "/contacts", contact(), headers=headers)
    assert made.status_code == 201
    path = f"/cases/{(made.json or {})['reference']}"
    body = {"version": 1, "fields": FIELDS["close_no_further_action"]}
    refused(council.get(None, path, headers=headers), 403, "not-in-scope")
    refused(council.get(None, "/alerts", headers=headers), 403, "not-in-scope")
    action = council.post(None, f"{path}/actions/close_no_further_action", body, headers=headers)
    refused(action, 403, "not-in-scope")


def test_a_token_that_may_only_read_writes_nothing(council: Council) -> None:
    case, headers = council.contact(), token_for(council, "read")
    assert council.get(None, f"/cases/{case['reference']}", headers=headers).status_code == 200
    refused(council.post(None, "/contacts", contact(), headers=headers), 403, "not-in-scope")
    refused(council.post(None, "/alerts/1/acknowledge", {"note": "x"}, headers=headers), 403, "not-in-scope")


def test_an_unknown_scope_is_refused(council: Council) -> None:
    with pytest.raises(AccountRefused, match="choose from read, contacts, act"):
        token_for(council, "everything")


def test_a_case_carries_its_version_as_a_tag_that_an_action_may_name(council: Council) -> None:
    case = council.contact()
    path = f"/cases/{case['reference']}"
    tag = council.get("screener", path).headers["ETag"]
    assert tag == '"1"'
    body = {"fields": FIELDS["accept_for_early_help"]}
    done = council.post("screener", f"{path}/actions/accept_for_early_help", body, headers={"If-Match": tag})
    assert (done.status_code, done.headers["ETag"]) == (200, '"2"')
    late = council.post(
        "screener", f"{path}/actions/allocate_lead_professional", body, headers={"If-Match": tag}
    )
    assert refused(late, 412, "stale-version")["version"] == 2


def test_a_tag_and_a_version_that_differ_are_refused(council: Council) -> None:
    case = council.contact()
    path = f"/cases/{case['reference']}/actions/accept_for_early_help"
    body = {"version": 1, "fields": FIELDS["accept_for_early_help"]}
    both = council.post("screener", path, body, headers={"If-Match": '"2"'})
    assert "version" in refused(both, 422)["errors"]
    neither = council.post("screener", path, {"fields": FIELDS["accept_for_early_help"]})
    assert "version" in refused(neither, 422)["errors"]


def test_every_answer_says_what_is_left_and_too_many_requests_wait(engine: Engine, council: Council) -> None:
    settings = Settings(
        database_url=engine.url.render_as_string(hide_password=False),
        instance_path=Path(council.app.instance_path),
        secret_key="k" * 40,
        api_rate=3,
    )
    client: FlaskClient = create_app(settings, engine, council.watch).test_client()
    screener = {"Authorization": f"Bearer {council.tokens['screener']}"}
    answers = [client.get("/api/v1/cases", headers=screener) for _ in range(4)]
    # A window of the wall clock may end between two requests.
    assert [a.headers["RateLimit-Limit"] for a in answers] == ["3"] * 4
    if answers[-1].status_code == 429:
        refused(answers[-1], 429, "too-many-requests")
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
        assert answers[-1].headers["RateLimit-Remaining"] == "0"
    another = client.get("/api/v1/cases", headers={"Authorization": f"Bearer {council.tokens['manager']}"})
    assert another.status_code == 200


def test_the_examples_of_the_reference_are_accepted(council: Council) -> None:
    made = council.post("screener", "/contacts", CONTACT)
    assert made.status_code == 201, made.text
    case = made.json or {}
    sent = {**ACTION, "version": case["version"], "occurred_at": None}
    accepted = council.post("screener", f"/cases/{case['reference']}/actions/accept_for_early_help", sent)
    assert accepted.status_code == 200, accepted.text
    assert council.post("screener", "/alerts/1/acknowledge", ACKNOWLEDGEMENT).status_code == 404


def test_the_reference_shows_every_address_and_needs_no_script(council: Council) -> None:
    page = council.get(None, "/api/reference").text
    assert "POST /api/v1/cases/{reference}/actions/{action}" in page
    assert 'id="ContactSent"' in page
