"""Ending records that need be kept no longer: who is due, what forbids it, legal holds, and deletion by a person."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection, insert, select, update

from earlyhelp.casework.erasing import erase_cases
from earlyhelp.casework.history import local_day
from earlyhelp.casework.merging import reason_given
from earlyhelp.casework.refusals import NoSuchCase, NotAllowed
from earlyhelp.casework.retention_candidates import may_be_due
from earlyhelp.casework.retention_judging import Due, in_order, judge
from earlyhelp.casework.retention_rules import Rules
from earlyhelp.pathway.facts import Refused
from earlyhelp.permissions import Person as User, may
from earlyhelp.records.among import among
from earlyhelp.records.cases import Case
from earlyhelp.records.granting import may_delete_history
from earlyhelp.records.identifiers import parse_reference
from earlyhelp.records.retention import LegalHold, RetentionRun, Tombstone

AT_ONCE = 500


class Applied(NamedTuple):
    """What one run deleted. `files` are digests of attachments that no row names any more."""

    references: Sequence[str]
    people: int
    files: Sequence[str]


def review(connection: Connection, *, rules: Rules, today: date) -> list[Due]:
    """Every closed case that is due, or would be if its children's birth dates were known; earliest first."""
    ids = candidates(connection, rules=rules, today=today)
    found = [
        one
        for block in in_blocks(ids)
        for one in judge(connection, among(Case.id, block), rules=rules, today=today)
    ]
    return sorted(found, key=in_order)


def candidates(
    connection: Connection, *, rules: Rules, today: date, after: int = 0, limit: int | None = None
) -> Sequence[int]:
    """Closed cases that may be due, by id, after this one: every one that is, and few others."""
    which = (~Case.is_open, may_be_due(rules, today), Case.id > after)
    return connection.scalars(select(Case.id).where(*which).order_by(Case.id).limit(limit)).all()


def in_blocks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """As many as are judged at once."""
    return (ids[first : first + AT_ONCE] for first in range(0, len(ids), AT_ONCE))


def apply(
    connection: Connection,
    *,
    rules: Rules,
    references: Collection[str],
    person: User,
    now: datetime,
) -> Applied:
    """Delete these cases, all or none, in the caller's transaction, and leave a tombstone of each.

    Refused for a case that is not due, or that something forbids to delete, at this moment: not when it was reviewed.
    """
    if not may(person, "administration") or person.id is None:
        raise NotAllowed
    named = {reference for reference in references if parse_reference(reference) == reference}
    these = among(Case.reference, named)
    # Who is writing about one of them is waited for, so that what they wrote is found and goes with it.
    connection.execute(select(Case.id).where(these).order_by(Case.id).with_for_update())
    judged = judge(connection, these, rules=rules, today=local_day(now))
    due = {one.reference: one for one in judged}
    chosen = [_deletable(due, reference) for reference in sorted(set(references))]
    if not chosen:
        return Applied([], 0, [])
    if not may_delete_history(connection):
        raise Refused("Records are deleted from a terminal here: earlyhelp retention apply")
    run_id = _begin_run(connection, person, now)
    _leave_tombstones(connection, chosen, run_id, person, now)
    erased = erase_cases(connection, case_ids=[one.case_id for one in chosen], run_id=run_id)
    connection.execute(
        update(RetentionRun)
        .where(RetentionRun.id == run_id)
        .values(running=False, cases=len(chosen), people=erased.people)
    )
    return Applied([one.reference for one in chosen], erased.people, erased.files)


def place_hold(connection: Connection, *, reference: str, person: User, reason: str, now: datetime) -> None:
    """Keep this case, and those of the same family, whatever the rules say. A second hold stands beside the first."""
    connection.execute(
        insert(LegalHold).values(
            case_id=_case_id(connection, reference, person),
            reason=reason_given(reason),
            placed_at=now,
            placed_by_id=person.id,
        )
    )


def lift_hold(connection: Connection, *, reference: str, person: User, reason: str, now: datetime) -> None:
    """End every hold of this case. Refused when there is none."""
    case_id = _case_id(connection, reference, person)
    lifted = connection.execute(
        update(LegalHold)
        .where(LegalHold.case_id == case_id, LegalHold.lifted_at.is_(None))
        .values(lifted_at=now, lifted_by_id=person.id, lifted_reason=reason_given(reason))
    )
    if not lifted.rowcount:
        raise Refused(f"{reference} is under no legal hold")


def _case_id(connection: Connection, reference: str, person: User) -> int:
    if not may(person, "administration"):
        raise NotAllowed
    found = connection.scalar(select(Case.id).where(Case.reference == reference))
    if found is None:
        raise NoSuchCase(reference)
    return found


def _deletable(due: Mapping[str, Due], reference: str) -> Due:
    one = due.get(reference)
    if one is None:
        raise Refused(f"{reference} is not due for deletion")
    if one.kept_because is not None or one.due_on is None:
        raise Refused(f"{reference} must be kept: {one.kept_because}")
    return one


def _begin_run(connection: Connection, person: User, now: datetime) -> int:
    row = connection.execute(
        insert(RetentionRun)
        .values(applied_at=now, applied_by_id=person.id, applied_by=person.email)
        .returning(RetentionRun.id)
    )
    return int(row.scalar_one())


def _leave_tombstones(
    connection: Connection, chosen: Sequence[Due], run_id: int, person: User, now: datetime
) -> None:
    cases = connection.execute(select(Case).where(Case.id.in_([one.case_id for one in chosen]))).all()
    due = {one.case_id: one for one in chosen}
    connection.execute(
        insert(Tombstone),
        [
            {
                "reference": case.reference,
                "run_id": run_id,
                "rule": due[case.id].rule,
                "due_on": due[case.id].due_on,
                "opened_at": case.opened_at,
                "closed_at": case.closed_at,
                "outcome": case.outcome,
                "events": case.version,
                "last_hash": case.last_hash,
                "deleted_at": now,
                "deleted_by": person.email,
            }
            for case in cases
        ],
    )
