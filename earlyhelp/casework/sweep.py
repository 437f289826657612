"""Finding every stage of every clock that fell due, and raising each exactly once.

Set-based: the stage moments lie on the clock rows, the ladders in `stage_rules`, so that a run is a few statements
whatever the number of clocks. That a stage is raised once is the UNIQUE constraint of `alerts`, never the promise of
a scheduler; that none is missed is the query, which looks for what is due and not for what came due since a tick.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert

from earlyhelp.casework import sweep_statements as statements
from earlyhelp.pathway.calendar import aware
from earlyhelp.records.clocks import Sweep
from earlyhelp.records.database import is_postgresql
from earlyhelp.records.prepared import Query, Together

QUIET_ROW_EVERY = timedelta(seconds=3)
"""A run that found nothing leaves a row no more often than this: the newest row says when clocks were last swept."""
A_WHILE = timedelta(minutes=10)
"""How often alerts left open on clocks that ended, and warnings behind a breach, are looked for if none is raised."""
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
ALL = 2_000_000_000
# What a run asks and leaves: built once.
_LOOK, _LOOK_ALONE = Query(statements.LOOK), Query(statements.LOOK_ALONE)
_RAISED, _RAISED_SINCE = Query(statements.RAISE_AND_MOVE), Query(statements.RAISED_SINCE)
_KEEP = insert(Sweep).inline()


class Swept(NamedTuple):
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


def sweep(connection: Connection, *, now: datetime, worker: str, at_most: int = ALL) -> Swept:
    """Raise every stage that fell due by `now`, however long ago, in the caller's transaction.

    `at_most` limits how many clocks one transaction takes, those waiting longest first. While another process sweeps
    the same PostgreSQL database nothing is done here: it finds the same.
    """
    began = monotonic()
    seen = _look(connection, now)
    if not seen.alone or _nothing_in(seen, now):
        return Swept()
    raised = _raise(connection, now, at_most, seen.last_alert or 0) if seen.due else _Raised()
    # A promise (rule 11) that passed alerts once more. The action that ends a clock settles its alerts: that is
    # only mended here, if ever.
    broken = connection.execute(statements.REOPEN, {"now": now}).rowcount if seen.broken else 0
    resolved = connection.execute(statements.SETTLE, {"now": now}).rowcount if seen.orphaned else 0
    if seen.passed_by:
        _put_behind(connection, now)
    swept = _counted(raised, now, broken, resolved, at_most)
    if not swept.quiet or _leaves_a_row(seen, now):
        _keep(connection, swept, now=now, worker=worker, took=timedelta(seconds=monotonic() - began))
    return swept


def _look(connection: Connection, now: datetime) -> Any:
    """What there is to do. Mostly there is nothing: to see that, PostgreSQL needs neither lock nor transaction."""
    asked = _asked(now)
    (seen,) = _LOOK.glance(connection, **asked)
    if not is_postgresql(connection) or _nothing_in(seen, now):
        return seen
    (seen,) = _LOOK_ALONE.rows(connection, **asked)
    return seen


def _nothing_in(seen: Any, now: datetime) -> bool:
    return not (seen.due or seen.broken or seen.orphaned or seen.passed_by or _leaves_a_row(seen, now))


def _leaves_a_row(seen: Any, now: datetime) -> bool:
    return seen.swept is None or now - seen.swept >= QUIET_ROW_EVERY


def _asked(now: datetime) -> dict[str, datetime]:
    """Of the moment: until when a run may have left a row if this one is to leave one, and when this while began."""
    begun = now - (aware(now) - _BEGINNING) % A_WHILE
    return {"now": now, "quiet_since": now - QUIET_ROW_EVERY, "this_while": begun}


class _Raised(NamedTuple):
    """How many alerts of each stage were written, the earliest moment among them, and how many clocks were due."""

    stages: Mapping[str, int] | None = None
    earliest: datetime | None = None
    clocks: int = 0

    def of(self, kind: str) -> int:
        return sum(count for stage, count in (self.stages or {}).items() if stage.startswith(kind))


def _raise(connection: Connection, now: datetime, at_most: int, last_alert: int) -> _Raised:
    asked = {"now": now, "at_most": at_most}
    if is_postgresql(connection):
        rows = _RAISED.rows(connection, **asked)
    else:
        together = Together(connection)
        together.execute(statements.RAISE, asked)
        together.execute(statements.MOVE, asked)
        rows = _RAISED_SINCE.rows(connection, last_alert=last_alert)
    stages = {row.stage: row.alerts for row in rows if row.stage is not None}
    return _Raised(stages, min((row.earliest for row in rows if row.earliest), default=None), rows[0].clocks)


def _counted(raised: _Raised, now: datetime, broken: int, resolved: int, at_most: int) -> Swept:
    lag = (now - raised.earliest).total_seconds() if raised.earliest else 0.0
    return Swept(
        warnings=raised.of("warning"),
        breaches=raised.of("breach"),
        escalations=raised.of("escalation"),
        resolved=resolved,
        promises_broken=broken,
        longest_lag_seconds=max(lag, 0.0),
        more=raised.clocks >= at_most,
    )


def _put_behind(connection: Connection, now: datetime) -> None:
    """Warnings that are behind a breach leave the place where lists of warnings look for them.

    Lists are right without it, and slow where very many are behind. So it waits for a run that leaves a row.
    """
    clocks = connection.scalars(statements.HOLD_PASSED_BY, {"now": now}).all()
    connection.execute(statements.PUT_BEHIND, {"now": now, "clocks": clocks})


def _keep(connection: Connection, swept: Swept, *, now: datetime, worker: str, took: timedelta) -> None:
    """A row of this run."""
    row = {
        "started_at": now,
        "finished_at": now + took,
        "worker": worker,
        "warnings": swept.warnings,
        "breaches": swept.breaches,
        "escalations": swept.escalations,
        "resolved": swept.resolved,
        "longest_lag_seconds": swept.longest_lag_seconds,
    }
    together = Together(connection)
    together.execute(_KEEP, row)
    together.send()
