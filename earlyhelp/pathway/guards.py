"""Guards: named, pure conditions that a pathway file may put on an action.

Each says in words what would make the action possible. Adding one is a function and a line in GUARDS.
A file names a guard; the name is looked up here and nowhere else, so that no string of a file is ever
imported or called (transitions would import a dotted name: see docs/decisions).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from earlyhelp.pathway.calendar import Calendar
from earlyhelp.pathway.facts import Actor, Facts


class Situation(NamedTuple):
    """All that a guard may look at."""

    facts: Facts
    fields: Mapping[str, Any]
    actor: Actor
    occurred_at: datetime
    calendar: Calendar
    terms: Mapping[str, str] = MappingProxyType({})
    """What this council calls things."""


class Objection(NamedTuple):
    """Why not, and the field to mend if it is one."""

    words: str
    field: str | None = None


@dataclass(frozen=True)
class GuardRule:
    """A guard as the files may use it. `reads_fields` guards are asked only once fields are given."""

    check: Callable[..., Objection | None]
    description: str
    parameters: Mapping[str, type] = field(default_factory=dict)
    reads_fields: bool = False


def agreement_given(situation: Situation) -> Objection | None:
    agreement = situation.fields.get("agreement", situation.facts.agreement)
    if agreement == "given":
        return None
    return Objection("Early help needs the family's agreement: record that it was given", "agreement")


def level_in(situation: Situation, *, levels: list[str]) -> Objection | None:
    level = situation.fields.get("level_of_need", situation.facts.level_of_need)
    if level in levels:
        return None
    return Objection(f"The level of need must be {' or '.join(levels)} for this decision", "level_of_need")


def not_the_author(situation: Situation) -> Objection | None:
    author = situation.facts.assessment_author
    if author is None or situation.actor.id != author:
        return None
    return Objection("You wrote this assessment: another manager must authorise it")


def takes_part(situation: Situation) -> Objection | None:
    lead = situation.facts.lead_professional
    if lead is not None and lead == situation.actor.id:
        return None
    words = situation.terms.get("lead_professional", "lead professional")
    return Objection(f"Only the {words} of this family can do this")


def of_a_social_care_team(situation: Situation) -> Objection | None:
    if situation.actor.team_kind == "social_care":
        return None
    return Objection("A manager of a social care team must decide this")


def closed_within(situation: Situation, *, months: int) -> Objection | None:
    closed_at = situation.facts.closed_at
    calendar = situation.calendar
    if closed_at is None:
        return Objection("Only a closed case can be reopened")
    last_day = calendar.months_after(calendar.date_of(closed_at), months)
    if calendar.date_of(situation.occurred_at) <= last_day:
        return None
    return Objection(f"It closed more than {months} months ago: record a new contact instead")


def outcome_in(situation: Situation, *, outcomes: list[str]) -> Objection | None:
    if situation.facts.outcome in outcomes:
        return None
    return Objection(f"Only for a case closed as {' or '.join(outcomes).replace('_', ' ')}")


def manager_confirms_repeat(situation: Situation, *, closings: int, months: int) -> Objection | None:
    calendar = situation.calendar
    today = calendar.date_of(situation.occurred_at)
    recent = [
        at
        for at in situation.facts.earlier_below_threshold
        if today <= calendar.months_after(calendar.date_of(at), months)
    ]
    if len(recent) < closings or "manager" in situation.actor.roles:
        return None
    return Objection(
        f"Contacts about these children were closed below threshold {len(recent)} times in {months} months: "
        "a manager must make this decision, or choose another"
    )


def every_child_has_birth_date(situation: Situation) -> Objection | None:
    missing = situation.facts.children_without_birth_date
    if not missing:
        return None
    return Objection(f"Record a date of birth, or an expected one, for every child ({missing} missing)")


def no_open_case_for_children(situation: Situation) -> Objection | None:
    others = situation.facts.open_cases_of_children
    if not others:
        return None
    return Objection(
        f"These children already have an open case ({', '.join(others)}): join this contact to it"
    )


GUARDS: dict[str, GuardRule] = {
    "agreement_given": GuardRule(
        agreement_given, "the family's agreement is recorded as given", reads_fields=True
    ),
    "level_in": GuardRule(
        level_in, "the level of need is one of `levels`", {"levels": list}, reads_fields=True
    ),
    "not_the_author": GuardRule(not_the_author, "the person is not the author of the assessment"),
    "takes_part": GuardRule(takes_part, "the person is the lead professional of the case"),
    "of_a_social_care_team": GuardRule(of_a_social_care_team, "the person belongs to a social care team"),
    "closed_within": GuardRule(closed_within, "the case closed at most `months` months ago", {"months": int}),
    "outcome_in": GuardRule(outcome_in, "the case closed with one of `outcomes`", {"outcomes": list}),
    "manager_confirms_repeat": GuardRule(
        manager_confirms_repeat,
        "after `closings` below-threshold closings in `months` months only a manager may close again",
        {"closings": int, "months": int},
    ),
    "every_child_has_birth_date": GuardRule(
        every_child_has_birth_date, "every child has a date of birth or an expected one"
    ),
    "no_open_case_for_children": GuardRule(
        no_open_case_for_children, "none of the children has another open case"
    ),
}
