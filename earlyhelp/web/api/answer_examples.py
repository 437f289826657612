"""One answer of each kind, as it is given: shown in the reference, held to the shapes by a test."""

from collections.abc import Mapping
from typing import Any

from earlyhelp.web.api.answers import (
    AlertAnswer,
    CaseAnswer,
    ClockAnswer,
    ClockWithWorking,
    EventAnswer,
    MeasureAnswer,
    PathwayAnswer,
)

REFERENCE = "EH-7KM-2QPX"
LEAD = "j.pike@council.example"
ALLOCATED_AT = "2026-03-02T10:15:00+00:00"
FIRST_CONTACT: ClockAnswer = {
    "name": "first_contact",
    "about": None,
    "status": "running",
    "started_at": ALLOCATED_AT,
    "due_at": "2026-03-10T00:00:00+00:00",
    "stopped_at": None,
    "recorded_late": False,
}
CASE: CaseAnswer = {
    "reference": REFERENCE,
    "pathway": "standard",
    "pathway_version": "1",
    "state": "awaiting_first_contact",
    "outcome": None,
    "level_of_need": "targeted",
    "version": 3,
    "team": "north",
    "lead_professional": LEAD,
    "opened_at": "2026-03-02T09:30:00+00:00",
    "closed_at": None,
    "children": [
        {
            "person": "P7KM2QPX",
            "given_name": "Rowan",
            "family_name": "Ashgrove",
            "date_of_birth": "2017-09-14",
            "expected_birth_on": None,
            "gender": "male",
            "ethnicity": "WBRI",
            "disabled": True,
            "disabilities": ["HEAR"],
            "nhs_number": None,
            "upn": None,
            "postcode": "ZZ99 3WZ",
            "uprn": None,
        }
    ],
    "clocks": [FIRST_CONTACT],
    "actions": ["record_first_contact", "request_step_up", "withdraw_agreement"],
}
EVENT: EventAnswer = {
    "sequence": 3,
    "action": "allocate_lead_professional",
    "from_state": "awaiting_allocation",
    "to_state": "awaiting_first_contact",
    "occurred_at": ALLOCATED_AT,
    "recorded_at": ALLOCATED_AT,
    "actor": "screener@council.example",
    "actor_role": "screener",
    "reason": None,
    "fields": {"lead_professional": LEAD, "team": "north"},
    "pathway_version": "1",
    "hash": "eac777af46f4262c93ff3f0f5b57c35456500451944b68fdcf3806714e7bc6be",
}
WORKING: ClockWithWorking = {
    **FIRST_CONTACT,
    "gross_due_at": "2026-03-10T00:00:00+00:00",
    "rule": "5 working days after the day it starts, by the end of the day",
    "pathway": "standard",
    "pathway_version": "1",
    "gross_days": 1,
    "net_days": 1,
    "whose_days": {"Joanna Pike": 1},
    "past_known_holidays": False,
    "pauses": [],
    "days": [
        {"date": "2026-03-02", "counted": False, "number": 0, "reason": "day 0", "holder": "Joanna Pike"},
        {"date": "2026-03-03", "counted": True, "number": 1, "reason": "day 1", "holder": "Joanna Pike"},
    ],
    "earlier_runs": [],
}
ALERT: AlertAnswer = {
    "id": 17,
    "case": REFERENCE,
    "clock": "first_contact",
    "stage": "breach",
    "fell_due_at": "2026-03-10T00:00:00+00:00",
    "raised_at": "2026-03-10T00:00:20+00:00",
    "status": "acknowledged",
    "audience": ["lead_professional", "manager"],
    "acknowledged_by": LEAD,
    "promise": "The lead professional visits tomorrow",
}
MEASURE: MeasureAnswer = {
    "key": "first_contact_in_time",
    "title": "First contact in time",
    "unit": "per cent",
    "better": "bigger",
    "from": "2026-02-01",
    "to": "2026-02-28",
    "team": "north",
    "as_known_on": None,
    "value": 87.5,
    "numerator": 14,
    "denominator": 16,
    "suppressed": False,
    "target": 90,
    "status": "near",
    "cases": None,
}
PATHWAY: PathwayAnswer = {
    "name": "standard",
    "title": "Early help: the standard pathway",
    "version": "1",
    "states": [{"name": "screening", "title": "Screening", "kind": "screening", "final": False}],
    "actions": [
        {
            "name": "close_agreement_refused",
            "title": "Close: agreement refused",
            "from": ["screening", "awaiting_allocation"],
            "to": "closed",
            "roles": ["screener", "manager"],
            "fields": [{"name": "rationale", "type": "long_text", "required": True, "choices": []}],
        }
    ],
    "clocks": [
        {
            "name": "allocation",
            "title": "Allocation of a lead professional",
            "starts": ["accept_for_early_help", "step_down"],
            "stops": ["allocate_lead_professional"],
            "due": "5 working days",
        }
    ],
}
ANSWER_EXAMPLES: Mapping[str, Any] = {
    "CaseAnswer": CASE,
    "CasesAnswer": {"cases": [CASE], "next_cursor": None},
    "HistoryAnswer": {"events": [EVENT]},
    "ClockWithWorking": WORKING,
    "AlertAnswer": ALERT,
    "AlertsAnswer": {"alerts": [ALERT], "next_cursor": None},
    "MeasureAnswer": MEASURE,
    "PathwayAnswer": PATHWAY,
}
"""By the name of the shape."""
