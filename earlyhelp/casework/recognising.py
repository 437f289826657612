"""Whether a person who is told of is known already; and keeping the keys and suspicions that answer it later."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert

from earlyhelp.matching.described import Described
from earlyhelp.matching.finding import Found, ranked
from earlyhelp.matching.keys import sought_keys, stored_keys
from earlyhelp.matching.scoring import Strength
from earlyhelp.permissions import Person as User
from earlyhelp.records.matching import PersonKey, SuspectedDuplicate, people_by_keys

_KEEP = insert(PersonKey).inline()
_SUSPECT = insert(SuspectedDuplicate).inline()


def described_as_told(told: Any) -> Described:
    """A child or adult of a contact as they are compared."""
    return Described(
        given_name=told.given_name,
        family_name=told.family_name,
        date_of_birth=told.date_of_birth,
        gender=getattr(told, "gender", ""),
        postcode=told.postcode or "",
        address=told.address,
        nhs_number=getattr(told, "nhs_number", None) or "",
        upn=getattr(told, "upn", None) or "",
        phone=getattr(told, "phone", ""),
    )


def recognise(connection: Connection, typed: Described, *, adults: bool) -> list[Found]:
    """Who may be meant, strongest first, in one query."""
    rows = people_by_keys(connection, keys={0: sought_keys(typed)}, adults=adults)[0]
    return ranked(typed, rows)


def certain(found: Sequence[Found], *, person: User, declined: Collection[str] = ()) -> Found | None:
    """The one who is linked without asking. Never a restricted record: its details are not the screener's to see.

    Of two who are as certain, which are one person recorded twice, the older one.
    """
    sure = (
        one for one in found if one.match.strength is Strength.CERTAIN and one.public_id not in set(declined)
    )
    first = next(sure, None)
    return None if first and first.restricted and "system" not in person.roles else first


def keep_keys(connection: Connection, *, person_id: int, known: Described) -> None:
    """Store the keys of a person, in place of those before: wherever a person is written, this follows."""
    connection.execute(delete(PersonKey).where(PersonKey.person_id == person_id))
    keep_first_keys(connection, person_id=person_id, keys=stored_keys(known))


def keep_first_keys(writer: Connection, *, person_id: int, keys: Collection[int]) -> None:
    """The same of a person who had none yet."""
    if keys:
        writer.execute(_KEEP, [{"key": key, "person_id": person_id} for key in sorted(keys)])


def keep_suspicions(
    writer: Connection,
    *,
    person_id: int,
    found: Sequence[Found],
    declined: Collection[str],
    person: User,
    now: datetime,
) -> None:
    """Keep who else a newly recorded person may be: for the case page and for administrators."""
    rows = [
        {
            "person_id": person_id,
            "other_id": one.known_id,
            "strength": int(one.match.strength),
            "score": one.match.score,
            "reasons": list(one.match.reasons),
            "found_at": now,
            **_standing(one, declined, person, now),
        }
        for one in found
    ]
    if rows:
        writer.execute(_SUSPECT, rows)


def _standing(one: Found, declined: Collection[str], person: User, now: datetime) -> dict[str, Any]:
    if one.public_id in declined:
        return {"status": "declined", "decided_by_id": person.id, "decided_at": now}
    return {"status": "open", "decided_by_id": None, "decided_at": None}
