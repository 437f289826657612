"""Giving cases to another lead professional, one or many at once: all of them, or none and why."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from earlyhelp.casework.pathways import compiled
from earlyhelp.casework.perform import perform
from earlyhelp.casework.reading import case_for
from earlyhelp.casework.references import find_person
from earlyhelp.casework.refusals import NoSuchCase, StaleVersion
from earlyhelp.pathway.facts import BadFields, Refused
from earlyhelp.permissions import Person

MOST = 100
"""Cases that can be moved at once."""


class ToMove(NamedTuple):
    """One case, and the version of it that the manager had before them."""

    reference: str
    seen_version: int


class Refusal(NamedTuple):
    """Why one case cannot be moved."""

    reference: str
    words: str


class SomeRefused(Exception):
    """Not every case can be moved, so none is. Whoever catches this must let the transaction roll back."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        self.refusals = tuple(refusals)
        super().__init__(f"{len(self.refusals)} of the cases cannot be moved: none was")


def reallocate(
    connection: Connection,
    *,
    cases: Iterable[ToMove],
    to: str,
    reason: str,
    person: Person,
    now: datetime,
) -> int:
    """Change the lead professional of every case to the person with the address `to`; how many were changed.

    Each is the pathway's own action, with its guards, its event and its messages. Raises SomeRefused with every
    refusal, each case having been tried.
    """
    refusals: list[Refusal] = []
    moved = 0
    for case in sorted(cases, key=lambda one: one.reference):  # two managers at once must not lock crosswise
        words = _tried(connection, case, to, reason, person, now)
        moved += not words
        if words:
            refusals.append(Refusal(case.reference, words))
    if refusals:
        raise SomeRefused(refusals)
    return moved


def _tried(
    connection: Connection, case: ToMove, to: str, reason: str, person: Person, now: datetime
) -> str | None:
    """Why this case was not moved, or None when it was. A savepoint: what one wrote must not hinder the next."""
    try:
        with connection.begin_nested():
            action, field = _reallocation_of(connection, case.reference, to, person)
            perform(
                connection,
                reference=case.reference,
                action=action,
                person=person,
                fields={field: to},
                now=now,
                seen_version=case.seen_version,
                reason=reason,
            )
    except StaleVersion:
        return "Somebody else changed this case in the meantime"
    except NoSuchCase:
        return "There is no such case, or it is not yours to see"
    except BadFields as faults:
        return "; ".join(words for of_field in faults.errors.values() for words in of_field)
    except Refused as refused:
        return str(refused)
    return None


def _reallocation_of(connection: Connection, reference: str, to: str, person: Person) -> tuple[str, str]:
    """The action of the case's pathway that changes the lead professional, and the field that names the new one."""
    case = case_for(connection, reference=reference, person=person)
    new = find_person(connection, to)
    if new is not None and new.id == case.lead_professional_id:
        raise Refused(f"{new.name} leads this case already")
    for action in compiled(connection, pathway_id=case.pathway_id).pathway.actions_from(case.state):
        if action.kind == "reallocation":
            return action.name, next(f.name for f in action.fields if f.sets == "lead_professional")
    raise Refused("Nobody leads this case yet, or it is closed")
