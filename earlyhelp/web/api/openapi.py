"""The OpenAPI 3.1 document, made from the models that validate."""

from typing import Any

from werkzeug.wrappers import Response

from earlyhelp.web.access import PUBLIC, permitted
from earlyhelp.web.api.bodies import AcknowledgementSent, ActionSent, ContactSent
from earlyhelp.web.api.entry import answer

PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
    },
}
OPERATIONS: tuple[tuple[str, str, str, Any, tuple[int, ...]], ...] = (
    ("/contacts", "post", "Record a contact", ContactSent, (201, 400, 401, 403, 413, 422)),
    ("/cases", "get", "List cases", None, (200, 401, 422)),
    ("/cases/{reference}", "get", "One case", None, (200, 401, 404)),
    ("/cases/{reference}/history", "get", "The history of a case", None, (200, 401, 404)),
    (
        "/cases/{reference}/actions/{action}",
        "post",
        "Take an action on a case",
        ActionSent,
        (200, 400, 401, 403, 404, 409, 413, 422),
    ),
    ("/cases/{reference}/clocks/{name}", "get", "A clock with its working", None, (200, 401, 404)),
    ("/alerts", "get", "List alerts", None, (200, 401, 422)),
    (
        "/alerts/{id}/acknowledge",
        "post",
        "Acknowledge an alert with a promise",
        AcknowledgementSent,
        (200, 400, 401, 403, 404, 413, 422),
    ),
    ("/pathways/{name}", "get", "The running definition of a pathway", None, (200, 401, 404)),
)
QUERY = {
    "/cases": ("state", "team", "lead_professional", "due_before", "cursor", "limit"),
    "/alerts": ("status", "clock", "cursor"),
}


def openapi() -> dict[str, Any]:
    """The whole document."""
    paths: dict[str, Any] = {}
    models: dict[str, Any] = {"Problem": PROBLEM}
    for path, method, words, model, statuses in OPERATIONS:
        if model is not None:
            models[model.__name__] = model.model_json_schema(ref_template="#/components/schemas/{model}")
        paths.setdefault(path, {})[method] = _operation(path, words, model, statuses)
    return {
        "openapi": "3.1.0",
        "info": {"title": "earlyhelp", "version": "1", "description": "Casework of an early help service."},
        "servers": [{"url": "/api/v1"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": models,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(path: str, words: str, model: Any, statuses: tuple[int, ...]) -> dict[str, Any]:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    parameters: list[dict[str, Any]] = [
        {"name": n, "in": "path", "required": True, "schema": {"type": "integer" if n == "id" else "string"}}
        for n in names
    ]
    parameters += [{"name": n, "in": "query", "schema": {"type": "string"}} for n in QUERY.get(path, ())]
    if path == "/contacts":
        parameters.append(
            {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 200}}
        )
    operation: dict[str, Any] = {
        "summary": words,
        "parameters": parameters,
        "responses": {str(status): _response(status) for status in statuses},
    }
    if model is not None:
        schema = {"$ref": f"#/components/schemas/{model.__name__}"}
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return operation


def _response(status: int) -> dict[str, Any]:
    if status < 300:
        return {"description": "Done", "content": {"application/json": {"schema": {"type": "object"}}}}
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": "Refused", "content": {"application/problem+json": {"schema": schema}}}


@permitted(PUBLIC)
def document() -> Response:
    """Served without a token, so that a developer can read before asking for one."""
    return answer(openapi())
