"""The OpenAPI 3.1 document, made from the models that validate and the shapes that are answered."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode
from werkzeug.wrappers import Response

from earlyhelp.casework.contacts import Child, Referrer
from earlyhelp.insight.alerts import STATUSES
from earlyhelp.insight.cases import LARGEST_PAGE, PAGE
from earlyhelp.web.access import PUBLIC, permitted
from earlyhelp.web.api.answers import (
    AlertAnswer,
    AlertsAnswer,
    CaseAnswer,
    CasesAnswer,
    ClockWithWorking,
    HistoryAnswer,
    PathwayAnswer,
)
from earlyhelp.web.api.bodies import COMPONENTS, AcknowledgementSent, ActionSent, ContactSent
from earlyhelp.web.api.entry import answer
from earlyhelp.web.api.problems import TITLES

SENT: tuple[Any, ...] = (ContactSent, ActionSent, AcknowledgementSent, Child, Referrer)
ANSWERED: tuple[Any, ...] = (
    CaseAnswer,
    CasesAnswer,
    HistoryAnswer,
    ClockWithWorking,
    AlertAnswer,
    AlertsAnswer,
    PathwayAnswer,
)
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
TEXT = {"type": "string"}
LIMIT = {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": PAGE}
QUERY: dict[str, dict[str, dict[str, Any]]] = {
    "/cases": {
        "state": TEXT,
        "team": TEXT,
        "lead_professional": TEXT,
        "due_before": {"type": "string", "format": "date-time"},
        "cursor": TEXT,
        "limit": LIMIT,
    },
    "/alerts": {
        "status": {"type": "string", "enum": list(STATUSES)},
        "clock": TEXT,
        "cursor": TEXT,
        "limit": LIMIT,
    },
}
READING, WRITING = (401, 404, 406), (400, 401, 403, 404, 406, 409, 413, 415, 422)


@dataclass(frozen=True)
class Operation:
    """One address and method: what is sent, what is answered, which problems there may be."""

    path: str
    method: str
    summary: str
    answered: Any
    statuses: tuple[int, ...]
    sent: Any = None
    success: int = 200


OPERATIONS = (
    Operation("/contacts", "post", "Record a contact", CaseAnswer, WRITING, ContactSent, 201),
    Operation("/cases", "get", "List cases", CasesAnswer, (*READING, 422)),
    Operation("/cases/{reference}", "get", "One case", CaseAnswer, READING),
    Operation("/cases/{reference}/history", "get", "Every event, oldest first", HistoryAnswer, READING),
    Operation(
        "/cases/{reference}/actions/{action}", "post", "Take an action", CaseAnswer, WRITING, ActionSent
    ),
    Operation("/cases/{reference}/clocks/{name}", "get", "The working of a clock", ClockWithWorking, READING),
    Operation("/alerts", "get", "List alerts", AlertsAnswer, (*READING, 422)),
    Operation(
        "/alerts/{id}/acknowledge", "post", "Promise an answer", AlertAnswer, WRITING, AcknowledgementSent
    ),
    Operation("/pathways/{name}", "get", "The running definition of a pathway", PathwayAnswer, READING),
)


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
    content = {"application/json": {"schema": _reference(operation.answered)}}
    described: dict[str, Any] = {
        "operationId": f"{operation.method} {operation.path}",
        "summary": operation.summary,
        "parameters": _parameters(operation),
        "responses": {
            str(operation.success): {"description": "Done", "content": content},
            **{str(status): _refusal(status) for status in operation.statuses},
        },
    }
    if operation.sent is not None:
        body = {"application/json": {"schema": _reference(operation.sent)}}
        described["requestBody"] = {"required": True, "content": body}
    return described


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    names = [part[1:-1] for part in operation.path.split("/") if part.startswith("{")]
    number = {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": number if name == "id" else TEXT}
        for name in names
    ]
    asked = QUERY.get(operation.path, {})
    found += [{"name": name, "in": "query", "schema": _or_empty(schema)} for name, schema in asked.items()]
    if operation.sent is ContactSent:
        key = {"type": "string", "minLength": 1, "maxLength": 200}
        found.append({"name": "Idempotency-Key", "in": "header", "schema": key})
    return found


def _or_empty(schema: dict[str, Any]) -> dict[str, Any]:
    """An empty filter is none."""
    return schema if schema == TEXT else {"anyOf": [schema, {"const": ""}]}


def _refusal(status: int) -> dict[str, Any]:
    schema = {"$ref": f"{COMPONENTS}Problem"}
    return {"description": TITLES[status][1], "content": {"application/problem+json": {"schema": schema}}}


def _reference(kind: Any) -> dict[str, str]:
    return {"$ref": f"{COMPONENTS}{kind.__name__}"}
