"""Finding every stage of every clock that fell due, and raising each exactly once.

Set-based: the stage moments lie on the clock rows, the ladders in `stage_rules`, so that a run is a few statements
whatever the number of clocks. That a stage is raised once is the UNIQUE constraint of `alerts`, never the promise of
a scheduler; that none is missed is the query, which looks for what is due and not for what came due since a tick.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    case,
    func,
    insert,
    literal,
    literal_column,
    null,
    select,
    text,
    true,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from earlyhelp.casework.clockwork import STAGES
from earlyhelp.records.base import Base, Instant
from earlyhelp.records.clocks import Alert, ClockRow, StageRule, Sweep
from earlyhelp.records.database import is_postgresql

LOCK = 7_101_984
"""Names our advisory lock on PostgreSQL: one sweep at a time, so that none does another's work again."""
QUIET_ROW_EVERY = timedelta(seconds=3)
"""A run that found nothing leaves a row no more often than this: the newest row says when clocks were last swept."""
HEALED = "This time limit ended without settling its alert: settled by the sweep"

CLOCKS, RULES, ALERTS = (Base.metadata.tables[table.__tablename__] for table in (ClockRow, StageRule, Alert))
# Written into the statement, not bound: a planner may use a partial index only where it can see the condition.
RUNNING = CLOCKS.c.status == literal_column("'running'")
MOMENTS = {stage: "due_at" if stage == "breach" else f"{stage}_at" for stage in STAGES}
SWEPT_COLUMNS = (
    "id",
    "case_id",
    "pathway_id",
    "name",
    "next_moment",
    "team_id",
    "lead_professional_id",
    *MOMENTS.values(),
)
RAISED_COLUMNS = (
    "clock_id",
    "stage",
    "case_id",
    "clock",
    "fell_due_at",
    "raised_at",
    "status",
    "urgent",
    "audience",
    "team_id",
    "lead_professional_id",
)
_FAR = datetime.fromisoformat("9999-01-01T00:00:00+00:00")


@dataclass(frozen=True)
class Swept:
    """What one run did. `longest_lag_seconds` is from the earliest moment it raised to the run itself."""

    warnings: int = 0
    breaches: int = 0
    escalations: int = 0
    resolved: int = 0
    promises_broken: int = 0
    longest_lag_seconds: float = 0.0
    more: bool = False
    """Whether clocks beyond `at_most` may still be due: sweep again."""

    @property
    def quiet(self) -> bool:
        return not (
            self.warnings or self.breaches or self.escalations or self.resolved or self.promises_broken
        )

    def with_more(self, later: "Swept") -> "Swept":
        """This run and the next of the same backlog taken together."""
        return Swept(
            warnings=self.warnings + later.warnings,
            breaches=self.breaches + later.breaches,
            escalations=self.escalations + later.escalations,
            resolved=self.resolved + later.resolved,
            promises_broken=self.promises_broken + later.promises_broken,
            longest_lag_seconds=max(self.longest_lag_seconds, later.longest_lag_seconds),
            more=later.more,
        )


def sweep(connection: Connection, *, now: datetime, worker: str, at_most: int | None = None) -> Swept:
    """Raise every stage that fell due by `now`, however long ago, in the caller's transaction.

    `at_most` limits how many clocks one transaction takes, those waiting longest first. While another process sweeps
    the same PostgreSQL database nothing is done here: it finds the same.
    """
    began = monotonic()
    if is_postgresql(connection) and not _alone(connection):
        return Swept()
    raised = _raise(connection, now, at_most)
    broken = _reopen_broken_promises(connection, now)
    swept = _counted(raised, now, broken, _settle_orphans(connection, now), at_most)
    _keep(connection, swept, now=now, worker=worker, took=timedelta(seconds=monotonic() - began))
    return swept


def due_clocks(now: datetime, at_most: int | None = None) -> Select[Any]:
    """The running clocks with a stage that fell due and was not raised: what a sweep touches, and nothing else."""
    statement = select(*(CLOCKS.c[name] for name in SWEPT_COLUMNS)).where(
        RUNNING, CLOCKS.c.next_moment <= now
    )
    if at_most is not None:
        statement = statement.order_by(CLOCKS.c.next_moment, CLOCKS.c.id).limit(at_most)
    return statement


def _alone(connection: Connection) -> bool:
    return bool(connection.scalar(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": LOCK}))


@dataclass(frozen=True)
class _Raised:
    """How many alerts of each stage were written, the earliest moment among them, and how many clocks were due."""

    stages: dict[str, int]
    earliest: datetime | None
    clocks: int


def _raise(connection: Connection, now: datetime, at_most: int | None) -> _Raised:
    if is_postgresql(connection):
        return _raise_on_postgresql(connection, now, at_most)
    return _raise_on_sqlite(connection, now, at_most)


def _raise_on_postgresql(connection: Connection, now: datetime, at_most: int | None) -> _Raised:
    """One statement, so that a clock committed meanwhile is either raised and moved on, or untouched.

    A clock that somebody's action holds is left to that action or to the next run: neither waits for the other.
    """
    due = due_clocks(now, at_most).with_for_update(skip_locked=True, of=CLOCKS).cte("due")
    raised = (
        postgresql.insert(ALERTS)
        .from_select(RAISED_COLUMNS, _fallen(due, now))
        .on_conflict_do_nothing()
        .returning(ALERTS.c.stage, ALERTS.c.fell_due_at)
        .cte("raised")
    )
    moved = (
        update(CLOCKS)
        .where(CLOCKS.c.id == due.c.id)
        .values(next_moment=func.least(*_later(due, now)))
        .cte("moved")
    )
    taken = select(func.count().label("clocks")).select_from(due).subquery()
    rows = connection.execute(
        select(raised.c.stage, func.count(), func.min(raised.c.fell_due_at), taken.c.clocks)
        .join_from(taken, raised, true(), isouter=True)
        .group_by(raised.c.stage, taken.c.clocks)
        .add_cte(moved)
    )
    found = [(stage, count, earliest, clocks) for stage, count, earliest, clocks in rows]
    stages = {stage: count for stage, count, _, _ in found if stage is not None}
    return _Raised(stages, min((at for _, _, at, _ in found if at), default=None), found[0][3])


def _raise_on_sqlite(connection: Connection, now: datetime, at_most: int | None) -> _Raised:
    """Two statements: the transaction holds the only pen, so that nothing comes between them."""
    due = due_clocks(now, at_most).subquery("due")
    rows = connection.execute(
        sqlite.insert(ALERTS)
        .from_select(RAISED_COLUMNS, _fallen(due, now))
        .on_conflict_do_nothing()
        .returning(ALERTS.c.stage, ALERTS.c.fell_due_at)
    ).all()
    held = CLOCKS.c.id.in_(due_clocks(now, at_most).with_only_columns(CLOCKS.c.id))
    earliest = func.min(*(func.coalesce(moment, literal(_FAR, Instant())) for moment in _later(CLOCKS, now)))
    moved = connection.execute(
        update(CLOCKS).where(held).values(next_moment=func.nullif(earliest, literal(_FAR, Instant())))
    )
    stages: dict[str, int] = {}
    for stage, _ in rows:
        stages[stage] = stages.get(stage, 0) + 1
    return _Raised(stages, min((at for _, at in rows), default=None), moved.rowcount)


def _fallen(due: Any, now: datetime) -> Select[Any]:
    """The alerts to write: each due clock with each rung of its ladder whose moment has passed.

    Rungs raised before meet the UNIQUE constraint and are left as they are.
    """
    moment = case(*((RULES.c.stage == stage, due.c[column]) for stage, column in MOMENTS.items()))
    return (
        select(
            due.c.id,
            RULES.c.stage,
            due.c.case_id,
            due.c.name,
            moment,
            literal(now, Instant()),
            literal("open"),
            RULES.c.urgent,
            RULES.c.audience,
            due.c.team_id,
            due.c.lead_professional_id,
        )
        .join_from(due, RULES, (RULES.c.pathway_id == due.c.pathway_id) & (RULES.c.clock == due.c.name))
        .where(moment <= now, moment >= due.c.next_moment)
    )


def _later(clocks: Any, now: datetime) -> Iterable[Any]:
    """Each stage moment that is still to come, or null."""
    return [case((clocks.c[column] > now, clocks.c[column]), else_=null()) for column in MOMENTS.values()]


def _reopen_broken_promises(connection: Connection, now: datetime) -> int:
    """A promise that was not kept alerts once more (rule 11); its words stay."""
    due = (
        ALERTS.c.status == literal_column("'acknowledged'"),
        ALERTS.c.promise_broken_at.is_(None),
        ALERTS.c.promise_due_at <= now,
    )
    return _change(connection, due, {"status": "open", "promise_broken_at": now, "told_at": None})


def _settle_orphans(connection: Connection, now: datetime) -> int:
    """Alerts left open on a clock that has ended. The action that ends a clock settles them: this mends, if ever."""
    ended = select(CLOCKS.c.id).where(CLOCKS.c.id == ALERTS.c.clock_id, CLOCKS.c.stopped_at.is_not(None))
    left = (ALERTS.c.status != literal_column("'resolved'"), ended.exists())
    return _change(connection, left, {"status": "resolved", "resolved_at": now, "resolution": HEALED})


def _change(connection: Connection, which: Iterable[Any], values: Mapping[str, Any]) -> int:
    """Change alerts, passing over those that somebody's action holds: the next run finds them."""
    held = select(ALERTS.c.id).where(*which).with_for_update(skip_locked=True, of=ALERTS)
    return connection.execute(update(ALERTS).where(ALERTS.c.id.in_(held)).values(values)).rowcount


def _counted(raised: _Raised, now: datetime, broken: int, resolved: int, at_most: int | None) -> Swept:
    def of(kind: str) -> int:
        return sum(count for stage, count in raised.stages.items() if stage.startswith(kind))

    lag = (now - raised.earliest).total_seconds() if raised.earliest else 0.0
    return Swept(
        warnings=of("warning"),
        breaches=of("breach"),
        escalations=of("escalation"),
        resolved=resolved,
        promises_broken=broken,
        longest_lag_seconds=max(lag, 0.0),
        more=at_most is not None and raised.clocks >= at_most,
    )


def _keep(connection: Connection, swept: Swept, *, now: datetime, worker: str, took: timedelta) -> None:
    """A row of this run, unless it was quiet and a row was left moments ago."""
    if swept.quiet:
        last = connection.scalar(select(func.max(Sweep.started_at)).where(Sweep.started_at <= now))
        if last is not None and now - last < QUIET_ROW_EVERY:
            return
    connection.execute(
        insert(Sweep).values(
            started_at=now,
            finished_at=now + took,
            worker=worker,
            warnings=swept.warnings,
            breaches=swept.breaches,
            escalations=swept.escalations,
            resolved=swept.resolved,
            longest_lag_seconds=swept.longest_lag_seconds,
        )
    )
