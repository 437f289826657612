"""Alerts in the order in which people should act on them, each clock by its highest stage only.

A warning says nothing new once its clock is breached: what is not yet resolved stays hidden behind a higher stage of
the same clock. Whose an alert is, is whose its case is now.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Integer,
    Select,
    Subquery,
    True_,
    and_,
    case as when,
    exists,
    func,
    or_,
    select,
)

from earlyhelp.near import carried_near, near_ever
from earlyhelp.permissions import Person, kept_from, sees_all, visible_cases
from earlyhelp.records.base import NOBODY
from earlyhelp.records.cases import Case
from earlyhelp.records.clocks import BEHIND, Alert, ClockRow
from earlyhelp.records.organisation import Team, User
from earlyhelp.records.sql_functions import sql_function

PAGE = 50
UNSETTLED = ("open", "acknowledged")
STATUSES: dict[str, tuple[str, ...]] = {
    "open": UNSETTLED[:1],
    "acknowledged": UNSETTLED[1:],
    "unsettled": UNSETTLED,
    "resolved": ("resolved",),
}
STAGES: dict[str, tuple[int, ...]] = {"escalation": (0, 3), "breach": (1, 4), "warning": (2, 5)}
"""Tiers of alerts of these stages, urgent and other: an index by tier leads a list to them at once.

Warnings that were found to be behind a breach have tiers beyond, so that none of them is looked at while unresolved.
"""
STAGES["overdue"] = STAGES["breach"] + STAGES["escalation"]
_LEVELS = {"warning_1": 0, "warning_2": 1, "warning_3": 2, "breach": 3}
_LEVELS |= {"escalation_1": 4, "escalation_2": 5, "escalation_3": 6}
# Written out: as parameters they were most of what each statement was built of and told anew.
_LEVEL_OF = (
    "CASE {0} " + " ".join(f"WHEN '{stage}' THEN {level}" for stage, level in _LEVELS.items()) + " END"
)
_level = sql_function("level", Integer(), postgresql=_LEVEL_OF, sqlite=_LEVEL_OF)


class Wanted(NamedTuple):
    """Which alerts are asked for. Team and worker are ids, NOBODY, or None for any."""

    status: str = "open"
    stage: str | None = None
    clock: str | None = None
    team: int | None = None
    worker: int | None = None


class Rank(NamedTuple):
    """A row's place in the order: what is urgent and escalated first, then longest overdue."""

    tier: int
    at: datetime
    id: int


_SHOWN = (
    *("id", "clock", "stage", "status", "fell_due_at", "raised_at", "urgent"),
    *("promise", "promise_due_at", "promise_broken_at", "resolution", "tier", "clock_due_at"),
)
_HIGHER = Alert.__table__.alias("higher")
_HIDDEN = exists().where(  # a higher stage of the same clock is not resolved yet
    _HIGHER.c.clock_id == Alert.clock_id,
    _HIGHER.c.status != "resolved",
    or_(
        _level(_HIGHER.c.stage) > _level(Alert.stage),
        and_(_level(_HIGHER.c.stage) == _level(Alert.stage), _HIGHER.c.id > Alert.id),
    ),
)
_BY = User.__table__.alias("acknowledged_by")
_LEAD = User.__table__.alias("lead")
_ORDER = (Alert.tier, Alert.clock_due_at, Alert.id)
_OVERDUE = when((Alert.stage.not_like("warning%"), 1), else_=0).label("is_overdue")


def urgent_first(
    connection: Connection, *, person: Person, wanted: Wanted, after: Rank | None = None, limit: int = PAGE
) -> Sequence[Any]:
    """Alerts on cases this person may see, one more than `limit` if there are more. Resolved ones come newest first."""
    found: Select[Any] = select(Alert.id)
    found = _of_cases(found, person, wanted).where(*_owned(wanted)).limit(limit + 1)
    if wanted.status == "resolved":
        newest = found.where(*_before(after)).order_by(Alert.fell_due_at.desc(), Alert.id.desc()).subquery()
        shown = _shown(newest).order_by(Alert.fell_due_at.desc(), Alert.id.desc())
        return connection.execute(shown).all()
    first = found.where(*_later(after)).order_by(*_ORDER).subquery()
    return connection.execute(_shown(first).order_by(*_ORDER)).all()


def _shown(page: Subquery) -> Select[Any]:
    """What a list says of each alert, read for those of one page alone."""
    return (
        select(
            *[Alert.__table__.c[name] for name in _SHOWN],
            ClockRow.due_at,
            Case.reference,
            Case.pathway_id,
            Team.name.label("team"),
            _LEAD.c.name.label("lead_professional"),
            _BY.c.name.label("acknowledged_by"),
        )
        .select_from(page)
        .join(Alert, Alert.id == page.c.id)
        .join(ClockRow, ClockRow.id == Alert.clock_id)
        .join(Case, Case.id == Alert.case_id)
        .outerjoin(Team, Team.id == Case.team_id)
        .outerjoin(_LEAD, _LEAD.c.id == Case.lead_professional_id)
        .outerjoin(_BY, _BY.c.id == Alert.acknowledged_by_id)
    )


def rank_of(alert: Any) -> Rank:
    """The place of a row of `urgent_first`."""
    if alert.status == "resolved":
        return Rank(0, alert.fell_due_at, alert.id)
    return Rank(alert.tier, alert.clock_due_at, alert.id)


def count_by_owner(
    connection: Connection, *, person: Person, wanted: Wanted, at_most: int | None = None
) -> Sequence[Any]:
    """How many such alerts, and how many of clocks overdue, per team and lead professional, most first.

    The team and worker of `wanted` do not count: what is counted are the lists one could ask for instead. More than
    `at_most` are not all counted, which would take as long as there are many: then the sum is one more than that.
    """
    owner = (Alert.team_id, Alert.lead_professional_id)
    each = _of_cases(select(*owner, _OVERDUE), person, wanted)
    rows = _at_most(each, wanted, at_most)
    team, lead = rows.c.team_id, rows.c.lead_professional_id
    found = select(team, lead, *_summed(rows)).group_by(team, lead).subquery()
    # One by one: joined, PostgreSQL reads all staff of the council for the few whose alerts these are.
    names = (
        select(Team.name).where(Team.id == found.c.team_id).scalar_subquery().label("team"),
        select(User.name).where(User.id == found.c.lead_professional_id).scalar_subquery().label("worker"),
    )
    return connection.execute(select(found, *names).order_by(found.c.alerts.desc(), *names)).all()


def count_listed(
    connection: Connection, *, person: Person, wanted: Wanted, at_most: int | None = None
) -> Any:
    """The same of the one list that is asked for, in one row: `alerts` and `overdue`."""
    each = _of_cases(select(_OVERDUE), person, wanted).where(*_owned(wanted))
    return connection.execute(select(*_summed(_at_most(each, wanted, at_most)))).one()


def _at_most(each: Select[Any], wanted: Wanted, most: int | None) -> Subquery:
    """One more than that, as the list goes: by an index of stages and clocks."""
    if most is not None:
        narrowed = (wanted.clock or wanted.stage) and wanted.status != "resolved"
        each = (each.order_by(*_ORDER) if narrowed else each).limit(most + 1)
    return each.subquery()


def _summed(rows: Subquery) -> list[Any]:
    overdue = func.coalesce(func.sum(rows.c.is_overdue), 0)
    return [func.count().label("alerts"), overdue.label("overdue")]


def _of_cases(alerts: Select[Any], person: Person, wanted: Wanted) -> Select[Any]:
    """Those that are wanted, on cases this person may see."""
    alerts = alerts.where(*_conditions(wanted))
    seen = visible_cases(person)
    if wanted.status != "resolved":
        alerts = alerts.where(carried_near(person, Alert))
        if isinstance(seen, True_):
            return alerts
        if sees_all(person):
            return alerts.where(~kept_from(person).where(Case.id == Alert.case_id).exists())
    else:
        alerts = alerts.where(near_ever(person, Alert.case_id))
    return alerts.join(Case, Case.id == Alert.case_id).where(seen)


# SQLite uses an index of what is not resolved only if the query says so too. PostgreSQL sees that it follows: told so,
# it took it for a second condition and expected a twentieth of them.
_UNRESOLVED = sql_function("unresolved", Boolean(), postgresql="({0})", sqlite="({0} AND {1})")


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    among = STATUSES[wanted.status]
    where: list[ColumnElement[bool]] = [Alert.status.in_(among)]
    if wanted.status != "resolved":
        where = [_UNRESOLVED(Alert.status.in_(among), Alert.status != "resolved"), ~_HIDDEN]
    if wanted.clock:
        where.append(Alert.clock == wanted.clock)
    if wanted.stage:
        where.append(Alert.tier.in_(_tiers(wanted)))
    return where


def _tiers(wanted: Wanted) -> tuple[int, ...]:
    tiers = STAGES[wanted.stage or "warning"]
    return tiers if wanted.status != "resolved" else (*tiers, *(BEHIND + tier for tier in tiers))


def _owned(wanted: Wanted) -> list[ColumnElement[bool]]:
    """An alert carries whose its case is until it is resolved, and keeps whose it was."""
    owned: Any = Case if wanted.status == "resolved" else Alert
    return [
        column.is_(None) if asked == NOBODY else column == asked
        for column, asked in ((owned.team_id, wanted.team), (owned.lead_professional_id, wanted.worker))
        if asked is not None
    ]


def _later(after: Rank | None) -> list[ColumnElement[bool]]:
    if after is None:
        return []
    same_moment = and_(Alert.clock_due_at == after.at, Alert.id > after.id)
    later = or_(Alert.clock_due_at > after.at, same_moment)
    # A comparison of all three alone would be read from the first alert on, so the tier is compared alone too.
    return [Alert.tier >= after.tier, or_(Alert.tier > after.tier, later)]


def _before(after: Rank | None) -> list[ColumnElement[bool]]:
    if after is None:
        return []
    return [or_(Alert.fell_due_at < after.at, and_(Alert.fell_due_at == after.at, Alert.id < after.id))]
