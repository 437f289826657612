"""A telephone call typed into the contact page, as the browser sends it."""

from typing import Any

from flask.testing import FlaskClient

PAGE = "/front-door/contacts/new"
CALL = {
    "source": "2A",
    "channel": "telephone",
    "referrer-organisation": "Hillside School",
    "referrer-name": "Mrs Jones",
    "referrer-phone": "01922 000000",
    "children-0-given_name": "Wenna",
    "children-0-family_name": "Tregenza",
    "children-0-date_of_birth-day": "4",
    "children-0-date_of_birth-month": "5",
    "children-0-date_of_birth-year": "2019",
    "children-0-postcode": "WS1 1TP",
    "children-0-address": "1 High Street",
    "worries": "Often absent from school",
    "strengths": "Close to her grandmother",
    "agreement": "given",
}
"""Name, birth date and postcode make it certain that every call is about the same child."""


def telephoned(client: FlaskClient, **other: Any) -> str:
    """The reference of the case that the call began."""
    saved = client.post(PAGE, data=CALL | other)
    assert saved.status_code == 302, saved.text
    return str(saved.location).rpartition("/")[2]
