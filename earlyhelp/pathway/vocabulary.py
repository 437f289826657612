"""The short fixed vocabulary that every pathway file speaks, whatever a council calls things.

Measures, exports and pages compare over these *kinds*, never over a file's own names.
"""

from typing import Literal, get_args

Role = Literal[
    "screener",
    "lead_professional",
    "manager",
    "service_manager",
    "analyst",
    "administrator",
    "auditor",
    "partner",
    "public",
    "system",
]
StateKind = Literal[
    "screening",
    "information",
    "enquiry",
    "allocation",
    "first_contact",
    "assessment",
    "authorisation",
    "plan",
    "step_up",
    "closed",
]
ActionKind = Literal[
    "contact",
    "step_down",
    "information_request",
    "information_received",
    "strategy_discussion",
    "no_further_action",
    "advice",
    "signpost",
    "agreement_refused",
    "referral",
    "acceptance",
    "allocation",
    "reallocation",
    "first_contact",
    "contact_attempt",
    "assessment_submitted",
    "assessment_authorised",
    "assessment_returned",
    "reassessment",
    "plan_shared",
    "review",
    "step_up_requested",
    "step_up_accepted",
    "step_up_returned",
    "urgency_changed",
    "closing",
    "reopening",
    "agreement_withdrawn",
    "referrer_answered",
    "service_reached",
    "clock_paused",
    "clock_resumed",
    "contact_joined",
    "correction",
    "moved",
    "pathway_moved",
    "other",
]
ClockKind = Literal[
    "screening",
    "information",
    "allocation",
    "first_contact",
    "assessment",
    "authorisation",
    "review",
    "reassessment",
    "referrer_answer",
    "signpost_check",
    "plan_shared",
    "step_up",
    "social_work_assessment",
    "other",
]
Holder = Literal["front_door", "agency", "manager", "lead_professional", "social_care"]
Told = Literal[
    "screener",
    "screening_manager",
    "lead_professional",
    "manager",
    "service_manager",
    "social_care_manager",
]
Audience = Literal["holder", Told]
"""A clock has a holder, an action has none."""
Fact = Literal["level_of_need", "urgency", "agreement", "sharing_basis", "team", "lead_professional"]
LevelKey = Literal["universal", "additional", "targeted", "specialist"]
FieldType = Literal[
    "text",
    "long_text",
    "choice",
    "choices",
    "date",
    "moment",
    "yes_no",
    "score",
    "person",
    "team",
    "services",
    "children",
]

ROLES: tuple[str, ...] = get_args(Role)
STATE_KINDS: tuple[str, ...] = get_args(StateKind)
"""In the order in which a family meets them."""
PEOPLE_ROLES = tuple(role for role in ROLES if role not in {"public", "system"})
"""Roles a person or a partner's system may be given; `public` and `system` belong to nobody."""

BELOW_THRESHOLD: frozenset[str] = frozenset({"no_further_action", "advice", "signpost"})
"""Kinds of decision that count as below the early help threshold (domain.md, vocabulary: NFA)."""

SCREENING_DECISIONS: frozenset[str] = BELOW_THRESHOLD | {
    "agreement_refused",
    "referral",
    "acceptance",
    "contact_joined",
}

SAME = "same"
BACK = "back"
"""Destinations that are not states: stay where the case is; go back where a step up came from."""
