"""One good body for each address that takes one: shown in the reference, and tried by a test."""

from typing import Any

CONTACT: dict[str, Any] = {
    "source": "2A",
    "channel": "online_form",
    "received_at": "2026-03-02T09:30:00+00:00",
    "agreement": "given",
    "agreement_note": "His mother agreed by telephone on 1 March",
    "sharing_basis": "public_task",
    "presenting_needs": [],
    "worries": "Often late and hungry since the new year",
    "strengths": "Enjoys school; his grandmother helps",
    "referrer": {
        "name": "Sam Okafor",
        "organisation": "Hollybank Primary School",
        "email": "s.okafor@hollybank.example",
        "phone": "01632 960123",
    },
    "children": [
        {
            "given_name": "Rowan",
            "family_name": "Ashgrove",
            "date_of_birth": "2017-09-14",
            "gender": "male",
            "ethnicity": "WBRI",
            "disabled": False,
            "postcode": "ZZ99 3WZ",
        }
    ],
}
ACTION: dict[str, Any] = {
    "version": 1,
    "occurred_at": "2026-03-02T10:15:00+00:00",
    "fields": {
        "level_of_need": "targeted",
        "rationale": "Several services must work together with the family",
        "agreement": "given",
    },
}
ACKNOWLEDGEMENT: dict[str, Any] = {
    "note": "The lead professional visits tomorrow",
    "by": "2026-03-12T17:00:00+00:00",
}
