"""Codes of the Standard Safeguarding Dataset: descriptions of sources, and the keys of its outcomes in JSON."""

SOURCES = {
    "1A": "INDIVIDUAL - family member, relative or carer",
    "1B": "INDIVIDUAL - acquaintance (including neighbours and child minders)",
    "1C": "INDIVIDUAL - self",
    "1D": "INDIVIDUAL - other (including strangers or Members of Parliament (MPs))",
    "2A": "SCHOOLS",
    "2B": "EDUCATION SERVICES",
    "3A": "HEALTH SERVICES - general practitioner (GP)",
    "3B": "HEALTH SERVICES - health visitor",
    "3C": "HEALTH SERVICES - school nurse",
    "3D": "HEALTH SERVICES - other primary health services",
    "3E": "HEALTH SERVICES - A&E (accident and emergency department)",
    "3F": "HEALTH SERVICES - other (for example hospice)",
    "4": "HOUSING - local authority housing or housing association",
    "5A": "LA SERVICES - social care, for example adults social care services",
    "5B": "LA SERVICES - other internal services, not including social care or early help",
    "5C": "LA SERVICES - external, from another local authority’s services, for example social care or early help",
    "5D": "LA SERVICES - early help",
    "6": "POLICE",
    "7": "OTHER LEGAL AGENCY - including courts, probation, immigration, CAFCASS (Children and Family Court Advisory "
    "and Support Service) or prison",
    "8": "OTHER - including children’s centres, independent agency providers or voluntary organisations",
    "9": "ANONYMOUS",
    "10": "UNKNOWN",
}
PRIMARY_NEEDS = ("N1", "N2", "N3", "N4", "N5", "N6", "N7", "N8", "N9")
"""In the order of the table: where several apply, the highest in it counts."""
CONTACT_OUTCOMES = (
    "NEW_REFERRAL_FLAG",
    "EXISTING_REFERRAL_FLAG",
    "CP_ENQUIRY_FLAG",
    "NFA_FLAG",
    "NON_AGENCY_ADOPTION_FLAG",
    "PRIVATE_FOSTERING_FLAG",
    "ADVICE_FLAG",
    "MISSING_FLAG",
    "OLA_CP_FLAG",
    "OTHER_OUTCOMES_EXIST_FLAG",
)
RAISED_BY = {
    "no_further_action": "NFA_FLAG",
    "advice": "ADVICE_FLAG",
    "signpost": "ADVICE_FLAG",
    "referral": "NEW_REFERRAL_FLAG",
    "acceptance": "OTHER_OUTCOMES_EXIST_FLAG",
    "agreement_refused": "OTHER_OUTCOMES_EXIST_FLAG",
    "contact_joined": "OTHER_OUTCOMES_EXIST_FLAG",
}
"""The flag that each kind of screening decision raises. The dataset has none of its own for early help."""
REFERRAL_OUTCOMES = (
    "SINGLE_ASSESSMENT_FLAG",
    "NFA_FLAG",
    "STRATEGY_DISCUSSION_FLAG",
    "CLA_REQUEST_FLAG",
    "NON_AGENCY_ADOPTION_FLAG",
    "PRIVATE_FOSTERING_FLAG",
    "CP_TRANSFER_IN_FLAG",
    "CP_CONFERENCE_FLAG",
    "CARE_LEAVER_FLAG",
    "OTHER_OUTCOMES_EXIST_FLAG",
)
FIRST_OR_AGAIN, OTHER_REASON = "FCONTA", "OTHERS"
"""Why a worker changed: first contact or re-referral, or another reason. The other codes are not recorded here."""
