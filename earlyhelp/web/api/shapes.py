"""Cases, events, alerts and clocks as the interface writes them."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from earlyhelp.insight.cases import clock_status
from earlyhelp.insight.clocks import Working
from earlyhelp.web.api.answers import (
    AlertAnswer,
    CaseAnswer,
    ChildAnswer,
    ClockAnswer,
    EventAnswer,
    WorkingAnswer,
)


def written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def written_or_none(moment: datetime | None) -> str | None:
    return written(moment) if moment is not None else None


def case_shape(
    case: Any,
    *,
    owners: Any,
    children: Sequence[Any],
    elsewhere: Collection[int],
    clocks: Sequence[Any],
    actions: Sequence[str],
    now: datetime,
) -> CaseAnswer:
    """`elsewhere` are ids of children whose record is not the caller's to read: they told us of somebody known."""
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
        "closed_at": written_or_none(case.closed_at),
        "children": [
            known_child_shape(child) if child.id in elsewhere else child_shape(child) for child in children
        ],
        "clocks": [clock_shape(clock, now) for clock in clocks],
        "actions": list(actions),
    }


def child_shape(child: Any) -> ChildAnswer:
    return {
        "person": child.public_id,
        "given_name": child.given_name,
        "family_name": child.family_name,
        "date_of_birth": child.date_of_birth.isoformat() if child.date_of_birth else None,
        "expected_birth_on": child.expected_birth_on.isoformat() if child.expected_birth_on else None,
        "gender": child.gender,
        "ethnicity": child.ethnicity,
        "disabled": child.disabled,
        "disabilities": child.disabilities,
        "nhs_number": child.nhs_number,
        "upn": child.upn,
        "postcode": child.postcode,
        "uprn": child.uprn,
    }


def known_child_shape(child: Any) -> ChildAnswer:
    """Who is meant, by number and first name; nothing else that others recorded."""
    return {
        "person": child.public_id,
        "given_name": child.given_name,
        "family_name": "",
        "date_of_birth": None,
        "expected_birth_on": None,
        "gender": None,
        "ethnicity": None,
        "disabled": None,
        "disabilities": [],
        "nhs_number": None,
        "upn": None,
        "postcode": None,
        "uprn": None,
    }


def clock_shape(clock: Any, now: datetime) -> ClockAnswer:
    return {
        "name": clock.name,
        "about": clock.about or None,
        "status": clock_status(clock, now),
        "started_at": written(clock.started_at),
        "due_at": written(clock.due_at),
        "stopped_at": written_or_none(clock.stopped_at),
        "recorded_late": clock.recorded_late,
    }


def working_shape(working: Working, now: datetime) -> WorkingAnswer:
    return {
        **clock_shape(working.clock, now),
        "gross_due_at": written(working.clock.gross_due_at),
        "rule": working.rule,
        "pathway": working.engine.pathway.name,
        "pathway_version": working.engine.pathway.version,
        "gross_days": working.gross_days,
        "net_days": working.net_days,
        "whose_days": working.whose,
        "past_known_holidays": working.past_known_holidays,
        "pauses": working.clock.pauses,
        "days": [
            {
                "date": day.date.isoformat(),
                "counted": day.counted,
                "number": day.number,
                "reason": day.reason,
                "holder": day.holder,
            }
            for day in working.days
        ],
    }


def event_shape(event: Any) -> EventAnswer:
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


def alert_shape(alert: Any) -> AlertAnswer:
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
