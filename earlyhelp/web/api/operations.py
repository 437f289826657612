"""Every address of the API: what is sent, what is answered, which problems there may be."""

from typing import Any, NamedTuple

from earlyhelp.insight.alerts import STATUSES
from earlyhelp.insight.cases import LARGEST_PAGE, PAGE
from earlyhelp.web.api.answers import (
    AlertAnswer,
    AlertsAnswer,
    CaseAnswer,
    CasesAnswer,
    ClockWithWorking,
    HistoryAnswer,
    MeasureAnswer,
    PathwayAnswer,
)
from earlyhelp.web.api.bodies import AcknowledgementSent, ActionSent, ContactSent
from earlyhelp.web.api.examples import ACKNOWLEDGEMENT, ACTION, CONTACT

TEXT = {"type": "string"}
LIMIT = {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": PAGE}
QUERY: dict[str, dict[str, dict[str, Any]]] = {
    "/cases": {
        "state": TEXT,
        "team": TEXT,
        "lead_professional": TEXT,
        "due_before": {"type": "string", "format": "date-time"},
        "cursor": TEXT,
        "limit": LIMIT,
    },
    "/alerts": {
        "status": {"type": "string", "enum": list(STATUSES)},
        "clock": TEXT,
        "cursor": TEXT,
        "limit": LIMIT,
    },
    "/measures/{key}": {
        "from": {"type": "string", "format": "date"},
        "to": {"type": "string", "format": "date"},
        "team": TEXT,
        "as_known_on": {"type": "string", "format": "date"},
    },
}
READING = (401, 403, 404, 406, 429, 503)
WRITING = (400, 401, 403, 404, 406, 409, 413, 415, 422, 429, 503)


class Operation(NamedTuple):
    """One address and method: what is sent, what is answered, which problems there may be."""

    path: str
    method: str
    summary: str
    answered: Any
    statuses: tuple[int, ...]
    sent: Any = None
    success: int = 200
    tagged: bool = False
    """Whether the answer carries the case's version as its ETag."""
    example: Any = None


OPERATIONS = (
    Operation("/contacts", "post", "Record a contact", CaseAnswer, WRITING, ContactSent, 201, True, CONTACT),
    Operation("/cases", "get", "List cases", CasesAnswer, (*READING, 422)),
    Operation("/cases/{reference}", "get", "One case", CaseAnswer, READING, tagged=True),
    Operation("/cases/{reference}/history", "get", "Every event, oldest first", HistoryAnswer, READING),
    Operation(
        "/cases/{reference}/actions/{action}",
        "post",
        "Take an action",
        CaseAnswer,
        (*WRITING, 412),
        ActionSent,
        tagged=True,
        example=ACTION,
    ),
    Operation("/cases/{reference}/clocks/{name}", "get", "The working of a clock", ClockWithWorking, READING),
    Operation("/alerts", "get", "List alerts", AlertsAnswer, (*READING, 422)),
    Operation(
        "/alerts/{id}/acknowledge",
        "post",
        "Promise an answer",
        AlertAnswer,
        WRITING,
        AcknowledgementSent,
        example=ACKNOWLEDGEMENT,
    ),
    Operation("/measures/{key}", "get", "A measure for a period", MeasureAnswer, (*READING, 422)),
    Operation("/pathways/{name}", "get", "The running definition of a pathway", PathwayAnswer, READING),
)
