"""Of those who share a key with somebody typed, who may be them: strongest first, each once."""

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any, NamedTuple, Protocol

from earlyhelp.matching.described import Described
from earlyhelp.matching.scoring import Match, compare

MOST_SHOWN = 8
"""More suggestions than a screener reads are none."""


class Recorded(Protocol):
    """What a row of a person must have to be compared; any of it but the names may be None."""

    given_name: str
    family_name: str
    date_of_birth: date | None
    gender: str
    postcode: str | None
    address: str
    nhs_number: str | None
    upn: str | None
    phone: str


class Found(NamedTuple):
    """Somebody recorded who may be meant. `row` is as `records.matching.people_by_keys` gives it."""

    row: Any
    match: Match

    @property
    def known_id(self) -> int:
        return int(self.row.known_id)

    @property
    def public_id(self) -> str:
        return str(self.row.known_public_id)

    @property
    def restricted(self) -> bool:
        return bool(self.row.known_restricted)


def described(row: Recorded) -> Described:
    """A recorded person as they are compared."""
    return Described(
        given_name=row.given_name,
        family_name=row.family_name,
        date_of_birth=row.date_of_birth,
        gender=row.gender,
        postcode=row.postcode or "",
        address=row.address,
        nhs_number=row.nhs_number or "",
        upn=row.upn or "",
        phone=row.phone,
    )


def ranked(typed: Described, rows: Iterable[Any], *, besides: Collection[int] = ()) -> list[Found]:
    """Who may be the person typed, but for those with an id in `besides`."""
    best: dict[int, Found] = {}
    for row in rows:
        match = compare(typed, described(row)) if row.known_id not in besides else None
        if match is None:
            continue
        before = best.get(row.known_id)
        if before is None or _order(match) < _order(before.match):
            best[row.known_id] = Found(row, match)
    return sorted(best.values(), key=lambda found: (*_order(found.match), found.known_id))[:MOST_SHOWN]


def _order(match: Match) -> tuple[int, float]:
    return -match.strength, -match.score
