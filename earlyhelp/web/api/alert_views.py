"""Alerts: listing and acknowledging them."""

from werkzeug.wrappers import Response

from earlyhelp.casework.alerts import AlertRefused, acknowledge
from earlyhelp.insight import alerts
from earlyhelp.insight.cursors import Cursor, write_cursor
from earlyhelp.insight.pathways import names_in_use
from earlyhelp.pathway.facts import BadFields
from earlyhelp.records.database import reading, transaction
from earlyhelp.web.api.bodies import AcknowledgementSent
from earlyhelp.web.api.entry import answer, caller, route
from earlyhelp.web.api.received import (
    body_as,
    cursor_asked,
    moment_of,
    one_of_asked,
    query,
    whole_asked,
)
from earlyhelp.web.api.shapes import alert_shape
from earlyhelp.web.services import services

LIST = "alerts"


@route("/alerts")
def list_alerts() -> Response:
    """Alerts on the caller's cases, longest overdue first, a page at a time."""
    asked = query("status", "clock", "cursor", "limit")
    status = one_of_asked(asked, "status", frozenset(alerts.STATUSES))
    limit = whole_asked(asked, "limit", default=alerts.PAGE, largest=alerts.LARGEST_PAGE)
    after = cursor_asked(asked, of=LIST)
    with reading(services().engine) as connection:
        found = alerts.list_alerts(
            connection,
            person=caller(),
            statuses=(status,) if status else alerts.STATUSES,
            clock=one_of_asked(asked, "clock", names_in_use(connection, "clocks")),
            after=(after.at, after.id) if after and after.at else None,
            limit=limit,
        )
    shown = found[:limit]
    last = shown[-1] if len(found) > limit else None
    cursor = write_cursor(Cursor(last.id, last.fell_due_at), of=LIST) if last is not None else None
    return answer({"alerts": [alert_shape(alert) for alert in shown], "next_cursor": cursor})


@route("/alerts/<int:alert_id>/acknowledge", methods=("POST",), scope="act")
def acknowledge_alert(alert_id: int) -> Response:
    """Acknowledging needs a promise: the note says what will happen, `by` until when."""
    sent = body_as(AcknowledgementSent)
    promise_by = moment_of(sent.by, "by")
    try:
        with transaction(services().engine) as connection:
            acknowledge(
                connection,
                alert_id=alert_id,
                person=caller(),
                note=sent.note,
                promise_by=promise_by,
                now=services().now(),
            )
            found = alerts.one_alert(connection, alert_id=alert_id)
    except AlertRefused as refused:
        raise BadFields({refused.field: [str(refused)]}) from None
    return answer(alert_shape(found))
