"""Cases, events, alerts and pathways as the interface writes them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from earlyhelp.insight.cases import clock_status
from earlyhelp.pathway.definition import Action, Field, Pathway


def written(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment is not None else None


def case_shape(
    case: Any,
    *,
    owners: Any,
    children: Sequence[Any],
    clocks: Sequence[Any],
    actions: Sequence[str],
    now: datetime,
) -> dict[str, Any]:
    """A case exactly as the interface says."""
    return {
        "reference": case.reference,
        "pathway": case.pathway,
        "pathway_version": case.pathway_version,
        "state": case.state,
        "outcome": case.outcome,
        "level_of_need": case.level_of_need,
        "version": case.version,
        "team": owners.team,
        "lead_professional": owners.lead_professional,
        "opened_at": written(case.opened_at),
        "closed_at": written(case.closed_at),
        "children": [child_shape(child) for child in children],
        "clocks": [clock_shape(clock, now) for clock in clocks],
        "actions": list(actions),
    }


def child_shape(child: Any) -> dict[str, Any]:
    return {
        "person": child.public_id,
        "given_name": child.given_name,
        "family_name": child.family_name,
        "date_of_birth": child.date_of_birth.isoformat() if child.date_of_birth else None,
        "expected_birth_on": child.expected_birth_on.isoformat() if child.expected_birth_on else None,
        "gender": child.gender,
        "ethnicity": child.ethnicity,
        "disabled": child.disabled,
        "nhs_number": child.nhs_number,
        "upn": child.upn,
        "postcode": child.postcode,
    }


def clock_shape(clock: Any, now: datetime) -> dict[str, Any]:
    return {
        "name": clock.name,
        "status": clock_status(clock, now),
        "started_at": written(clock.started_at),
        "due_at": written(clock.due_at),
        "stopped_at": written(clock.stopped_at),
        "recorded_late": clock.recorded_late,
    }


def event_shape(event: Any) -> dict[str, Any]:
    return {
        "sequence": event.sequence,
        "action": event.action,
        "from_state": event.from_state,
        "to_state": event.to_state,
        "occurred_at": written(event.occurred_at),
        "recorded_at": written(event.recorded_at),
        "actor": event.actor,
        "actor_role": event.actor_role,
        "reason": event.reason,
        "fields": event.fields,
        "pathway_version": event.pathway_version,
        "hash": event.hash,
    }


def alert_shape(alert: Any) -> dict[str, Any]:
    return {
        "id": alert.id,
        "case": alert.reference,
        "clock": alert.clock,
        "stage": alert.stage,
        "fell_due_at": written(alert.fell_due_at),
        "raised_at": written(alert.raised_at),
        "status": alert.status,
        "audience": [who for who in alert.audience.split(",") if who],
        "acknowledged_by": alert.acknowledged_by,
        "promise": alert.promise,
    }


def pathway_shape(pathway: Pathway, named: dict[str, dict[str, str]]) -> dict[str, Any]:
    """A pathway exactly as the interface says. `named` holds people, teams and services by field type and role."""
    return {
        "name": pathway.name,
        "title": pathway.title,
        "version": pathway.version,
        "states": [
            {"name": state.name, "title": state.title, "kind": state.kind, "final": state.final}
            for state in pathway.states.values()
        ],
        "actions": [_action_shape(pathway, action, named) for action in pathway.actions.values()],
        "clocks": [
            {
                "name": clock.name,
                "title": clock.title,
                "starts": clock.starts,
                "stops": clock.stops,
                "due": str(clock.due)
                if clock.due
                else {value: str(span) for value, span in clock.dues.items()},
            }
            for clock in pathway.clocks.values()
        ],
    }


def _action_shape(pathway: Pathway, action: Action, named: dict[str, dict[str, str]]) -> dict[str, Any]:
    return {
        "name": action.name,
        "title": action.title,
        "from": action.sources,
        "to": action.to,
        "roles": action.roles,
        "fields": [_field_shape(pathway, field, named) for field in action.fields],
    }


def _field_shape(pathway: Pathway, field: Field, named: dict[str, dict[str, str]]) -> dict[str, Any]:
    codes = {code: entry.label for code, entry in pathway.choices(field).items()}
    if not codes:
        codes = named.get(f"{field.type}:{field.role}", named.get(field.type, {}))
    return {
        "name": field.name,
        "type": field.type,
        "required": field.required if isinstance(field.required, bool) else str(field.required),
        "choices": [{"code": code, "label": label} for code, label in codes.items()],
    }
