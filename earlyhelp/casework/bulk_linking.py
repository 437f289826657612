"""The people of cases in memory: recognised or recorded, put into families and on their cases, as `people` does."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from earlyhelp.casework.bulk_cases import NotInBulk
from earlyhelp.casework.bulk_gathering import Gathered, Numbers
from earlyhelp.casework.bulk_people import Known, KnownPeople
from earlyhelp.casework.contacts import Adult, Child, ContactTold
from earlyhelp.casework.intake import Beginning
from earlyhelp.casework.match_decisions import tell_of_restricted
from earlyhelp.casework.people import NOT_THEIRS, Linked, hold, sound_key
from earlyhelp.casework.recognising import certain, described_as_told
from earlyhelp.matching.described import Described
from earlyhelp.matching.keys import sought_and_stored_keys
from earlyhelp.permissions import Person as User
from earlyhelp.records.cases import CasePerson
from earlyhelp.records.identifiers import family_public_id, person_public_id
from earlyhelp.records.matching import SuspectedDuplicate
from earlyhelp.records.names import search_name
from earlyhelp.records.people import Family, FamilyMember, Person

Keys = tuple[frozenset[int], frozenset[int]]


class PeopleInBulk:
    """The people of the cases that are being gathered. `known` holds whoever may be meant by those who come next."""

    def __init__(self, connection: Connection, gathered: Gathered, numbers: Numbers, person: User) -> None:
        self.connection = connection
        self.gathered, self.numbers = gathered, numbers
        self.person = person
        self.known = KnownPeople()
        self._referred_to: set[int] = set()
        self._families: dict[int, list[int]] = {}
        self._typed: dict[int, tuple[Child | Adult, Described, Keys]] = {}
        """By the id of what was told, which is kept here, so that the id is its own."""

    def know(self, contacts: Iterable[ContactTold]) -> None:
        """Load whoever may be meant by the people of these contacts, instead of those before."""
        people: list[Child | Adult] = []
        for told in contacts:
            people += told.children
            people += told.adults
        self._typed = {
            id(one): (one, typed := described_as_told(one), sought_and_stored_keys(typed)) for one in people
        }
        self.known = KnownPeople()
        sought = (keys[0] for _, _, keys in self._typed.values())
        self.known.load(self.connection, set().union(*sought))

    def linked(self, told: Child | Adult, now: datetime) -> Linked:
        if told.person or getattr(told, "not_known_as", None):
            raise NotInBulk("a record chosen by a person")
        adults = isinstance(told, Adult)
        _, typed, (sought, stored) = self._typed[id(told)]
        found = self.known.recognise(typed, sought, adults=adults)
        self._referred_to |= {one.known_id for one in found}
        sure = certain(found, person=self.person)
        if sure is not None:
            return Linked(sure.known_id, sure.public_id)
        person_id = self.gathered.next_id(Person)
        public_id = person_public_id(self.numbers.next("person"))
        self.gathered.add(Person, _person_row(told, person_id, public_id, now))
        self.gathered.keys.extend((key, person_id) for key in stored)
        self.known.add(Known(person_id, adults, person_id, public_id, False, typed), stored)
        for one in found:
            self.gathered.add(SuspectedDuplicate, _suspicion(person_id, one, now))
        return Linked(person_id, public_id, tuple(found))

    def hold(self) -> None:
        """Those known before to whom the rows refer that are about to be written: nobody merges them now."""
        hold(self.connection, self._referred_to)
        self._referred_to.clear()

    def family(self, people: Sequence[int], name: str, now: datetime) -> int:
        everybody = list(dict.fromkeys(people))
        families = [family for person in everybody for family in self._families_of(person)]
        family_id = min(families, default=None)
        if family_id is None:
            family_id = self.gathered.next_id(Family)
            public_id = family_public_id(self.numbers.next("family"))
            row = {"id": family_id, "public_id": public_id, "name": name[:100], "created_at": now}
            self.gathered.add(Family, row)
        for person in everybody:
            if family_id not in self._families[person]:
                self._families[person].append(family_id)
                self.gathered.add(
                    FamilyMember, {"family_id": family_id, "person_id": person, "relationship": ""}
                )
        return family_id

    def _families_of(self, person: int) -> list[int]:
        if person not in self._families:
            if not self.gathered.is_new(Person, person):
                asked = select(FamilyMember.family_id).where(FamilyMember.person_id == person)
                self._families[person] = list(self.connection.scalars(asked))
            else:
                self._families[person] = []
        return self._families[person]

    def write_on_case(
        self, beginning: Beginning, told: ContactTold, people: Sequence[Linked], grown: Sequence[Linked]
    ) -> None:
        rows: dict[int, dict[str, Any]] = {}
        for position, one in enumerate(people):
            rows.setdefault(one.id, _case_person(beginning.case_id, one.id, position, is_child=True))
        for position, (adult, one) in enumerate(zip(told.adults, grown, strict=True)):
            row = _case_person(beginning.case_id, one.id, position, is_child=False)
            rows[one.id] = {**row, "relationship": adult.relationship}
        for row in rows.values():
            self.gathered.add(CasePerson, row)
        restricted = {known for one in (*people, *grown) for known in one.restricted()}
        tell_of_restricted(
            self.connection, restricted=restricted, person=self.person, now=beginning.asked.now
        )


def _person_row(told: Child | Adult, person_id: int, public_id: str, now: datetime) -> dict[str, Any]:
    values = {
        "expected_birth_on": None,
        "gender": "not_stated",
        "ethnicity": "NOBT",
        "disabled": None,
        "disabilities": [],
        "uprn": None,
        "nhs_number": None,
        "upn": None,
        "phone": "",
        "restricted": False,
        "merged_into_id": None,
        **{name: value for name, value in told.__dict__.items() if name not in NOT_THEIRS},
    }
    return {
        **values,
        "id": person_id,
        "public_id": public_id,
        "adult": isinstance(told, Adult),
        "search_name": search_name(told.given_name, told.family_name),
        "sound_key": sound_key(told.family_name),
        "created_at": now,
    }


def _suspicion(person_id: int, found: Any, now: datetime) -> dict[str, Any]:
    return {
        "person_id": person_id,
        "other_id": found.known_id,
        "strength": int(found.match.strength),
        "score": found.match.score,
        "reasons": list(found.match.reasons),
        "found_at": now,
        "status": "open",
        "decided_by_id": None,
        "decided_at": None,
        "reason": "",
    }


def _case_person(case_id: int, person_id: int, position: int, *, is_child: bool) -> dict[str, Any]:
    return {
        "case_id": case_id,
        "person_id": person_id,
        "position": position,
        "is_child": is_child,
        "relationship": "",
    }
