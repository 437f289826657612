"""Whether closed cases are due to end, and what forbids it: judged as they are at this moment."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, or_, select
from sqlalchemy.orm import aliased

from earlyhelp.casework.history import local_day
from earlyhelp.casework.retention_rules import Anchors, Rules, due_on
from earlyhelp.records.among import among
from earlyhelp.records.cases import Case, CasePerson
from earlyhelp.records.people import FamilyMember, Person
from earlyhelp.records.retention import LegalHold

CASE = (Case.id, Case.reference, Case.outcome, Case.is_open, Case.closed_at, Case.last_event_at)


class Due(NamedTuple):
    """One closed case whose time has passed, or that nobody can say it of; `kept_because` forbids its deletion."""

    case_id: int
    reference: str
    rule: str
    due_on: date | None
    kept_because: str | None


class Family(NamedTuple):
    """Cases that end with others: which stand beside each, and what is to be known of these."""

    beside: Mapping[int, set[int]]
    cases: Mapping[int, Any]
    days: Mapping[int, date | None]
    """When those that are closed are due; None where nobody can say, or no rule is for it."""

    def of(self, case_id: int) -> Sequence[int]:
        return [other for other in self.beside[case_id] if other in self.cases]


def judge(connection: Connection, which: ColumnElement[bool], *, rules: Rules, today: date) -> list[Due]:
    """Those of these cases that are closed and due, or would be if birth dates were known; the earliest first.

    As many statements for one as for many.
    """
    cases = connection.execute(select(*CASE).where(which, ~Case.is_open)).all()
    waiting = {}
    for case, day in _days(connection, cases, rules):
        rule = rules.for_outcome(case.outcome)
        if rule is not None and (day is None or day <= today):
            waiting[case.id] = Due(case.id, case.reference, rule.name, day, None)
    family = _family(connection, waiting.keys(), rules)
    held = _held(connection, {*waiting, *family.cases})
    judged = [one._replace(kept_because=_why(one, family, held, rules, today)) for one in waiting.values()]
    return sorted(judged, key=in_order)


def in_order(one: Due) -> tuple[date, int]:
    """By the day; last those of which nobody can say it."""
    return one.due_on or date.max, one.case_id


def _days(connection: Connection, cases: Sequence[Any], rules: Rules) -> Sequence[tuple[Any, date | None]]:
    """Each with the day on which it is due by its rule."""
    births = _births(connection, [case.id for case in cases])
    return [(case, _day(case, births[case.id], rules)) for case in cases]


def _day(case: Any, births: Sequence[date | None], rules: Rules) -> date | None:
    rule = rules.for_outcome(case.outcome)
    closed, last = local_day(case.closed_at or case.last_event_at), local_day(case.last_event_at)
    return due_on(rule, Anchors(closed, last, births)) if rule else None


def _why(one: Due, family: Family, held: set[int], rules: Rules, today: date) -> str | None:
    """What forbids the deletion, the weightiest first."""
    beside = family.of(one.case_id)
    if one.case_id in held:
        return "It is under legal hold"
    if not held.isdisjoint(beside):
        return "A case of the family is under legal hold"
    if any(family.cases[other].is_open for other in beside):
        return "A case of the family is open"
    if rules.families_together and beside:
        days = [family.days[other] for other in beside]
        if None in days:
            return "A case of the family has no day on which it is due"
        last = max(day for day in days if day)
        if last > today:
            return f"A case of the family is kept until {last:%d/%m/%Y}"
    return None if one.due_on else "A child's birth date is not known"


def _births(connection: Connection, case_ids: Collection[int]) -> Mapping[int, list[date | None]]:
    births: dict[int, list[date | None]] = defaultdict(list)
    for row in connection.execute(
        select(CasePerson.case_id, Person.date_of_birth)
        .join(Person, Person.id == CasePerson.person_id)
        .where(among(CasePerson.case_id, case_ids), CasePerson.is_child)
    ):
        births[row.case_id].append(row.date_of_birth)
    return births


def _held(connection: Connection, case_ids: Collection[int]) -> set[int]:
    stands = and_(among(LegalHold.case_id, case_ids), LegalHold.lifted_at.is_(None))
    return set(connection.scalars(select(LegalHold.case_id).where(stands)))


def _family(connection: Connection, case_ids: Collection[int], rules: Rules) -> Family:
    beside = _beside(connection, case_ids)
    others = {other for found in beside.values() for other in found}
    cases = connection.execute(select(*CASE).where(among(Case.id, others))).all()
    return Family(
        beside,
        {case.id: case for case in cases},
        {case.id: day for case, day in _days(connection, cases, rules)},
    )


def _beside(connection: Connection, case_ids: Collection[int]) -> Mapping[int, set[int]]:
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
        .where(among(mine.case_id, case_ids), theirs.case_id != mine.case_id)
    )
    beside: dict[int, set[int]] = defaultdict(set)
    for row in rows:
        beside[row.case_id].add(row.other)
    own, same = aliased(Case), aliased(Case)
    family = select(own.id, same.id.label("other")).join(same, same.family_id == own.family_id)
    for row in connection.execute(family.where(among(own.id, case_ids), same.id != own.id)):
        beside[row.id].add(row.other)
    return beside
