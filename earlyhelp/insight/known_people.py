"""Who may already be known: people recorded who may be the one typed, with the reasons, as far as one may see them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import aliased

from earlyhelp.matching.described import Described
from earlyhelp.matching.finding import Found, ranked
from earlyhelp.matching.keys import sought_keys
from earlyhelp.matching.scoring import Strength
from earlyhelp.permissions import Person, sees_all, shown_restricted, visible_cases
from earlyhelp.records.cases import Case, CasePerson
from earlyhelp.records.matching import SuspectedDuplicate, people_by_keys, restricted_people
from earlyhelp.records.people import Person as PersonRow

SEVERAL = 200


class Known(NamedTuple):
    """Somebody who may be meant, as a screener is shown them. What is restricted is not in here at all."""

    public_id: str
    name: str
    date_of_birth: date | None
    postcode: str
    strength: Strength
    reasons: tuple[str, ...]
    elsewhere: bool = False
    """No case of theirs is this person's to see: then nothing is told but who may be meant, and why."""
    cases: int = 0
    open_cases: int = 0
    last_opened_at: datetime | None = None


@dataclass(frozen=True)
class Suggestions:
    """Those who may be shown, strongest first, and the ids of restricted records that may be meant.

    The ids are for telling managers. The person asking learns only that they should speak to one.
    """

    known: tuple[Known, ...] = ()
    restricted: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.known or self.restricted)


def likely_matches(
    connection: Connection, *, person: Person, typed: Sequence[Described]
) -> list[Suggestions]:
    """Which children may be each of those typed. Two queries, however many are typed.

    Whoever records a step down must be able to link a child of another team's; where the child lives is not theirs.
    """
    keys = {number: sought_keys(one) for number, one in enumerate(typed)}
    rows = people_by_keys(connection, keys=keys, adults=False)
    found = [ranked(one, rows[number]) for number, one in enumerate(typed)]
    cases = _cases_of(connection, person, sorted({one.known_id for several in found for one in several}))
    hidden = {one.known_id for several in found for one in several if one.restricted}
    hidden -= shown_restricted(connection, person, hidden)
    return [_suggestions(several, cases, hidden, person) for several in found]


_CHILD = aliased(PersonRow)


def suspicions_of_case(connection: Connection, *, case_id: int, person: Person) -> dict[str, Suggestions]:
    """Who else each child of a case may be, by the child's public id: what nobody has decided yet."""
    other = PersonRow
    rows = connection.execute(
        select(
            _CHILD.public_id.label("of"),
            other.id.label("known_id"),
            other.public_id,
            other.given_name,
            other.family_name,
            other.date_of_birth,
            other.postcode,
            restricted_people().label("restricted"),
            SuspectedDuplicate.strength,
            SuspectedDuplicate.reasons,
        )
        .join(CasePerson, CasePerson.person_id == SuspectedDuplicate.person_id)
        .join(_CHILD, _CHILD.id == SuspectedDuplicate.person_id)
        .join(other, other.id == SuspectedDuplicate.other_id)
        .where(
            CasePerson.case_id == case_id,
            CasePerson.is_child,
            SuspectedDuplicate.status == "open",
            _CHILD.merged_into_id.is_(None),
            other.merged_into_id.is_(None),
        )
        .order_by(CasePerson.position, SuspectedDuplicate.score.desc(), SuspectedDuplicate.id)
        .limit(SEVERAL)
    ).all()
    cases = _cases_of(connection, person, sorted({row.known_id for row in rows}))
    hidden = {row.known_id for row in rows if row.restricted}
    hidden -= shown_restricted(connection, person, hidden)
    return {
        public_id: _as_suggestions([row for row in rows if row.of == public_id], cases, hidden, person)
        for public_id in dict.fromkeys(row.of for row in rows)
    }


def _suggestions(
    found: Sequence[Found], cases: Mapping[int, Any], hidden: Collection[int], person: Person
) -> Suggestions:
    shown = [one for one in found if one.known_id not in hidden]
    return Suggestions(
        tuple(_known(one.row, one.public_id, one.match, cases.get(one.known_id), person) for one in shown),
        tuple(one.known_id for one in found if one not in shown),
    )


def _as_suggestions(
    rows: Sequence[Any], cases: Mapping[int, Any], hidden: Collection[int], person: Person
) -> Suggestions:
    shown = [row for row in rows if row.known_id not in hidden]
    return Suggestions(
        tuple(
            _known(
                row,
                row.public_id,
                _Match(Strength(row.strength), row.reasons),
                cases.get(row.known_id),
                person,
            )
            for row in shown
        ),
        tuple(row.known_id for row in rows if row not in shown),
    )


class _Match(NamedTuple):
    strength: Strength
    reasons: Sequence[str]


def _known(row: Any, public_id: str, match: Any, cases: Any, person: Person) -> Known:
    elsewhere = not cases and not sees_all(person)
    return Known(
        public_id=public_id,
        name=f"{row.given_name} {row.family_name}".strip() or "Name not known",
        date_of_birth=None if elsewhere else row.date_of_birth,
        postcode="" if elsewhere else row.postcode or "",
        strength=match.strength,
        reasons=tuple(match.reasons),
        elsewhere=elsewhere,
        cases=cases.cases if cases else 0,
        open_cases=cases.open_cases if cases else 0,
        last_opened_at=cases.last_opened_at if cases else None,
    )


def _cases_of(connection: Connection, person: Person, people: Sequence[int]) -> dict[int, Any]:
    """How many cases that this person may see each of these is on, and when the latest was opened."""
    if not people:
        return {}
    rows = connection.execute(
        select(
            CasePerson.person_id,
            func.count().label("cases"),
            func.count().filter(Case.is_open).label("open_cases"),
            func.max(Case.opened_at).label("last_opened_at"),
        )
        .join(Case, Case.id == CasePerson.case_id)
        .where(CasePerson.person_id.in_(people), visible_cases(person))
        .group_by(CasePerson.person_id)
    )
    return {row.person_id: row for row in rows}
