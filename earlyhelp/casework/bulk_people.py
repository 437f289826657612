"""Everybody who may be meant by the people of many contacts, held in memory: recognised as one by one, only faster."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import aliased

from earlyhelp.matching.births import nearness
from earlyhelp.matching.described import Described
from earlyhelp.matching.finding import MOST_SHOWN, Found, described
from earlyhelp.matching.scoring import compare
from earlyhelp.records.among import among
from earlyhelp.records.matching import PersonKey, restricted_people
from earlyhelp.records.people import Person


@dataclass(frozen=True, slots=True)
class Known:
    """A recorded person, named as `records.matching.people_by_keys` names them."""

    id: int
    adult: bool
    known_id: int
    known_public_id: str
    known_restricted: bool
    described: Described


class KnownPeople:
    """Who is found under which key. What is added is found by whoever is asked for later."""

    def __init__(self) -> None:
        self._by_key: defaultdict[int, list[Known]] = defaultdict(list)

    def load(self, connection: Connection, keys: Collection[int]) -> None:
        """Fetch who is recorded under any of these keys, each once."""
        found: dict[int, list[int]] = {}
        for key, person_id in _people_under(connection, keys):
            found.setdefault(person_id, []).append(key)
        for person in _recorded(connection, sorted(found)):
            self.add(person, found[person.id])

    def add(self, person: Known, keys: Iterable[int]) -> None:
        """Let a person be found under these keys."""
        for key in keys:
            self._by_key[key].append(person)

    def recognise(self, typed: Described, keys: Iterable[int], *, adults: bool) -> list[Found]:
        """Who may be meant, strongest first: the same as `recognising.recognise` asks the database."""
        seen: dict[int, Known] = {}
        for key in keys:
            for person in self._by_key.get(key, ()):
                if person.adult is adults:
                    seen[person.id] = person
        best: dict[int, Found] = {}
        for person in seen.values():
            if _cannot_be(typed, person.described):
                continue
            match = compare(typed, person.described)
            if match is None:
                continue
            before = best.get(person.known_id)
            if before is None or (-match.strength, -match.score) < _order(before):
                best[person.known_id] = Found(person, match)
        return sorted(best.values(), key=lambda found: (*_order(found), found.known_id))[:MOST_SHOWN]


def _order(found: Found) -> tuple[int, float]:
    return -found.match.strength, -found.match.score


def _cannot_be(typed: Described, known: Described) -> bool:
    """What `compare` says no to at once, asked before it looks at the names: another birth date, and no number."""
    one, other = typed.date_of_birth, known.date_of_birth
    if one is None or other is None or one == other:
        return False
    return not _number_agrees(typed, known) and _far(one, other)


def _number_agrees(typed: Described, known: Described) -> bool:
    same_nhs = bool(typed.nhs_number) and typed.nhs_number == known.nhs_number
    return same_nhs or (bool(typed.upn) and typed.upn == known.upn)


def _far(one: date, other: date) -> bool:
    return nearness(one, other) == "different"


def _people_under(connection: Connection, keys: Collection[int]) -> Iterator[tuple[int, int]]:
    rows = connection.execute(select(PersonKey.key, PersonKey.person_id).where(among(PersonKey.key, keys)))
    return ((key, person_id) for key, person_id in rows)


def _recorded(connection: Connection, ids: Sequence[int]) -> Iterator[Known]:
    known = aliased(Person)
    statement = select(
        *(
            Person.id,
            Person.adult,
            Person.given_name,
            Person.family_name,
            Person.date_of_birth,
            Person.gender,
        ),
        *(Person.postcode, Person.address, Person.nhs_number, Person.upn, Person.phone),
        known.id.label("known_id"),
        known.public_id.label("known_public_id"),
        restricted_people(known).label("known_restricted"),
    ).join(known, known.id == func.coalesce(Person.merged_into_id, Person.id))
    for row in connection.execute(statement.where(among(Person.id, ids))):
        yield Known(
            row.id, row.adult, row.known_id, row.known_public_id, row.known_restricted, described(row)
        )
