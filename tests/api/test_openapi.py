"""The OpenAPI document tells the truth: about every address, every answer and every refusal."""

import re
from typing import Any

import hypothesis
import pytest
import schemathesis
from jsonschema_rs import validator_for
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Err
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from earlyhelp.casework.sweep import sweep
from earlyhelp.records.database import transaction
from earlyhelp.web.api.openapi import openapi
from tests.api.council import FIELDS, Council, contact

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]


def conforms(name: str, body: Any) -> None:
    """Answers have the keys of their schema, each of its type, and no others."""
    document = openapi()
    schemas = {
        key: {**schema, "additionalProperties": False} if "additionalProperties" not in schema else schema
        for key, schema in document["components"]["schemas"].items()
    }
    components = {"components": {"schemas": schemas}}
    validator_for({"$ref": f"#/components/schemas/{name}", **components}).validate(body)


def test_the_document_is_served_without_a_token(council: Council) -> None:
    answer = council.get(None, "/api/openapi.json")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert (answer.json or {})["openapi"] == "3.1.0"


def test_every_address_of_the_api_is_described(council: Council) -> None:
    served = {
        (re.sub(r"<(?:int:)?(\w+)>", r"{\1}", rule.rule.removeprefix("/api/v1")), method.lower())
        for rule in council.app.url_map.iter_rules()
        if rule.endpoint.startswith("api.")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    paths = openapi()["paths"]
    described = {
        (path.replace("{id}", "{alert_id}"), method) for path, methods in paths.items() for method in methods
    }
    assert described == served


def test_every_answer_is_as_described(council: Council) -> None:
    case = council.allocated()
    council.watch.later(days=14)
    with transaction(council.engine) as connection:
        sweep(connection, now=council.watch(), worker="tests")
    path = f"/cases/{case['reference']}"
    alert = (council.get("manager", "/alerts").json or {})["alerts"][0]
    conforms("CaseAnswer", case)
    conforms("CasesAnswer", council.get("manager", "/cases").json)
    conforms("HistoryAnswer", council.get("manager", f"{path}/history").json)
    conforms("ClockWithWorking", council.get("manager", f"{path}/clocks/first_contact").json)
    conforms("AlertsAnswer", council.get("manager", "/alerts").json)
    conforms("PathwayAnswer", council.get("manager", "/pathways/standard").json)
    acknowledged = council.post("manager", f"/alerts/{alert['id']}/acknowledge", {"note": "Visit tomorrow"})
    conforms("AlertAnswer", acknowledged.json)


def test_days_and_moments_of_every_answer_are_called_so() -> None:
    days = {"date", "date_of_birth", "expected_birth_on", "from", "to", "as_known_on"}
    told = {
        (
            name,
            next((each["format"] for each in (schema, *schema.get("anyOf", ())) if "format" in each), None),
        )
        for shape, whole in openapi()["components"]["schemas"].items()
        if shape.endswith(("Answer", "Working")) and shape not in {"ActionAnswer"}
        for name, schema in whole["properties"].items()
        if name.endswith("_at") or name in days
    }
    assert told == {(name, "date" if name in days else "date-time") for name, _ in told}
    assert days < {name for name, _ in told}


def test_what_may_be_asked_again_later_says_so() -> None:
    for methods in openapi()["paths"].values():
        for operation in methods.values():
            assert {"429", "503"} <= operation["responses"].keys()
            for status in ("429", "503"):
                assert "Retry-After" in operation["responses"][status]["headers"]


def test_what_is_sent_is_as_described() -> None:
    conforms("ContactSent", contact())
    conforms("ActionSent", {"version": 1, "fields": FIELDS["signpost"]})
    conforms("AcknowledgementSent", {"note": "Visit", "by": None})


def test_every_example_is_as_described() -> None:
    tried = 0
    for methods in openapi()["paths"].values():
        for operation in methods.values():
            bodies = [operation["requestBody"]] if "requestBody" in operation else []
            for said in (*bodies, *operation["responses"].values()):
                for content in said["content"].values():
                    conforms(content["schema"]["$ref"].rsplit("/", 1)[-1], content["example"])
                    tried += 1
    assert tried > 50


@pytest.mark.slow
def test_made_up_requests_get_the_answers_described(council: Council) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", council.app)
    headers = {"Authorization": f"Bearer {council.tokens['service_manager']}"}
    for found in schema.get_all_operations():
        assert not isinstance(found, Err)
        for mode in ("positive", "negative"):
            exercise(found.ok(), mode, headers)


def exercise(operation: Any, mode: str, headers: dict[str, str]) -> None:
    generation = schemathesis.GenerationMode(mode)
    try:
        cases = operation.as_strategy(generation_mode=generation)
    except schemathesis.errors.SchemathesisError:
        pytest.fail(f"{operation.label} cannot be exercised")

    @hypothesis.given(case=cases)
    @hypothesis.settings(
        max_examples=8,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=[hypothesis.Phase.generate],
    )
    def each(case: Any) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS)

    each()
