"""The reference of the API for people to read, made from the same document that machines read."""

import json
from typing import Any, NamedTuple

from flask import render_template

from earlyhelp.casework.scopes import SCOPES
from earlyhelp.web.access import PUBLIC, permitted
from earlyhelp.web.api.openapi import openapi


class Property(NamedTuple):
    name: str
    kind: str
    required: bool
    words: str


class Shape(NamedTuple):
    """One named body, with its properties in order."""

    name: str
    words: str
    properties: tuple[Property, ...]


@permitted(PUBLIC)
def page() -> str:
    """Served without a token, like the document: it tells nothing of any case."""
    document = openapi()
    return render_template(
        "api/reference.html",
        operations=_operations(document),
        shapes=[_shape(name, schema) for name, schema in sorted(document["components"]["schemas"].items())],
        scopes=SCOPES,
    )


def _operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "method": method.upper(),
            "path": document["servers"][0]["url"] + path,
            "anchor": f"{method}{path}".replace("/", "-").replace("{", "").replace("}", ""),
            "summary": operation["summary"],
            "parameters": [(each, kind_of(each["schema"])) for each in operation["parameters"]],
            "sent": _sent(operation),
            "answered": _answered(operation),
            "answers": [(status, *_answer(said)) for status, said in operation["responses"].items()],
        }
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def _sent(operation: dict[str, Any]) -> tuple[str, str] | None:
    """The name of the body's schema, and the example as text."""
    if "requestBody" not in operation:
        return None
    body = operation["requestBody"]["content"]["application/json"]
    return kind_of(body["schema"]), json.dumps(body["example"], indent=2, ensure_ascii=False)


def _answered(operation: dict[str, Any]) -> str:
    """The example of what is answered when all is well, as text."""
    well = next(iter(operation["responses"].values()))["content"]["application/json"]
    return json.dumps(well["example"], indent=2, ensure_ascii=False)


def _answer(said: dict[str, Any]) -> tuple[str, str]:
    content = next(iter(said["content"].values()))
    return said["description"], kind_of(content["schema"])


def _shape(name: str, schema: dict[str, Any]) -> Shape:
    required = set(schema.get("required", ()))
    properties = tuple(
        Property(each, kind_of(said), each in required, said.get("description", ""))
        for each, said in schema.get("properties", {}).items()
    )
    return Shape(name, schema.get("description", ""), properties)


def kind_of(schema: dict[str, Any]) -> str:
    """A schema in a few words: `string`, `list of Child`, `integer or null`."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(kind_of(each) for each in schema["anyOf"] if each != {"const": ""}))
    if "enum" in schema:
        return "one of " + ", ".join(str(each) for each in schema["enum"])
    kinds = schema.get("type", "anything")
    words = " or ".join(kinds) if isinstance(kinds, list) else str(kinds)
    if "array" in words and "items" in schema:
        words = words.replace("array", f"list of {kind_of(schema['items'])}")
    return words
