"""Other people who are named in somebody's records, and marking their names wherever they stand."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, or_, select

from earlyhelp.records.cases import Case, CasePerson, Contact
from earlyhelp.records.people import FamilyMember, Person
from earlyhelp.records.plans import Meeting, MeetingPerson

SHORTEST = 2
"""Letters of a name that is looked for: one letter would mark every other word."""


class ThirdParty(NamedTuple):
    """Somebody else in the records: how they are named there, and how they came into them."""

    names: tuple[str, ...]
    who: str
    reference: str = ""


class Marker:
    """Marks each name of these people in text, as whole words, in whatever letters it is written."""

    def __init__(self, people: Sequence[ThirdParty]) -> None:
        names = {name.casefold() for one in people for name in one.names if len(name) >= SHORTEST}
        longest_first = sorted(names, key=lambda name: (-len(name), name))
        either = "|".join(re.escape(name).replace(r"\ ", r"\s+") for name in longest_first)
        self._pattern = re.compile(rf"(?<!\w)(?:{either})(?!\w)", re.IGNORECASE) if either else None

    def marked(self, value: Any) -> Any:
        """The value with names marked, in lists and within structured values too."""
        if isinstance(value, str):
            pattern = self._pattern
            return pattern.sub(lambda found: f"[third party: {found[0]}]", value) if pattern else value
        if isinstance(value, Mapping):
            return {name: self.marked(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self.marked(one) for one in value]
        return value


def third_parties(
    connection: Connection, *, person_ids: Sequence[int], case_ids: Sequence[int]
) -> list[ThirdParty]:
    """Others on the same cases and of the same families, who told us, and who came to meetings."""
    own = connection.execute(select(Person).where(Person.id.in_(person_ids))).all()
    theirs = {word.casefold() for one in own for word in _names_of(one)}
    found = [
        *_relatives(connection, person_ids, case_ids),
        *_referrers(connection, case_ids),
        *_at_meetings(connection, case_ids),
    ]
    kept: dict[tuple[tuple[str, ...], str], ThirdParty] = {}
    for one in found:
        names = tuple(dict.fromkeys(name for name in one.names if name and name.casefold() not in theirs))
        if names:
            kept.setdefault((names, one.who), ThirdParty(names, one.who, one.reference))
    return list(kept.values())


def _names_of(person: Any) -> tuple[str, ...]:
    whole = f"{person.given_name} {person.family_name}".strip()
    return (whole, person.given_name, person.family_name)


def _relatives(
    connection: Connection, person_ids: Sequence[int], case_ids: Sequence[int]
) -> list[ThirdParty]:
    on_cases = select(CasePerson.person_id).where(CasePerson.case_id.in_(case_ids))
    families = select(FamilyMember.family_id).where(FamilyMember.person_id.in_(person_ids))
    of_cases = select(Case.family_id).where(Case.id.in_(case_ids))
    fellows = select(FamilyMember.person_id).where(
        or_(FamilyMember.family_id.in_(families), FamilyMember.family_id.in_(of_cases))
    )
    rows = connection.execute(
        select(Person)
        .where(or_(Person.id.in_(on_cases), Person.id.in_(fellows)), Person.id.not_in(person_ids))
        .order_by(Person.id)
    )
    return [
        ThirdParty(
            (*_names_of(row), row.phone, row.nhs_number or "", row.upn or ""),
            "An adult of the household" if row.adult else "Another child",
            row.public_id,
        )
        for row in rows
    ]


def _referrers(connection: Connection, case_ids: Sequence[int]) -> list[ThirdParty]:
    rows = connection.execute(select(Contact).where(Contact.case_id.in_(case_ids)).order_by(Contact.id))
    return [
        ThirdParty((row.referrer_name, row.referrer_email, row.referrer_phone), "Who told us")
        for row in rows
        if row.referrer_name or row.referrer_email or row.referrer_phone
    ]


def _at_meetings(connection: Connection, case_ids: Sequence[int]) -> list[ThirdParty]:
    rows = connection.execute(
        select(MeetingPerson.name)
        .join(Meeting, Meeting.id == MeetingPerson.meeting_id)
        .where(Meeting.case_id.in_(case_ids))
        .distinct()
        .order_by(MeetingPerson.name)
    )
    return [ThirdParty((row.name,), "Invited to a meeting") for row in rows]
