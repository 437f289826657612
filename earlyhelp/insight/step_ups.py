"""What social care is asked to take over: who asks, why, how urgent, and by when it must answer."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from earlyhelp.insight.worklists import WorkItem, Worklist, waiting_for
from earlyhelp.permissions import Person
from earlyhelp.records.cases import Event
from earlyhelp.records.organisation import User

ASKING = ("referral", "step_up_requested", "agreement_withdrawn")
WHY = ("what_changed", "rationale", "what_family_said")
"""Fields in which the actions of these kinds say why."""


class StepUp(NamedTuple):
    """One case that waits for social care, with the request."""

    item: WorkItem
    came_from: str | None
    asked_by: str
    asked_at: datetime
    why: str


def waiting(
    connection: Connection, *, person: Person, after: tuple[datetime, int] | None = None
) -> tuple[list[StepUp], Worklist]:
    """Cases waiting for social care that this person may see, nearest due first, and the page they stand on."""
    found = waiting_for(connection, person=person, kind="step_up", after=after)
    requests = _requests(connection, [item.case_id for item in found.items])
    return [_step_up(item, requests[item.case_id]) for item in found.items if item.case_id in requests], found


def _step_up(item: WorkItem, request: Any) -> StepUp:
    why = next((request.fields[name] for name in WHY if request.fields.get(name)), "")
    return StepUp(item, request.from_state, request.name or request.actor, request.occurred_at, why)


def _requests(connection: Connection, case_ids: Sequence[int]) -> dict[int, Any]:
    """By case, the latest event that asked for it."""
    rows = connection.execute(
        select(Event.case_id, Event.from_state, Event.fields, Event.occurred_at, Event.actor, User.name)
        .outerjoin(User, User.id == Event.actor_id)
        .where(Event.case_id.in_(case_ids), Event.kind.in_(ASKING))
        .order_by(Event.case_id, Event.sequence)
    )
    return {row.case_id: row for row in rows}
