"""Records that need mending: each check is one condition, so that its number and its list always agree."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
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
from earlyhelp.permissions import Person, near_live, sees_all, visible_cases
from earlyhelp.records.cases import Case, CasePerson, Event
from earlyhelp.records.clocks import ClockRow
from earlyhelp.records.few import among_few
from earlyhelp.records.matching import SuspectedDuplicate, restricted_people
from earlyhelp.records.organisation import Team, User, UserRole
from earlyhelp.records.people import Person as PersonRow

PAGE = 50
MOST = 10_000
"""Nobody mends more one by one: beyond it, what is found is not counted."""
QUIET = timedelta(days=60)
RECENT = timedelta(days=365)
OLDEST_AGE = timedelta(days=round(25.25 * 365))
"""A child or young person of early help is at most 25, with a disability."""
LATE_BIRTH = timedelta(days=60)
LAST_DAY = date(2200, 1, 1)
NOT_OBTAINED = "NOBT"
Rows = Select[Any]


@dataclass(frozen=True)
class Check:
    """One check. `rows` selects `case_id` and what else names the record: one row for each thing to mend."""

    title: str
    definition: str
    rows: Callable[[datetime], Rows]
    few: Callable[[datetime], ColumnElement[bool]] | None = None
    """What holds for all of them besides, by which they are quickly found among everybody's."""


def _children(now: datetime, *where: ColumnElement[bool]) -> Rows:
    """Children of cases that are open, or began in the last 12 months."""
    columns: Any = (Case.id.label("case_id"), PersonRow.id.label("person_id"))
    return (
        select(*columns)
        .join(CasePerson, CasePerson.case_id == Case.id)
        .join(PersonRow, PersonRow.id == CasePerson.person_id)
        .where(_is_live(now), CasePerson.is_child, PersonRow.merged_into_id.is_(None), *where)
    )


def _is_live(now: datetime) -> ColumnElement[bool]:
    return or_(Case.is_open, Case.opened_at >= now - RECENT)


def _no_birth_date(now: datetime) -> Rows:
    return _children(now, PersonRow.date_of_birth.is_(None), PersonRow.expected_birth_on.is_(None))


def _no_ethnicity(now: datetime) -> Rows:
    return _children(now, PersonRow.ethnicity == NOT_OBTAINED)


def _impossible_dates(now: datetime) -> Rows:
    """Born in the future, after the case began, or too long before it; expected long ago and never born.

    The case's first event has its local day, so that both databases count alike.
    """
    today, born = england().date_of(now), PersonRow.date_of_birth
    first = Event.__table__.alias("first_event")
    wrong = or_(
        born > today,
        born > first.c.occurred_on,
        born < days_earlier(first.c.occurred_on, literal_column(str(OLDEST_AGE.days))),
        and_(born.is_(None), PersonRow.expected_birth_on < today - LATE_BIRTH),
    )
    begun = and_(first.c.case_id == Case.id, first.c.sequence == 1)
    return _children(now, wrong).join(first, begun)


def _may_be_impossible(now: datetime) -> ColumnElement[bool]:
    """What holds for every such child, by birth dates alone: an index finds those few instead of all children."""
    child, first = aliased(PersonRow), Event.__table__.alias("first")
    today, born = england().date_of(now), child.date_of_birth
    # Where the day a case began was corrected, its first event may be earlier than the case says.
    corrected = select(Event.case_id).where(Event.corrects == 1, Event.corrected_to.is_not(None))
    earliest = (
        select(func.min(local_day(Case.opened_at))).where(Case.is_open),
        select(func.min(first.c.occurred_on)).where(first.c.sequence == 1, first.c.case_id.in_(corrected)),
    )
    # Between two ends, PostgreSQL takes a range for a short one, although it knows neither beforehand.
    later = [born.between(day.scalar_subquery(), LAST_DAY) for day in earliest]
    unborn = and_(born.is_(None), child.expected_birth_on < today - LATE_BIRTH)
    way = (*later, born >= today - RECENT - timedelta(days=1), born < today - OLDEST_AGE, unborn)
    return among_few(PersonRow.id, union_all(*(select(child.id).where(one) for one in way)))


def _quiet(now: datetime) -> Rows:
    return _cases(Case.is_open.expression, Case.last_event_at < now - QUIET)


def _nothing_running(now: datetime) -> Rows:
    """Nothing ever falls due on them, so that no other list shows them: a pause that nobody ends is for ever."""
    return _cases(Case.is_open.expression, Case.next_due_at.is_(None))


def _led_by_nobody_here(now: datetime) -> Rows:
    """Of people who left, or are no lead professional any more."""
    leads = select(UserRole.user_id).where(UserRole.role == "lead_professional")
    gone = select(User.id).where(or_(not_(User.active), User.id.not_in(leads)))
    return _cases(Case.is_open.expression, Case.lead_professional_id.in_(gone))


def _closed_team(now: datetime) -> Rows:
    return _cases(Case.is_open.expression, Case.team_id.in_(select(Team.id).where(not_(Team.active))))


def _duplicates(now: datetime) -> Rows:
    """Children that share an identifier, or name and birth date, with another record, or are suspected of being one.

    That a restricted child may be meant is told to nobody here.
    """
    other = aliased(PersonRow)
    name = and_(
        other.search_name == PersonRow.search_name,
        other.date_of_birth == PersonRow.date_of_birth,
        PersonRow.search_name != "",
    )
    open_to_all = and_(other.id != PersonRow.id, other.merged_into_id.is_(None), ~restricted_people(other))
    matches = [other.nhs_number == PersonRow.nhs_number, other.upn == PersonRow.upn, name]
    same = [select(other.id).where(match, open_to_all).exists() for match in matches]
    pair = SuspectedDuplicate
    sides = ((pair.person_id, pair.other_id), (pair.other_id, pair.person_id))
    suspected = [
        select(pair.id)
        .join(other, other.id == that)
        .where(this == PersonRow.id, pair.status == "open", open_to_all)
        .exists()
        for this, that in sides
    ]
    return _children(now, or_(*same, *suspected))


def _cases(*where: ColumnElement[bool]) -> Rows:
    columns: Any = (Case.id.label("case_id"), literal(0).label("person_id"))
    return select(*columns).where(*where)


CHECKS: Mapping[str, Check] = {
    "birth-dates": Check(
        "Birth dates missing", "Children with neither a date of birth nor an expected one", _no_birth_date
    ),
    "ethnicity": Check(
        "Ethnicity missing", "Children whose ethnicity has not been obtained yet", _no_ethnicity
    ),
    "impossible-dates": Check(
        "Impossible dates",
        "Children born in the future, after the case began or more than 25 years before it, and births expected "
        "more than 60 days ago",
        _impossible_dates,
        _may_be_impossible,
    ),
    "quiet": Check("Nothing recorded for 60 days", "Open cases whose last event is 60 days old", _quiet),
    "nothing-running": Check(
        "No time limit running",
        "Open cases whose every time limit is paused, or that have none: nothing falls due until somebody acts",
        _nothing_running,
    ),
    "leads-who-left": Check(
        "Led by somebody who left",
        "Open cases whose lead professional can no longer sign in, or is no lead professional any more",
        _led_by_nobody_here,
    ),
    "closed-teams": Check("In a closed team", "Open cases of a team that is no longer active", _closed_team),
    "duplicates": Check(
        "Children recorded twice",
        "Children who share an NHS number, a UPN, or both name and date of birth with another record, or are suspected "
        "of being somebody already known",
        _duplicates,
    ),
}
"""By key, in the order of the page. Children are those of cases that are open or began in the last 12 months."""


def counts(connection: Connection, *, person: Person, now: datetime) -> dict[str, int]:
    """How much each check finds in the cases that this person may see, at most MOST and one more: one query."""
    columns = [
        select(func.count())
        .select_from(_seen(check, person, now).limit(MOST + 1).subquery())
        .scalar_subquery()
        .label(key)
        for key, check in CHECKS.items()
    ]
    return dict(zip(CHECKS, connection.execute(select(*columns)).one(), strict=True))


def found(
    connection: Connection, check: Check, *, person: Person, now: datetime, after: tuple[int, int] = (0, 0)
) -> Sequence[Any]:
    """What it finds, by case and child, after the case and child of the page before; one more than a page holds."""
    rows = _seen(check, person, now).subquery()
    child, lead = PersonRow.__table__.alias("child"), User.__table__.alias("lead")
    later = or_(rows.c.case_id > after[0], and_(rows.c.case_id == after[0], rows.c.person_id > after[1]))
    return connection.execute(
        select(
            rows.c.case_id,
            rows.c.person_id,
            Case.reference,
            Case.last_event_at,
            Team.name.label("team"),
            lead.c.name.label("worker"),
            child.c.public_id,
            child.c.given_name,
            child.c.family_name,
            child.c.date_of_birth,
        )
        .join(Case, Case.id == rows.c.case_id)
        .outerjoin(Team, Team.id == Case.team_id)
        .outerjoin(lead, lead.c.id == Case.lead_professional_id)
        .outerjoin(child, child.c.id == rows.c.person_id)
        .where(later)
        .order_by(rows.c.case_id, rows.c.person_id)
        .limit(PAGE + 1)
    ).all()


def paused_since(connection: Connection, case_ids: Sequence[int]) -> dict[int, datetime]:
    """Since when these cases have had a paused time limit, by case: of several, the longest."""
    since: dict[int, datetime] = {}
    paused = select(ClockRow.case_id, ClockRow.pauses).where(
        ClockRow.case_id.in_(case_ids), ClockRow.status == "paused"
    )
    for case_id, pauses in connection.execute(paused):
        began = datetime.fromisoformat(pauses[-1]["paused_at"])
        since[case_id] = min(began, since.get(case_id, began))
    return since


def _seen(check: Check, person: Person, now: datetime) -> Rows:
    rows = check.rows(now).where(near_live(person, now - RECENT), visible_cases(person))
    return rows.where(check.few(now)) if check.few and sees_all(person) else rows
