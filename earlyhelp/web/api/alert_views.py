"""Alerts: listing and acknowledging them."""

from datetime import datetime
from typing import Any

from flask import request
from werkzeug.wrappers import Response

from earlyhelp.casework.alerts import AlertRefused, acknowledge
from earlyhelp.insight import alerts
from earlyhelp.pathway.facts import BadFields
from earlyhelp.records.database import reading, transaction
from earlyhelp.web.api.bodies import AcknowledgementSent, moment_of
from earlyhelp.web.api.entry import answer, body_as, caller, route
from earlyhelp.web.api.shapes import alert_shape
from earlyhelp.web.presenters.places import read_place, written_place
from earlyhelp.web.services import services


@route("/alerts")
def list_alerts() -> Response:
    status = request.args.get("status") or None
    if status is not None and status not in alerts.STATUSES:
        raise BadFields({"status": [f"Must be one of: {', '.join(alerts.STATUSES)}"]})
    try:
        after = read_place(request.args.get("cursor"))
    except ValueError:
        raise BadFields({"cursor": ["Must be the next_cursor of an earlier answer"]}) from None
    with reading(services().engine) as connection:
        found = alerts.list_alerts(
            connection,
            person=caller(),
            statuses=(status,) if status else alerts.STATUSES,
            clock=request.args.get("clock") or None,
            after=after,
        )
    shown = found[: alerts.PAGE]
    last = shown[-1] if len(found) > alerts.PAGE else None
    place = written_place((last.fell_due_at, last.id)) if last is not None else None
    return answer({"alerts": [alert_shape(alert) for alert in shown], "next_cursor": place})


@route("/alerts/<int:alert_id>/acknowledge", methods=("POST",))
def acknowledge_alert(alert_id: int) -> Response:
    """Acknowledging needs a promise: the note says what will happen, `by` until when."""
    sent = body_as(AcknowledgementSent)
    try:
        with transaction(services().engine) as connection:
            acknowledge(
                connection,
                alert_id=alert_id,
                person=caller(),
                note=sent.note,
                promise_by=_by(sent),
                now=services().now(),
            )
            found: Any = alerts.one_alert(connection, alert_id=alert_id)
    except AlertRefused as refused:
        raise BadFields({refused.field: [str(refused)]}) from None
    return answer(alert_shape(found))


def _by(sent: AcknowledgementSent) -> datetime | None:
    try:
        return moment_of(sent.by, "by")
    except ValueError as fault:
        raise BadFields({"by": [str(fault)]}) from None
