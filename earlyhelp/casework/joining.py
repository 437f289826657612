"""Joining a contact to the open case of the same children."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, update

from earlyhelp.casework.reading import CaseRow, case_to_change, open_cases_of_children
from earlyhelp.casework.refusals import NoSuchCase
from earlyhelp.pathway.facts import BadFields
from earlyhelp.permissions import Person
from earlyhelp.records.cases import Contact
from earlyhelp.records.identifiers import parse_reference

NOTE_ROLE = "system"


def joined_case(
    connection: Connection, *, case: CaseRow, fields: Mapping[str, Any], person: Person
) -> CaseRow:
    """The open case, locked, that this contact becomes information for. BadFields if it is none of these children's."""
    reference = parse_reference(str(fields["case_reference"])) or ""
    others = open_cases_of_children(connection, case_id=case.id)
    if reference not in others:
        known = f" Open cases of these children: {', '.join(others)}" if others else ""
        raise BadFields({"case_reference": [f"Must be an open case of the same children.{known}"]})
    try:
        target = case_to_change(connection, reference=reference, person=person)
    except NoSuchCase:
        raise BadFields({"case_reference": ["Must be an open case of the same children."]}) from None
    return target


def link_joined_case(connection: Connection, *, case_id: int, target_id: int) -> None:
    """Keep on the contact which case it was joined to."""
    connection.execute(update(Contact).where(Contact.case_id == case_id).values(joined_case_id=target_id))
