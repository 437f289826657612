"""Who is working on which contact, so that two screeners do not work one. No part of the history: it is a courtesy.

A claim ends by itself, and whenever the case moves on. Only here is a claim made or given up.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from earlyhelp.casework.reading import CaseRow, case_to_change
from earlyhelp.pathway.facts import Refused
from earlyhelp.permissions import Person
from earlyhelp.records.cases import AT_THE_FRONT_DOOR, Case
from earlyhelp.records.organisation import User


class HeldBySomebody(Refused):
    """Another screener is working on it. `name` and `until` say who, and how long at most."""

    def __init__(self, name: str, until: datetime) -> None:
        super().__init__(f"{name} is working on this contact")
        self.name, self.until = name, until


def claim(
    connection: Connection, *, reference: str, person: Person, now: datetime, lasting: timedelta
) -> None:
    """Take a contact for a while. Raises HeldBySomebody while another person's claim lasts, NoSuchCase."""
    case = case_to_change(connection, reference=reference, person=person)
    holder = holder_of(connection, case=case, person=person, now=now)
    if holder is not None:
        raise holder
    _hold(connection, case, person, now + lasting)


def take_over(
    connection: Connection, *, reference: str, person: Person, now: datetime, lasting: timedelta
) -> None:
    """Take a contact, whoever had it: the person was told, and means it."""
    case = case_to_change(connection, reference=reference, person=person)
    _hold(connection, case, person, now + lasting)


def release(connection: Connection, *, reference: str, person: Person) -> None:
    """Give up one's own claim; another person's stays."""
    case = case_to_change(connection, reference=reference, person=person)
    connection.execute(
        update(Case)
        .where(Case.id == case.id, Case.claimed_by_id == person.id)
        .values(claimed_by_id=None, claimed_until=None)
    )


def holder_of(
    connection: Connection, *, case: CaseRow, person: Person, now: datetime
) -> HeldBySomebody | None:
    """Who else is working on this case now, if anybody."""
    if case.claimed_by_id in (None, person.id) or case.claimed_until is None or case.claimed_until <= now:
        return None
    name = connection.scalar(select(User.name).where(User.id == case.claimed_by_id))
    return HeldBySomebody(str(name), case.claimed_until)


def _hold(connection: Connection, case: CaseRow, person: Person, until: datetime) -> None:
    if not case.is_open or case.state_kind not in AT_THE_FRONT_DOOR:
        raise Refused("This contact is not waiting at the front door any more")
    connection.execute(
        update(Case).where(Case.id == case.id).values(claimed_by_id=person.id, claimed_until=until)
    )
