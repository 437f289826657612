"""A case that came to its plan without a browser: how it came there, other journeys show."""

from datetime import UTC, datetime, timedelta

from earlyhelp.casework.intake import open_case
from earlyhelp.casework.perform import perform
from earlyhelp.permissions import Person, person_by_email
from earlyhelp.records.database import reading, transaction
from tests.journeys.conftest import Site
from tests.web.desk import scores

ASSESSED = {
    "childs_development": "Often tired",
    "parenting_capacity": "Warm, and worn out",
    "family_and_environment": "The flat is damp",
    "strengths": "A close grandmother",
    "needs": ["housing"],
    "childs_voice": "Wants a dry room",
    "parents_views": "Needs the landlord to act",
    "proposed_plan": "Repairs",
    **scores(3, 4, 5),
}


def somebody(site: Site, who: str) -> Person:
    with reading(site.engine) as connection:
        person = person_by_email(connection, email=f"{who}@testshire.example")
    assert person is not None
    return person


def planned_case(site: Site) -> str:
    """A case of `lead` whose assessment was authorised within the last hour."""
    screener, lead, manager = (somebody(site, who) for who in ("screener", "lead", "manager"))
    now = datetime.now(UTC) - timedelta(hours=1)
    contact = {
        "source": "3A",
        "channel": "telephone",
        "worries": "Damp",
        "strengths": "Gran",
        "agreement": "given",
    }
    child = {"given_name": "Lowen", "family_name": "Deskford", "date_of_birth": "2016-05-04"}
    accept = {"level_of_need": "targeted", "rationale": "Several needs", "agreement": "given"}
    steps = (
        ("accept_for_early_help", screener, {**accept, "team": "early_help"}),
        ("allocate_lead_professional", manager, {"lead_professional": lead.email}),
        ("record_first_contact", lead, {"how": "phone", "child_seen": True, "childs_voice": "A dry room"}),
        ("submit_assessment", lead, ASSESSED),
        ("authorise_assessment", manager, {"comment": "Clear"}),
    )
    with transaction(site.engine) as connection:
        case = open_case(connection, person=screener, children=[child], fields=contact, now=now)
        for action, person, fields in steps:
            perform(
                connection, reference=case.reference, action=action, person=person, fields=fields, now=now
            )
    return case.reference
