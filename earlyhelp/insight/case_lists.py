"""The lists behind a manager's figures: each number is the length of one of these."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Literal, NamedTuple, cast

from sqlalchemy import ColumnElement, Connection, Select, and_, or_, select

from earlyhelp.insight import worklists
from earlyhelp.insight.dashboard import decided_today, opened_today, soon_after, told_today
from earlyhelp.insight.pathways import kinds_in_use
from earlyhelp.near import carried_near, near_ever, near_open, sees_afar
from earlyhelp.pathway.calendar import Calendar, england
from earlyhelp.permissions import Person, visible_cases
from earlyhelp.records.base import NOBODY
from earlyhelp.records.cases import Case, Closure
from earlyhelp.records.clocks import ClockRow
from earlyhelp.records.organisation import Team, User
from earlyhelp.records.reference import PublishedPathway

PAGE = 50
Group = Literal["open", "restricted", "received_today", "decided_today"]
Place = tuple[datetime, int]


class Chosen(NamedTuple):
    """What a list of cases is narrowed to. None is any."""

    group: Group = "open"
    team_id: int | None = None
    worker_id: int | None = None
    kind: str | None = None
    state: str | None = None
    pathway: str | None = None
    """By name, in any version."""
    workers_of: int | None = None
    """The team of the lead professional, whatever team the case is of; NOBODY is no team."""


def cases(
    connection: Connection,
    *,
    person: Person,
    now: datetime,
    chosen: Chosen,
    after: Place | None = None,
    page: int = worklists.PAGE,
) -> worklists.Worklist:
    """Those of the list that this person may see, nearest deadline first."""
    kind = _kind_of_state(connection, chosen, person)
    each, afar = _asked_of_each(chosen, now, kind), sees_afar(person)
    at_once = [] if afar else [asked(Case) for asked in each]
    return worklists.listed(
        connection,
        person=person,
        where=[*conditions(chosen, now, kind), *_near(chosen, person), *at_once],
        after=after,
        page=page,
        alike=_alike(chosen),
        led_by=led_by(chosen, person),
        of_each=each if afar else [],
    )


def _asked_of_each(chosen: Chosen, now: datetime, kind: str | None) -> Sequence[worklists.OfEach]:
    """What is asked of one case after another, in order, until a page is full; at once of the few near somebody."""
    if chosen.group == "received_today":
        return [partial(told_today, now)]
    return [partial(_in_state, chosen.state)] if kind else []


def _near(chosen: Chosen, person: Person) -> list[ColumnElement[bool]]:
    if chosen.group in {"open", "restricted"}:
        return [near_open(person)]
    return [near_ever(person, Case.id)] if chosen.group == "received_today" else []


def _kind_of_state(connection: Connection, chosen: Chosen, person: Person) -> str | None:
    """The kind of the state that is asked for, among whose cases `_in_state` soon finds the first ones of a long list.

    PostgreSQL takes the state, and that a case is open, for independent: it expects few, and would sort them all. None
    where a state has several kinds, or a team or worker leads to the cases.
    """
    of_somebody = any(one is not None for one in (chosen.team_id, chosen.worker_id, chosen.workers_of))
    if not chosen.state or chosen.group != "open" or of_somebody or not sees_afar(person):
        return None
    kinds = kinds_in_use(connection, "states", chosen.state)
    return min(kinds) if len(kinds) == 1 else None


def _in_state(state: str | None, case: Any) -> ColumnElement[bool]:
    """The condition that is asked of one case of that kind after another."""
    return cast(ColumnElement[bool], case.state == state)


def conditions(chosen: Chosen, now: datetime, kind: str | None = None) -> list[ColumnElement[bool]]:
    """The list's condition on `Case`, without that of who may see it, and what is asked of each.

    Of a state only its `kind` is asked, where that is said.
    """
    groups: Mapping[str, ColumnElement[bool]] = {
        "open": Case.is_open.expression,
        "restricted": and_(Case.is_open, Case.restricted),
        "received_today": opened_today(now),
        "decided_today": decided_today(now),
    }
    where = [groups[chosen.group]]
    where += [Case.state_kind == chosen.kind] if chosen.kind else []
    where += [Case.state == chosen.state] if chosen.state and not kind else []
    where += [Case.state_kind == kind] if kind else []
    versions = select(PublishedPathway.id).where(PublishedPathway.name == chosen.pathway)
    where += [Case.pathway_id.in_(versions)] if chosen.pathway else []
    workers = _workers(chosen)
    where += [Case.lead_professional_id.in_(workers)] if workers is not None else []
    return where + owned_by(Case, chosen.team_id, chosen.worker_id)


def _workers(chosen: Chosen) -> Select[int] | None:
    if chosen.workers_of is None:
        return None
    theirs = User.team_id.is_(None) if chosen.workers_of == NOBODY else User.team_id == chosen.workers_of
    return select(User.id).where(theirs)


def led_by(chosen: Chosen, person: Person) -> Select[int] | None:
    """The workers from whom `worklists.listed` finds these cases. Who sees few is near them anyway."""
    return _workers(chosen) if chosen.group == "open" and sees_afar(person) else None


def owned_by(table: Any, team_id: int | None, worker_id: int | None) -> list[ColumnElement[bool]]:
    """Of that team and lead professional; NOBODY is those that have none."""
    where: list[ColumnElement[bool]] = []
    for column, wanted in ((table.team_id, team_id), (table.lead_professional_id, worker_id)):
        if wanted is not None:
            where.append(column.is_(None) if wanted == NOBODY else column == wanted)
    return where


def _alike(chosen: Chosen) -> Sequence[Any]:
    """The column in which all of these have nothing, for `worklists.listed`."""
    asked = ((Case.team_id, chosen.team_id), (Case.lead_professional_id, chosen.worker_id))
    return [column for column, wanted in asked if wanted == NOBODY][:1]


def time_limits(
    connection: Connection,
    *,
    person: Person,
    now: datetime,
    calendar: Calendar,
    when: Literal["overdue", "soon"],
    team_id: int | None = None,
    worker_id: int | None = None,
    after: Place | None = None,
) -> Sequence[Any]:
    """Running clocks past due, or due in the next five working days, earliest first; one more than a page holds."""
    soon = [ClockRow.due_at > now, ClockRow.due_at <= soon_after(now, calendar)]
    where = [ClockRow.due_at <= now] if when == "overdue" else soon
    where += owned_by(ClockRow, team_id, worker_id)
    if after is not None:
        where += [ClockRow.due_at >= after[0], or_(ClockRow.due_at > after[0], ClockRow.id > after[1])]
    statement = (
        select(
            ClockRow.id,
            ClockRow.name,
            ClockRow.due_at,
            Case.reference,
            Team.name.label("team"),
            User.name.label("worker"),
        )
        .join(Case, Case.id == ClockRow.case_id)
        .outerjoin(Team, Team.id == ClockRow.team_id)
        .outerjoin(User, User.id == ClockRow.lead_professional_id)
        .where(ClockRow.status == "running", carried_near(person, ClockRow), visible_cases(person), *where)
    )
    return connection.execute(statement.order_by(ClockRow.due_at, ClockRow.id).limit(PAGE + 1)).all()


def council_days(connection: Connection) -> Calendar:
    """England's working days less the council's closures."""
    closures = connection.execute(select(Closure.on, Closure.name).order_by(Closure.on))
    return england(tuple((row.on, row.name) for row in closures))
