"""What is looked for in records that need mending: one condition for each check, so that number and list agree."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from operator import eq
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    case,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from earlyhelp.insight.measures.portable import days_earlier, local_day
from earlyhelp.pathway.calendar import england
from earlyhelp.records.among import among_few
from earlyhelp.records.cases import Case, Event
from earlyhelp.records.matching import SuspectedDuplicate, restricted_people
from earlyhelp.records.organisation import Team, User, UserRole
from earlyhelp.records.people import NOT_OBTAINED, Person as PersonRow

QUIET = timedelta(days=60)
RECENT = timedelta(days=365)
OLDEST_AGE = timedelta(days=round(25.25 * 365))
"""A child or young person of early help is at most 25, with a disability."""
LATE_BIRTH = timedelta(days=60)
LAST_DAY = date(2200, 1, 1)
LATEST = (PersonRow.id.desc(), Case.id.desc())
"""The order in which children are listed: by ids, newest first."""
Condition = ColumnElement[bool]


class Part(NamedTuple):
    """Some of what a check finds, in an order by which it is found sooner."""

    holds: Condition
    walk: Sequence[ColumnElement[Any]] = ()


@dataclass(frozen=True)
class Check:
    """One check: what holds of each open `Case`, or of each child (`PersonRow`) of a live `Case`, that it finds."""

    title: str
    definition: str
    holds: Callable[[datetime], Condition]
    few: Callable[[datetime], Sequence[Part]] | None = None
    """The same in parts that have none in common, each quickly found among everybody's."""
    among: Callable[[], CompoundSelect[Any]] | None = None
    """Ids of everybody it may find, for when hardly any of them turns up in a walk."""
    of_children: bool = True
    walk: Sequence[ColumnElement[Any]] = ()
    """The order in which an index leads to them, so that counting stops where it may."""


def _no_birth_date(_now: datetime) -> Condition:
    return and_(PersonRow.date_of_birth.is_(None), PersonRow.expected_birth_on.is_(None))


def _no_ethnicity(_now: datetime) -> Condition:
    # Written out, so that either database sees that the index of just these holds them all.
    return PersonRow.ethnicity == literal_column(f"'{NOT_OBTAINED}'")


def _impossible_dates(now: datetime) -> Condition:
    """Born in the future, after the case began, or too long before it; expected long ago and never born."""
    return or_(_never_born(now), _born_too_early(), _born_too_late(now))


def _never_born(now: datetime) -> Condition:
    late = england().date_of(now) - LATE_BIRTH
    return and_(PersonRow.date_of_birth.is_(None), PersonRow.expected_birth_on < late)


def _born_too_early() -> Condition:
    return PersonRow.date_of_birth < days_earlier(_begun(), literal_column(str(OLDEST_AGE.days)))


def _born_too_late(now: datetime) -> Condition:
    born = PersonRow.date_of_birth
    return or_(born > england().date_of(now), born > _begun())


def _begun() -> Any:
    """A case began on the day of its first event as it was recorded: the day that it says, unless corrected."""
    first = Event.__table__.alias("first_event")
    recorded = select(first.c.occurred_on).where(first.c.case_id == Case.id, first.c.sequence == 1)
    day: Any = local_day(Case.opened_at)
    return case((Case.id.in_(_first_corrected()), recorded.scalar_subquery()), else_=day)


def _first_corrected() -> Select[Any]:
    """Cases of which the day they began was corrected: few."""
    return select(Event.case_id).where(Event.corrects == 1, Event.corrected_to.is_not(None))


def _impossible_by_birth_dates(now: datetime) -> Sequence[Part]:
    """The same by what an index of birth dates finds instead of looking at all children."""
    today, born = england().date_of(now), PersonRow.date_of_birth
    # Between two ends, PostgreSQL takes a range for a short one, although it knows neither beforehand.
    lately = born.between(_began_first(today).scalar_subquery(), LAST_DAY)
    return (
        Part(_never_born(now), (PersonRow.expected_birth_on.desc(),)),
        Part(and_(born < today - OLDEST_AGE, _born_too_early())),
        Part(and_(lately, _born_too_late(now))),
    )


def _began_first(today: date) -> Select[Any]:
    """The day on which the first of the cases that may be looked at began: nobody born before it is born too late."""
    first, still_open = Event.__table__.alias("first"), aliased(Case)
    days: Sequence[Select[Any]] = (
        select(literal(today - RECENT - timedelta(days=1)).label("day")),
        select(local_day(func.min(still_open.opened_at))).where(still_open.is_open),
        select(func.min(first.c.occurred_on)).where(
            first.c.sequence == 1, first.c.case_id.in_(_first_corrected())
        ),
    )
    return select(func.min(union_all(*days).subquery().c.day))


def _quiet(now: datetime) -> Condition:
    return Case.last_event_at < now - QUIET


def _nothing_running(_now: datetime) -> Condition:
    """Nothing ever falls due on them, so that no other list shows them: a pause that nobody ends is for ever."""
    return Case.next_due_at.is_(None)


def _led_by_nobody_here(_now: datetime) -> Condition:
    """Of people who left, or are no lead professional any more."""
    return Case.lead_professional_id.in_(_no_leads())


def _by_those_who_lead_no_more(_now: datetime) -> Sequence[Part]:
    """The same by an index of who leads what: hardly any of them leads a case."""
    return (Part(among_few(Case.lead_professional_id, _no_leads())),)


def _no_leads() -> Select[Any]:
    leads = select(UserRole.user_id).where(UserRole.role == "lead_professional")
    return select(User.id).where(or_(not_(User.active), User.id.not_in(leads)))


def _closed_team(_now: datetime) -> Condition:
    return among_few(Case.team_id, select(Team.id).where(not_(Team.active)))


def _duplicates(_now: datetime) -> Condition:
    """Children that share an identifier, or name and birth date, with another record, or are suspected of being one.

    That a restricted child may be meant is told to nobody here.
    """
    other, pair = aliased(PersonRow), SuspectedDuplicate
    name = and_(
        other.search_name == PersonRow.search_name,
        other.date_of_birth == PersonRow.date_of_birth,
        PersonRow.search_name != "",
    )
    open_to_all = and_(other.id != PersonRow.id, other.merged_into_id.is_(None), ~restricted_people(other))
    numbers = ((other.nhs_number, PersonRow.nhs_number), (other.upn, PersonRow.upn))
    # That there is one to compare is said first: where hardly anybody has one, SQLite reads everybody for each child.
    matches = [*(and_(mine.is_not(None), theirs == mine) for theirs, mine in numbers), name]
    same = [select(other.id).where(match, open_to_all).exists() for match in matches]
    sides = ((pair.person_id, pair.other_id), (pair.other_id, pair.person_id))
    suspected = [
        select(pair.id)
        .join(other, other.id == that)
        .where(this == PersonRow.id, pair.status == "open", open_to_all)
        .exists()
        for this, that in sides
    ]
    return or_(*same, *suspected)


def _recorded_alike() -> CompoundSelect[Any]:
    """Ids of everybody who shares a number, or name and birth date, with another record, or is suspected to be one."""
    pair, other = SuspectedDuplicate, aliased(PersonRow)
    found = [select(side).where(pair.status == "open") for side in (pair.person_id, pair.other_id)]
    for names in (("date_of_birth", "search_name"), ("nhs_number",), ("upn",)):
        columns, theirs = ([getattr(record, name) for name in names] for record in (PersonRow, other))
        said = select(*columns).where(*(column.is_not(None) for column in columns))
        shared = said.group_by(*columns).having(func.count() > 1).subquery()
        found.append(select(other.id).join(shared, and_(*map(eq, theirs, shared.c))))
    return union_all(*found)


CHECKS: Mapping[str, Check] = {
    "birth-dates": Check(
        "Birth dates missing",
        "Children with neither a date of birth nor an expected one",
        _no_birth_date,
        walk=LATEST,
    ),
    "ethnicity": Check(
        "Ethnicity missing", "Children whose ethnicity has not been obtained yet", _no_ethnicity, walk=LATEST
    ),
    "impossible-dates": Check(
        "Impossible dates",
        "Children born in the future, after the case began or more than 25 years before it, and births expected "
        "more than 60 days ago",
        _impossible_dates,
        _impossible_by_birth_dates,
    ),
    "quiet": Check(
        "Nothing recorded for 60 days",
        "Open cases whose last event is 60 days old",
        _quiet,
        of_children=False,
        walk=(Case.last_event_at.expression,),
    ),
    "nothing-running": Check(
        "No time limit running",
        "Open cases whose every time limit is paused, or that have none: nothing falls due until somebody acts",
        _nothing_running,
        of_children=False,
    ),
    "leads-who-left": Check(
        "Led by somebody who left",
        "Open cases whose lead professional can no longer sign in, or is no lead professional any more",
        _led_by_nobody_here,
        _by_those_who_lead_no_more,
        of_children=False,
    ),
    "closed-teams": Check(
        "In a closed team", "Open cases of a team that is no longer active", _closed_team, of_children=False
    ),
    "duplicates": Check(
        "Children recorded twice",
        "Children who share an NHS number, a UPN, or both name and date of birth with another record, or are suspected "
        "of being somebody already known",
        _duplicates,
        among=_recorded_alike,
        walk=LATEST,
    ),
}
"""By key, in the order of the page. Children are those of cases that are open or began in the last 12 months."""
