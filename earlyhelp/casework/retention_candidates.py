"""Which closed cases are looked at for retention: all that may be due by a rule, found without working out each day.

Rules count in local days and leap years; here a day or two more is let through, never one less.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, not_, or_, select

from earlyhelp.casework.retention_rules import Rule, Rules, years_after
from earlyhelp.records.cases import Case, CasePerson
from earlyhelp.records.people import Person

SLACK = timedelta(days=2)
GROWN = 18
OF_BIRTH = {"birth": 0, "eighteenth_birthday": GROWN}


def may_be_due(rules: Rules, today: date) -> ColumnElement[bool]:
    """What holds for every closed case that is due, or of which nobody can say whether it is."""
    outcome = func.coalesce(Case.outcome, "")
    ways: list[ColumnElement[bool]] = []
    fitted: list[ColumnElement[bool]] = []
    for rule in rules.rules:
        fits = [outcome.in_(rule.outcomes)] if rule.outcomes is not None else []
        ways.append(and_(*fits, *(not_(earlier) for earlier in fitted), _by(rule, today)))
        if rule.outcomes is None:
            break
        fitted += fits
    return or_(false(), *ways)


def _by(rule: Rule, today: date) -> ColumnElement[bool]:
    closed = func.coalesce(Case.closed_at, Case.last_event_at)
    moments = {"closing": closed, "last_contact": Case.last_event_at}
    passed = [
        moments[keep.anchor] < datetime.combine(_so_long_ago(today, keep.years), time(), UTC)
        for keep in rule.keep
        if keep.anchor in moments
    ]
    ages = [OF_BIRTH[keep.anchor] + keep.years for keep in rule.keep if keep.anchor in OF_BIRTH]
    if not ages:
        return and_(*passed)
    too_young = _children(Person.date_of_birth > _so_long_ago(today, max(ages)))
    return or_(_unknown(), and_(*passed, not_(too_young.where(CasePerson.case_id == Case.id).exists())))


def _unknown() -> ColumnElement[bool]:
    """Cases of no child, or of one whose birth date is not known."""
    child = select(CasePerson.case_id).where(CasePerson.case_id == Case.id, CasePerson.is_child)
    return or_(Case.id.in_(_children(Person.date_of_birth.is_(None))), ~child.exists())


def _children(condition: ColumnElement[bool]) -> Any:
    on = Person.id == CasePerson.person_id
    return select(CasePerson.case_id).join(Person, on).where(CasePerson.is_child, condition)


def _so_long_ago(today: date, years: int) -> date:
    return years_after(today, -years) + SLACK if today.year > years else date.min
