"""A pathway as the interface writes it, with everything that its fields let one choose from."""

from collections.abc import Mapping
from datetime import date

from earlyhelp.pathway.definition import Action, Clock, Field, Pathway
from earlyhelp.web.api.answers import (
    ActionAnswer,
    ChoiceAnswer,
    FieldAnswer,
    PathwayAnswer,
    PathwayClockAnswer,
)

Named = Mapping[str, Mapping[str, str]]
"""Records that fields may name, code to label: by `person:ROLE`, `team` and `services`."""
Listed = Mapping[str, list[ChoiceAnswer]]
"""The same as the answer lists them, each once for all fields that name such records: they may be thousands."""


def pathway_shape(pathway: Pathway, named: Named, today: date) -> PathwayAnswer:
    """Only codes that can be chosen today are listed."""
    listed = {of: _choices(labels) for of, labels in named.items()}
    return {
        "name": pathway.name,
        "title": pathway.title,
        "version": pathway.version,
        "states": [
            {"name": state.name, "title": state.title, "kind": state.kind, "final": state.final}
            for state in pathway.states.values()
        ],
        "actions": [_action_shape(pathway, action, listed, today) for action in pathway.actions.values()],
        "clocks": [_clock_shape(clock) for clock in pathway.clocks.values()],
    }


def _action_shape(pathway: Pathway, action: Action, listed: Listed, today: date) -> ActionAnswer:
    return {
        "name": action.name,
        "title": action.title,
        "from": list(action.sources),
        "to": action.to,
        "roles": list(action.roles),
        "fields": [_field_shape(pathway, field, listed, today) for field in action.fields],
    }


def _field_shape(pathway: Pathway, field: Field, listed: Listed, today: date) -> FieldAnswer:
    codes = {code: entry.label for code, entry in pathway.choices(field).items() if entry.is_valid_on(today)}
    records = listed.get(f"{field.type}:{field.role}", listed.get(field.type))
    shape: FieldAnswer = {
        "name": field.name,
        "type": field.type,
        "required": field.required if isinstance(field.required, bool) else str(field.required),
        "choices": _choices(codes) if records is None else records,
    }
    if records is not None and codes:
        shape["answers"] = _choices(codes)
    if field.min is not None:
        shape["min"] = field.min
    if field.max is not None:
        shape["max"] = field.max
    return shape


def _choices(labels: Mapping[str, str]) -> list[ChoiceAnswer]:
    return [{"code": code, "label": label} for code, label in labels.items()]


def _clock_shape(clock: Clock) -> PathwayClockAnswer:
    return {
        "name": clock.name,
        "title": clock.title,
        "starts": list(clock.starts),
        "stops": list(clock.stops),
        "due": str(clock.due) if clock.due else {value: str(span) for value, span in clock.dues.items()},
    }
