"""A closing that somebody asked for, and another confirms: its form comes filled in with what was asked."""

from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from earlyhelp.pathway.definition import Action
from earlyhelp.records.cases import Event

KINDS = frozenset({"closing"})


def asked_before(connection: Connection, *, case: Any, action: Action) -> dict[str, Any]:
    """What was recorded when the case came to where it is, for the fields that this closing asks too."""
    if action.kind not in KINDS:
        return {}
    fields = connection.scalar(
        select(Event.fields)
        .where(Event.case_id == case.id, Event.to_state == case.state, Event.from_state != case.state)
        .order_by(Event.sequence.desc())
        .limit(1)
    )
    found = {}
    for declared in action.fields:
        value = (fields or {}).get(declared.name)
        if value is not None:
            found[declared.name] = _typed(declared.type, value)
    return found


def _typed(kind: str, value: Any) -> Any:
    """As the form's field holds it."""
    if kind == "yes_no":
        return "yes" if value else "no"
    if kind == "date":
        return date.fromisoformat(value)
    return str(value) if isinstance(value, int) else value
