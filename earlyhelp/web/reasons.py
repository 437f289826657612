"""Asking screeners why, before a record outside their team is shown to them."""

from collections.abc import Mapping
from typing import Any

from earlyhelp.insight.reasons import reason_for_case, reason_for_person
from earlyhelp.permissions import SCREENS, Person
from earlyhelp.records.database import reading
from earlyhelp.records.identifiers import parse_reference
from earlyhelp.web.services import services

LONGEST_ID = 20


def reason_to_open(person: Person, named: Mapping[str, Any]) -> str | None:
    """Why this person opens what the parts of an address name; None when they must be asked. Most are not."""
    if SCREENS not in person.roles:
        return ""
    reference, public_id = parse_reference(str(named.get("reference", ""))), named.get("public_id")
    if reference is None and public_id is None:
        return ""
    now = services().now()
    with reading(services().engine) as connection:
        if reference is not None:
            return reason_for_case(connection, reference=reference, person=person, now=now)
        return reason_for_person(connection, public_id=str(public_id)[:LONGEST_ID], person=person, now=now)
