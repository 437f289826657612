"""Ending records that need be kept no longer: who is due, what forbids it, legal holds, and deletion by a person."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, insert, or_, select, update
from sqlalchemy.orm import aliased

from earlyhelp.casework.erasing import erase_cases
from earlyhelp.casework.history import local_day
from earlyhelp.casework.merging import reason_given
from earlyhelp.casework.refusals import NoSuchCase, NotAllowed
from earlyhelp.casework.retention_candidates import may_be_due
from earlyhelp.casework.retention_rules import Anchors, Rules, due_on
from earlyhelp.pathway.facts import Refused
from earlyhelp.permissions import Person as User, may
from earlyhelp.records.among import among
from earlyhelp.records.cases import Case, CasePerson
from earlyhelp.records.granting import may_delete_history
from earlyhelp.records.people import FamilyMember, Person
from earlyhelp.records.retention import LegalHold, RetentionRun, Tombstone

AT_ONCE = 500


class Due(NamedTuple):
    """One closed case whose time has passed, or that nobody can say it of; `kept_because` forbids its deletion."""

    case_id: int
    reference: str
    rule: str
    due_on: date | None
    kept_because: str | None


class Applied(NamedTuple):
    """What one run deleted. `files` are digests of attachments that no row names any more."""

    references: Sequence[str]
    people: int
    files: Sequence[str]


def review(connection: Connection, *, rules: Rules, today: date) -> list[Due]:
    """Every closed case that is due, or would be if its children's birth dates were known; earliest first."""
    found: list[Due] = []
    closed = and_(~Case.is_open, may_be_due(rules, today))
    ids = connection.scalars(select(Case.id).where(closed).order_by(Case.id)).all()
    for first in range(0, len(ids), AT_ONCE):
        some = select(Case).where(among(Case.id, ids[first : first + AT_ONCE])).order_by(Case.id)
        found += _due_of(connection, connection.execute(some).all(), rules, today)
    return sorted(found, key=lambda one: (one.due_on or date.max, one.case_id))


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
    due = {one.reference: one for one in review(connection, rules=rules, today=local_day(now))}
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


def _due_of(connection: Connection, cases: Sequence[Any], rules: Rules, today: date) -> list[Due]:
    births = _births(connection, [case.id for case in cases])
    waiting: list[tuple[Any, str, date | None]] = []
    for case in cases:
        rule = rules.for_outcome(case.outcome)
        if rule is None:
            continue
        closed = local_day(case.closed_at or case.last_event_at)
        day = due_on(rule, Anchors(closed, local_day(case.last_event_at), births[case.id]))
        if day is None or day <= today:
            waiting.append((case, rule.name, day))
    kept = _forbidden(connection, [case.id for case, _, _ in waiting])
    later = _later(connection, {case.id for case, _, _ in waiting} - kept.keys(), rules, today)
    return [
        Due(case.id, case.reference, rule, day, _why(day, kept.get(case.id) or later.get(case.id)))
        for case, rule, day in waiting
    ]


def _later(connection: Connection, case_ids: set[int], rules: Rules, today: date) -> dict[int, str]:
    """Cases whose family has another that must be kept for longer: a family's records end together."""
    if not rules.families_together:
        return {}
    near = _near(connection, sorted(case_ids))
    others = sorted({other for found in near.values() for other in found})
    births = _births(connection, others)
    days: dict[int, date | None] = {}
    for case in connection.execute(select(Case).where(Case.id.in_(others), ~Case.is_open)):
        rule = rules.for_outcome(case.outcome)
        closed, last = local_day(case.closed_at or case.last_event_at), local_day(case.last_event_at)
        days[case.id] = due_on(rule, Anchors(closed, last, births[case.id])) if rule else None
    why = {}
    for case_id in case_ids:
        due = [days.get(other) for other in near[case_id]]
        if any(day is None for day in due):
            why[case_id] = "A case of the family has no day on which it is due"
        elif due and max(day for day in due if day) > today:
            why[case_id] = f"A case of the family is kept until {max(day for day in due if day):%d/%m/%Y}"
    return why


def _why(day: date | None, kept: str | None) -> str | None:
    return kept or (None if day else "A child's birth date is not known")


def _births(connection: Connection, case_ids: Sequence[int]) -> Mapping[int, list[date | None]]:
    births: dict[int, list[date | None]] = defaultdict(list)
    for row in connection.execute(
        select(CasePerson.case_id, Person.date_of_birth)
        .join(Person, Person.id == CasePerson.person_id)
        .where(CasePerson.case_id.in_(case_ids), CasePerson.is_child)
    ):
        births[row.case_id].append(row.date_of_birth)
    return births


def _forbidden(connection: Connection, case_ids: Sequence[int]) -> dict[int, str]:
    """Why cases must be kept: a hold on them, or an open or held case of anybody in the family."""
    why: dict[int, str] = {}
    near = _near(connection, case_ids)
    everyone = {other for others in near.values() for other in others} | set(case_ids)
    states = {
        row.id: row
        for row in connection.execute(
            select(Case.id, Case.is_open, LegalHold.id.label("hold"))
            .outerjoin(LegalHold, and_(LegalHold.case_id == Case.id, LegalHold.lifted_at.is_(None)))
            .where(Case.id.in_(everyone))
        )
    }
    for case_id in case_ids:
        others = [states[other] for other in near[case_id]]
        if states[case_id].hold is not None:
            why[case_id] = "It is under legal hold"
        elif any(other.hold is not None for other in others):
            why[case_id] = "A case of the family is under legal hold"
        elif any(other.is_open for other in others):
            why[case_id] = "A case of the family is open"
    return why


def _near(connection: Connection, case_ids: Sequence[int]) -> Mapping[int, set[int]]:
    """Other cases of the same people, or of people of the same families, by case."""
    mine, member, fellow, theirs = (
        aliased(CasePerson),
        aliased(FamilyMember),
        aliased(FamilyMember),
        aliased(CasePerson),
    )
    rows = connection.execute(
        select(mine.case_id, theirs.case_id.label("other"))
        .distinct()
        .outerjoin(member, member.person_id == mine.person_id)
        .outerjoin(fellow, fellow.family_id == member.family_id)
        .join(theirs, or_(theirs.person_id == mine.person_id, theirs.person_id == fellow.person_id))
        .where(mine.case_id.in_(case_ids), theirs.case_id != mine.case_id)
    )
    near: dict[int, set[int]] = defaultdict(set)
    for row in rows:
        near[row.case_id].add(row.other)
    own, same = aliased(Case), aliased(Case)
    family = select(own.id, same.id.label("other")).join(same, same.family_id == own.family_id)
    for row in connection.execute(family.where(own.id.in_(case_ids), same.id != own.id)):
        near[row.id].add(row.other)
    return near


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
