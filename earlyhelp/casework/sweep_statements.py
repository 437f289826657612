"""The statements of the sweep, written once for both databases. They are built when loaded: a quiet run costs nothing.

`now` and `at_most` are their parameters. Conditions that a partial index depends on are written out, not bound: a
planner may use such an index only where it can see the condition.
"""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    and_,
    bindparam,
    case,
    false,
    func,
    literal_column,
    null,
    select,
    true,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from earlyhelp.casework.stages import NOT_URGENT, STAGES, TIERS
from earlyhelp.records.base import Base, Instant
from earlyhelp.records.clocks import BEHIND, Alert, ClockRow, StageRule, Sweep

LOCK = 7_101_984
"""Names our advisory lock on PostgreSQL: one sweep at a time, so that none does another's work again."""
HEALED = "This time limit ended without settling its alert: settled by the sweep"

CLOCKS, RULES, ALERTS, SWEEPS = (
    Base.metadata.tables[table.__tablename__] for table in (ClockRow, StageRule, Alert, Sweep)
)
NOW: Any = bindparam("now", type_=Instant())
AT_MOST: Any = bindparam("at_most", type_=Integer())
MOMENTS = {stage: "due_at" if stage == "breach" else f"{stage}_at" for stage in STAGES}
OWNED = ("case_id", "team_id", "lead_professional_id")
RAISED = (
    *("clock_id", "clock", *OWNED, "stage", "fell_due_at", "raised_at"),
    *("clock_due_at", "status", "urgent", "audience", "tier"),
)

WAITING = (CLOCKS.c.status == literal_column("'running'")) & (CLOCKS.c.next_moment <= NOW)
BROKEN = (
    (ALERTS.c.status == literal_column("'acknowledged'"))
    & ALERTS.c.promise_broken_at.is_(None)
    & (ALERTS.c.promise_due_at <= NOW)
)
"""Promises whose moment has passed."""
ORPHANED = (ALERTS.c.status != literal_column("'resolved'")) & (
    select(CLOCKS.c.id).where(CLOCKS.c.id == ALERTS.c.clock_id, CLOCKS.c.stopped_at.is_not(None)).exists()
)
"""Alerts left open on a clock that has ended."""
_NEWEST = ALERTS.alias("newest")
RAISED_LATELY = ALERTS.c.id > select(func.max(_NEWEST.c.id) - literal_column("10000")).scalar_subquery()
"""Where one left open is looked for: it comes of a clock that ends while its alert is raised. To look at every
unresolved alert would cost seconds where there are a hundred thousand."""
_RUNS = SWEEPS.alias("runs")
_SWEPT = select(func.max(SWEEPS.c.started_at)).where(SWEEPS.c.started_at <= NOW).scalar_subquery()
_HAD_RAISED = (
    select(_RUNS.c.warnings + _RUNS.c.breaches + _RUNS.c.escalations > literal_column("0"))
    .where(_RUNS.c.started_at <= NOW)
    .order_by(_RUNS.c.started_at.desc(), _RUNS.c.id.desc())
    .limit(literal_column("1"))
    .scalar_subquery()
)

_HIGHER = ALERTS.alias("higher")
_WARNINGS: list[Any] = [
    literal_column(str(tier)) for tier in (TIERS["warning"], NOT_URGENT + TIERS["warning"])
]


def passed_by(*, at_most: int) -> Any:
    """Warnings of which the clock was breached since, or more: id and clock, of so many whose time passed last.

    A time limit that was paused before it passed has no breach: such are looked at one by one and passed over, however
    many. Asked of each warning for one value, and not whether there is any: PostgreSQL would join all there are.
    """
    higher = (
        select(_HIGHER.c.id)
        .where(
            _HIGHER.c.clock_id == ALERTS.c.clock_id,
            _HIGHER.c.status != literal_column("'resolved'"),
            _HIGHER.c.stage.not_like(literal_column("'warning%'")),
        )
        .limit(literal_column("1"))
        .scalar_subquery()
    )
    return (
        select(ALERTS.c.id, ALERTS.c.clock_id)
        .where(
            ALERTS.c.status != literal_column("'resolved'"),
            ALERTS.c.tier.in_(_WARNINGS),
            ALERTS.c.clock_due_at <= NOW,
            higher.is_not(None),
        )
        .order_by(ALERTS.c.tier.desc(), ALERTS.c.clock_due_at.desc(), ALERTS.c.id.desc())
        .limit(literal_column(str(at_most)))
    )


PASSED_BY = passed_by(at_most=500)

_TIER = case((RULES.c.urgent, 0), else_=NOT_URGENT) + case(
    *((RULES.c.stage.startswith(kind), tier) for kind, tier in TIERS.items())
)

DUE = (
    select(
        *(CLOCKS.c[name] for name in ("id", "pathway_id", "name", "next_moment", *OWNED, *MOMENTS.values()))
    )
    .where(WAITING)
    .order_by(CLOCKS.c.next_moment, CLOCKS.c.id)
    .limit(AT_MOST)
)
"""The running clocks with a stage that fell due and was not raised: what a sweep touches, and nothing else."""


def _looks_back(swept: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether this run does: the next that leaves a row after one that raised any, and the first of every while."""
    leaves_a_row = swept <= bindparam("quiet_since", type_=Instant())
    return leaves_a_row & (_HAD_RAISED | (swept < bindparam("this_while", type_=Instant())))


def look(alone: ColumnElement[bool]) -> Any:
    """What there is to do, in one question. `alone` is whether no other process sweeps this database."""
    return select(
        alone.label("alone"),
        select(CLOCKS.c.id).where(WAITING).exists().label("due"),
        select(ALERTS.c.id).where(BROKEN).exists().label("broken"),
        case(
            (_looks_back(_SWEPT), select(ALERTS.c.id).where(ORPHANED, RAISED_LATELY).exists()),
            else_=false(),
        ).label("orphaned"),
        case((_looks_back(_SWEPT), PASSED_BY.exists()), else_=false()).label("passed_by"),
        select(func.max(ALERTS.c.id)).scalar_subquery().label("last_alert"),
        _SWEPT.label("swept"),
    )


def fallen(due: Any) -> Any:
    """The alerts to write: each due clock with each rung of its ladder whose moment has passed.

    Rungs raised before meet the UNIQUE constraint and are left as they are.
    """
    moment = case(*((RULES.c.stage == stage, due.c[column]) for stage, column in MOMENTS.items()))
    owner = [due.c[name] for name in OWNED]
    rule = [literal_column("'open'"), RULES.c.urgent, RULES.c.audience, _TIER]
    return (
        select(due.c.id, due.c.name, *owner, RULES.c.stage, moment, NOW, due.c.due_at, *rule)
        .join_from(due, RULES, (RULES.c.pathway_id == due.c.pathway_id) & (RULES.c.clock == due.c.name))
        .where(moment <= NOW, moment >= due.c.next_moment)
    )


def later(clocks: Any) -> list[Any]:
    """Each stage moment that is still to come, or null."""
    return [case((clocks.c[column] > NOW, clocks.c[column]), else_=null()) for column in MOMENTS.values()]


def raise_on_postgresql() -> Any:
    """One statement, so that a clock committed meanwhile is either raised and moved on, or untouched.

    A clock that somebody's action holds is left to that action or to the next run: neither waits for the other.
    """
    due = DUE.with_for_update(skip_locked=True, of=CLOCKS).cte("due")
    raised = (
        postgresql.insert(ALERTS)
        .from_select(RAISED, fallen(due))
        .on_conflict_do_nothing()
        .returning(ALERTS.c.stage, ALERTS.c.fell_due_at)
        .cte("raised")
    )
    next_moment = func.least(*later(due))
    moved = update(CLOCKS).where(CLOCKS.c.id == due.c.id).values(next_moment=next_moment).cte("moved")
    taken = select(func.count().label("clocks")).select_from(due).subquery()
    return _by_stage(raised, taken, true()).add_cte(moved)


def raise_on_sqlite() -> Any:
    return sqlite.insert(ALERTS).from_select(RAISED, fallen(DUE.subquery("due"))).on_conflict_do_nothing()


def move_on_sqlite() -> Any:
    """To be run after `raise_on_sqlite`: the transaction holds the only pen, so that nothing comes between them.

    The earliest moment without a function: where one is called, SQLite first makes a file to undo the statement by.
    """
    at = select(NOW.label("now")).subquery("at")
    moments = [CLOCKS.c[column] for column in MOMENTS.values()]
    earliest = case(*((_is_next(moment, moments, at.c.now), moment) for moment in moments), else_=null())
    taken = CLOCKS.c.id.in_(DUE.with_only_columns(CLOCKS.c.id))
    return update(CLOCKS).where(taken).values(next_moment=earliest)


def _is_next(moment: Any, moments: list[Any], now: Any) -> ColumnElement[bool]:
    """Whether it is still to come, and none of the others to come is earlier."""
    others = (other for other in moments if other is not moment)
    return and_(moment > now, *(other.is_(None) | (other <= now) | (other >= moment) for other in others))


def raised_since() -> Any:
    """Alerts written after one, by stage: ids only grow. To be run after `move_on_sqlite`, whose clocks it counts."""
    taken = select(func.changes(type_=Integer()).label("clocks")).subquery()
    return _by_stage(ALERTS, taken, ALERTS.c.id > bindparam("last_alert", type_=Integer()))


def _by_stage(raised: Any, taken: Any, which: ColumnElement[bool]) -> Any:
    """How many were raised of each stage, and how many clocks were taken, if none was raised too."""
    return (
        select(
            raised.c.stage,
            func.count().label("alerts"),
            func.min(raised.c.fell_due_at).label("earliest"),
            taken.c.clocks,
        )
        .join_from(taken, raised, which, isouter=True)
        .group_by(raised.c.stage, taken.c.clocks)
    )


def change(which: ColumnElement[bool], **values: Any) -> Any:
    """Change alerts, passing over those that somebody's action holds: the next run finds them."""
    held = select(ALERTS.c.id).where(which).with_for_update(skip_locked=True, of=ALERTS)
    return update(ALERTS).where(ALERTS.c.id.in_(held)).values(values)


LOOK = look(true())
LOOK_ALONE = look(func.pg_try_advisory_xact_lock(literal_column(str(LOCK))))
RAISE_AND_MOVE = raise_on_postgresql()
RAISE, MOVE, RAISED_SINCE = raise_on_sqlite(), move_on_sqlite(), raised_since()
"""What is one statement on PostgreSQL is three on SQLite, in this order."""
REOPEN = change(BROKEN, status="open", promise_broken_at=NOW, told_at=None)
SETTLE = change(ORPHANED, status="resolved", resolved_at=NOW, resolution=HEALED)
HOLD_PASSED_BY = (
    select(CLOCKS.c.id)
    .where(CLOCKS.c.id.in_(PASSED_BY.with_only_columns(PASSED_BY.selected_columns.clock_id)))
    .with_for_update(skip_locked=True, of=CLOCKS)
)
"""Their clocks, held: what an action did meanwhile to the alerts of a clock would not be seen."""
PUT_BEHIND = change(
    ALERTS.c.clock_id.in_(bindparam("clocks", expanding=True))
    & ALERTS.c.id.in_(PASSED_BY.with_only_columns(PASSED_BY.selected_columns.id)),
    tier=ALERTS.c.tier + literal_column(str(BEHIND)),
)
