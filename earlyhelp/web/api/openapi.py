"""The OpenAPI 3.1 document, made from the models that validate and the shapes that are answered."""

from functools import cache
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode
from werkzeug.wrappers import Response

from earlyhelp.casework.contacts import Child, Referrer
from earlyhelp.records.base import LARGEST_ID
from earlyhelp.web.access import PUBLIC, permitted
from earlyhelp.web.api.answer_examples import ANSWER_EXAMPLES
from earlyhelp.web.api.answers import (
    AlertAnswer,
    AlertsAnswer,
    CaseAnswer,
    CasesAnswer,
    ClockWithWorking,
    HistoryAnswer,
    MeasureAnswer,
    PathwayAnswer,
)
from earlyhelp.web.api.bodies import COMPONENTS, AcknowledgementSent, ActionSent, ContactSent
from earlyhelp.web.api.entry import answer
from earlyhelp.web.api.operations import OPERATIONS, QUERY, TEXT, Operation
from earlyhelp.web.api.problems import TITLES, TYPES, WAIT

SENT: tuple[Any, ...] = (ContactSent, ActionSent, AcknowledgementSent, Child, Referrer)
ANSWERED: tuple[Any, ...] = (
    CaseAnswer,
    CasesAnswer,
    HistoryAnswer,
    ClockWithWorking,
    AlertAnswer,
    AlertsAnswer,
    PathwayAnswer,
    MeasureAnswer,
)
LIMIT_HEADERS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
IF_MATCH = "The ETag of the version you have seen, instead of `version` in the body"
PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
        "version": {"type": "integer", "description": "With stale-version: the case's version now"},
        "current_version": {"type": "integer"},
        "possible": {"type": "array", "items": {"type": "string"}},
    },
}


@cache
def openapi() -> dict[str, Any]:
    """The whole document."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _described(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "earlyhelp", "version": "1", "description": "Casework of an early help service."},
        "servers": [{"url": "/api/v1"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


@permitted(PUBLIC)
def document() -> Response:
    """Served without a token, so that a developer can read before asking for one."""
    return answer(openapi())


def _schemas() -> dict[str, Any]:
    """What is sent and answered, each once, by the name of its type."""
    inputs: list[tuple[Any, JsonSchemaMode, TypeAdapter[Any]]] = [
        *((kind, "validation", TypeAdapter(kind)) for kind in SENT),
        *((kind, "serialization", TypeAdapter(kind)) for kind in ANSWERED),
    ]
    _, whole = TypeAdapter.json_schemas(inputs, ref_template=COMPONENTS + "{model}")
    return {**whole["$defs"], "Problem": PROBLEM}


def _described(operation: Operation) -> dict[str, Any]:
    told = {
        "schema": _reference(operation.answered),
        "example": ANSWER_EXAMPLES[operation.answered.__name__],
    }
    content = {"application/json": told}
    described: dict[str, Any] = {
        "operationId": f"{operation.method} {operation.path}",
        "summary": operation.summary,
        "parameters": _parameters(operation),
        "responses": {
            str(operation.success): {
                "description": "Done",
                "content": content,
                "headers": _headers(operation),
            },
            **{str(status): _refusal(status) for status in operation.statuses},
        },
    }
    if operation.sent is not None:
        body = {"application/json": {"schema": _reference(operation.sent), "example": operation.example}}
        described["requestBody"] = {"required": True, "content": body}
    return described


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    names = [part[1:-1] for part in operation.path.split("/") if part.startswith("{")]
    number = {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": number if name == "id" else TEXT}
        for name in names
    ]
    asked = QUERY.get(operation.path, {})
    found += [{"name": name, "in": "query", "schema": _or_empty(schema)} for name, schema in asked.items()]
    if operation.sent is ActionSent:
        found.append({"name": "If-Match", "in": "header", "schema": TEXT, "description": IF_MATCH})
    if operation.sent is ContactSent:
        key = {"type": "string", "minLength": 1, "maxLength": 200}
        found.append({"name": "Idempotency-Key", "in": "header", "schema": key})
    return found


def _headers(operation: Operation) -> dict[str, Any]:
    tag = {"ETag": {"description": "The case's version", "schema": TEXT}} if operation.tagged else {}
    place = (
        {"Location": {"description": "Where the case is", "schema": TEXT}} if operation.success == 201 else {}
    )
    return {**tag, **place, **{name: {"schema": {"type": "integer"}} for name in LIMIT_HEADERS}}


def _or_empty(schema: dict[str, Any]) -> dict[str, Any]:
    """An empty filter is none."""
    return schema if schema == TEXT else {"anyOf": [schema, {"const": ""}]}


def _refusal(status: int) -> dict[str, Any]:
    kind, title = TITLES[status]
    example = {"type": TYPES + kind, "title": title, "status": status, "detail": title}
    if status == 422:
        example["errors"] = {"rationale": ["Enter an answer"]}
    content = {"schema": {"$ref": f"{COMPONENTS}Problem"}, "example": example}
    told: dict[str, Any] = {"description": title, "content": {"application/problem+json": content}}
    if status in WAIT:
        told["headers"] = {"Retry-After": {"description": "In seconds", "schema": {"type": "integer"}}}
    return told


def _reference(kind: Any) -> dict[str, str]:
    return {"$ref": f"{COMPONENTS}{kind.__name__}"}
