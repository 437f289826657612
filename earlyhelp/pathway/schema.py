"""JSON Schema of the file format, so that an editor completes and checks a pathway file as it is typed."""

import copy
from typing import Any

from earlyhelp.pathway.definition import Pathway
from earlyhelp.pathway.guards import GUARDS, GuardRule
from earlyhelp.pathway.layers import OWN_KEYS

DIALECT = "https://json-schema.org/draft/2020-12/schema"
NAMED_BY_TABLE = ("State", "Action", "Clock")
NAMED_IN_A_LIST = frozenset({"Field", "Guard"})
"""Parts of a local file that must still say their name: it tells which item below they change."""

OF_A_GUARD: dict[type, dict[str, Any]] = {
    int: {"type": "integer", "minimum": 1},
    list: {"type": "array", "items": {"type": "string"}, "minItems": 1},
}
EXTENDING: dict[str, Any] = {
    "extends": {
        "type": "string",
        "description": "The file beside this one, without .toml, that it lies over.",
    },
    "remove": {
        "type": "array",
        "items": {"type": "string"},
        "description": 'What of that file is not wanted, as "actions.join_contact".',
    },
}


def schema() -> dict[str, Any]:
    """A whole file must say everything; one that extends another says only what differs."""
    whole = Pathway.model_json_schema(by_alias=True)
    parts = whole.pop("$defs")
    _as_written(whole, parts)
    local = _differing(whole, parts)
    return {
        "$schema": DIALECT,
        "title": "A pathway file of earlyhelp",
        "if": {"required": ["extends"]},
        "then": {"$ref": "#/$defs/LocalPathway"},
        "else": {"$ref": "#/$defs/Pathway"},
        "$defs": {**parts, **local, "Pathway": whole},
    }


def _as_written(whole: dict[str, Any], parts: dict[str, Any]) -> None:
    """From what the program holds to what a file says: names stand in tables, a code may be its label alone."""
    for name in NAMED_BY_TABLE:
        del parts[name]["properties"]["name"]
        parts[name]["required"].remove("name")
    parts["Guard"] = {"oneOf": [_guard(name, rule) for name, rule in GUARDS.items()]}
    label_alone = {"type": "string", "pattern": "\\S"}
    for code_list in whole["properties"]["codes"]["patternProperties"].values():
        code_list["additionalProperties"] = {"anyOf": [label_alone, {"$ref": "#/$defs/Code"}]}
    for part in (whole, *parts.values()):
        _no_other_names(part)


def _no_other_names(part: Any) -> None:
    """A table whose keys are names has no other keys: pydantic's schema would let them pass."""
    if isinstance(part, dict):
        if "patternProperties" in part:
            part["additionalProperties"] = False
        for value in part.values():
            _no_other_names(value)


def _guard(name: str, rule: GuardRule) -> dict[str, Any]:
    parameters = {parameter: OF_A_GUARD[kind] for parameter, kind in rule.parameters.items()}
    return {
        "type": "object",
        "title": name,
        "description": f"Only if {rule.description}.",
        "properties": {"name": {"const": name}, **parameters},
        "required": ["name", *parameters],
        "additionalProperties": False,
    }


def _differing(whole: dict[str, Any], parts: dict[str, Any]) -> dict[str, Any]:
    """The same parts for a file that extends another: nothing need be said but what tells which part is meant."""
    local = copy.deepcopy({**parts, "Pathway": whole})
    for name, part in local.items():
        for kind in part.get("oneOf", [part]):
            kind["required"] = ["name"] if name in NAMED_IN_A_LIST else []
    local["Pathway"]["required"] = ["extends", *OWN_KEYS]
    local["Pathway"]["properties"].update(EXTENDING)
    return {f"Local{name}": _pointing(part) for name, part in local.items()}


def _pointing(part: Any) -> Any:
    """References among the local parts."""
    if isinstance(part, dict):
        return {key: _pointing(value) for key, value in part.items()}
    if isinstance(part, list):
        return [_pointing(item) for item in part]
    return part.replace("#/$defs/", "#/$defs/Local") if isinstance(part, str) else part
