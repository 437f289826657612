"""Records that need mending: what each check finds in the cases of somebody, as a number and as a list.

The lists of children begin with the child recorded last, those of cases with the first case.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, literal, or_, select, union_all

from earlyhelp.insight.quality_checks import CHECKS, LATEST, RECENT, Check
from earlyhelp.near import near_live, near_open
from earlyhelp.permissions import Person, sees_all, visible_cases
from earlyhelp.records.cases import Case, CasePerson
from earlyhelp.records.clocks import ClockRow
from earlyhelp.records.organisation import Team, User
from earlyhelp.records.people import Person as PersonRow

PAGE = 50
MOST = 500
"""Nobody mends more one by one: beyond it, what is found is not counted."""
LATELY = 5_000
"""People in a row who are looked at one by one: with few found among them, all who may be found are looked for."""
Rows = Select[Any]
Place = tuple[int, int]
"""Where a list goes on: after this case and child."""


def counts(connection: Connection, *, person: Person, now: datetime) -> dict[str, int]:
    """How much each check finds in the cases that this person may see, at most MOST and one more.

    Two queries, and one for each check that finds few lately.
    """
    of_all = sees_all(person)
    counted: dict[str, int] = {}
    for of_children in (True, False):
        checks = {key: check for key, check in CHECKS.items() if check.of_children is of_children}
        ask = _each_found(checks, person, now) if of_all else _all_read(checks.values(), person, now)
        counted |= zip(checks, connection.execute(ask).one(), strict=True)
    for key, check in CHECKS.items():
        if of_all and check.among and counted[key] <= MOST:
            rows = _seen(check, person, now).where(PersonRow.id.in_(check.among()))
            counted[key] = connection.execute(_at_most(rows)).scalar_one()
    return {key: min(counted[key], MOST + 1) for key in CHECKS}


def _each_found(checks: Mapping[str, Check], person: Person, now: datetime) -> Select[*tuple[Any, ...]]:
    """Among everybody's, each by what it is quickly found by, and no further than the most that is counted."""
    return select(*(_at_most(_first(check, person, now)).scalar_subquery() for check in checks.values()))


def _at_most(found: Any) -> Select[int]:
    return select(func.count()).select_from(found.limit(MOST + 1).subquery())


def _first(check: Check, person: Person, now: datetime) -> Any:
    """What it finds, or what it finds lately, beginning with what is quickly found."""
    if not check.few:
        rows = _rows(check, person, now).where(check.holds(now)).order_by(*check.walk)
        return rows.where(_lately(None)) if check.among else rows
    every = _rows(check, person, now)
    parts = (
        every.where(part.holds).order_by(*part.walk).limit(MOST + 1).subquery() for part in check.few(now)
    )
    return union_all(*(select(part) for part in parts))


def _all_read(checks: Iterable[Check], person: Person, now: datetime) -> Select[*tuple[Any, ...]]:
    """What is near somebody is read once, for all checks together."""
    of_children = any(check.of_children for check in checks)
    rows = _children(person, now) if of_children else _cases(person)
    return rows.with_only_columns(*(func.count().filter(check.holds(now)) for check in checks))


def found(
    connection: Connection, check: Check, *, person: Person, now: datetime, after: Place | None = None
) -> Sequence[Any]:
    """What it finds after the case and child of the page before; one more than a page holds."""
    page = _seen(check, person, now).order_by(*_order(check)).limit(PAGE + 1)
    page = page.where(_later(check, after)) if after else page
    if check.among and sees_all(person):
        lately = _shown(connection, check, page.where(_lately(after)))
        if len(lately) > PAGE:
            return lately
        page = page.where(PersonRow.id.in_(check.among()))
    return _shown(connection, check, page)


def _shown(connection: Connection, check: Check, page: Rows) -> Sequence[Any]:
    rows = page.subquery()
    child, lead = PersonRow.__table__.alias("child"), User.__table__.alias("lead")
    shown_by = (rows.c.person_id.desc(), rows.c.case_id.desc() if check.of_children else rows.c.case_id)
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
        .order_by(*shown_by)
    ).all()


def _lately(after: Place | None) -> ColumnElement[bool]:
    """Among the people recorded last, or last before that child."""
    newest = select(func.max(PersonRow.id)).scalar_subquery() if after is None else literal(after[1])
    return PersonRow.id > newest - LATELY


def _order(check: Check) -> Sequence[ColumnElement[Any]]:
    return LATEST if check.of_children else (Case.id.expression,)


def _later(check: Check, after: Place) -> ColumnElement[bool]:
    case_id, child_id = after
    if not check.of_children:
        return Case.id > case_id
    # A comparison of pairs alone would be read from the first child on, so the child is compared alone too.
    return and_(PersonRow.id <= child_id, or_(PersonRow.id < child_id, Case.id < case_id))


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
    return _rows(check, person, now).where(
        or_(*(part.holds for part in check.few(now))) if check.few and sees_all(person) else check.holds(now)
    )


def _rows(check: Check, person: Person, now: datetime) -> Rows:
    return _children(person, now) if check.of_children else _cases(person)


def _children(person: Person, now: datetime) -> Rows:
    """Children of cases that are open, or began in the last 12 months."""
    since = now - RECENT
    columns: Any = (Case.id.label("case_id"), PersonRow.id.label("person_id"))
    return (
        select(*columns)
        .join(CasePerson, CasePerson.case_id == Case.id)
        .join(PersonRow, PersonRow.id == CasePerson.person_id)
        .where(
            or_(Case.is_open, Case.opened_at >= since),
            CasePerson.is_child,
            ~PersonRow.adult,
            PersonRow.merged_into_id.is_(None),
            near_live(person, since),
            visible_cases(person),
        )
    )


def _cases(person: Person) -> Rows:
    columns: Any = (Case.id.label("case_id"), literal(0).label("person_id"))
    return select(*columns).where(Case.is_open.expression, near_open(person), visible_cases(person))
