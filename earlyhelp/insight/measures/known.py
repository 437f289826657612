"""The history as it was known at a moment: what had been recorded by then, corrected as it had been by then."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    CTE,
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    case as when,
    exists,
    func,
    literal_column,
    select,
    tuple_,
    union_all,
)

from earlyhelp.insight.measures.portable import moment_in
from earlyhelp.records.among import among
from earlyhelp.records.cases import CalendarDay, Event
from earlyhelp.records.clocks import ClockRevision, ClockRow

KEPT = (
    "case_id",
    "sequence",
    "action",
    "kind",
    "from_state",
    "to_state",
    "pathway_id",
    "team_id",
    "lead_professional_id",
    "actor_id",
    "recorded_at",
    "fields",
)


OF_CASES = "of_cases"
"""What a query calls the cases of which is known."""


@dataclass(frozen=True)
class Known:
    """Up to when recordings count, None for everything recorded so far; and of which cases, None for all."""

    before: datetime | None = None
    cases: tuple[int, ...] | None = None

    def of(self, case_id: Any) -> list[ColumnElement[bool]]:
        """The conditions on a case's id."""
        return [] if self.cases is None else [among(case_id, self.cases, called=OF_CASES)]


EVERYTHING = Known()


class Within(NamedTuple):
    """The days between which something must have happened, both included. None leaves an end open."""

    first: date | None = None
    last: date | None = None

    def holds(self, day: Any) -> list[ColumnElement[bool]]:
        """The conditions on a day."""
        after = [day >= self.first] if self.first is not None else []
        return after + ([day <= self.last] if self.last is not None else [])


EVER = Within()


def events(
    known: Known, *conditions: ColumnElement[bool], within: Within = EVER, kept: Iterable[str] = KEPT
) -> CTE:
    """Events, each with the moment and local day on which it is held to have happened.

    A correction recorded in time replaces the moment of the event it corrects; the last one counts. The conditions
    are on `Event`. Those that were never corrected are found by their own day, so that an index can serve.
    """
    columns = [getattr(Event, name) for name in kept]
    corrections = newest_corrections(known)
    corrected = and_(corrections.c.case_id == Event.case_id, corrections.c.corrects == Event.sequence)
    recorded = [*conditions, *recorded_by(known, Event.recorded_at), *known.of(Event.case_id)]
    as_written = (
        select(*columns, Event.occurred_at.label("occurred_at"), Event.occurred_on.label("occurred_on"))
        .where(*recorded, *within.holds(Event.occurred_on))
        .where(_not_among(known, corrections, corrected))
    )
    as_corrected = (
        select(
            *columns,
            corrections.c.corrected_to.label("occurred_at"),
            corrections.c.corrected_on.label("occurred_on"),
        )
        .join(corrections, corrected)
        .where(*recorded, *within.holds(corrections.c.corrected_on))
    )
    return _read_once(known, union_all(as_written, as_corrected))


def _not_among(known: Known, corrections: CTE, corrected: ColumnElement[bool]) -> ColumnElement[bool]:
    """Of a few cases by a set of them: expecting one, PostgreSQL would hold each event against every correction."""
    if known.cases is None:
        return ~exists(select(literal_column("1")).select_from(corrections).where(corrected))
    return tuple_(Event.case_id, Event.sequence).not_in(select(corrections.c.case_id, corrections.c.corrects))


def of_kinds(*kinds: str) -> ColumnElement[bool]:
    return Event.kind.in_(sorted(kinds))


MOVED = (Event.from_state.is_(None)) | (Event.from_state != Event.to_state)
"""Events that brought the case to another state."""


def recorded_by(known: Known, recorded_at: Any) -> list[ColumnElement[bool]]:
    return [recorded_at < known.before] if known.before is not None else []


def newest_corrections(known: Known) -> CTE:
    """For every event that was corrected, the last correction: `corrected_to` and `corrected_on`."""
    ordered = (
        select(
            Event.case_id,
            Event.corrects,
            Event.corrected_to,
            Event.corrected_on,
            func.row_number()
            .over(partition_by=(Event.case_id, Event.corrects), order_by=Event.sequence.desc())
            .label("newest"),
        )
        .where(Event.corrects.is_not(None), Event.corrected_to.is_not(None))
        .where(*recorded_by(known, Event.recorded_at), *known.of(Event.case_id))
        .cte()
    )
    return select(ordered).where(ordered.c.newest == 1).cte()


def clock_runs(known: Known, *kinds: str, due_after: datetime | None = None) -> CTE:
    """Runs of clocks as they were known: when due, and how they ended if that had been recorded.

    `gross_due_at` leaves pauses out. `status` is that of the end, NULL while it was known as running; `paused` is 1
    where it stood still.
    `due_after` leaves out runs due before, where that needs no look at what was known.
    """
    if known.before is None:
        runs = _runs_of_now(kinds).where(*known.of(ClockRow.case_id))
        return _read_once(known, runs.where(ClockRow.due_at > due_after) if due_after else runs)
    return _read_once(known, _runs_known_before(known.before, kinds).where(*known.of(ClockRow.case_id)))


def _read_once(known: Known, rows: Select[Any] | CompoundSelect[Any]) -> CTE:
    """Rows of a few cases as a table of its own: expecting one, PostgreSQL would read them again for each other row."""
    return rows.cte() if known.cases is None else rows.cte().prefix_with("MATERIALIZED")


_RUN = (
    ClockRow.id,
    ClockRow.case_id,
    ClockRow.name,
    ClockRow.kind,
    ClockRow.started_by,
    ClockRow.stopped_by,
    ClockRow.team_id,
    ClockRow.lead_professional_id,
)


def _runs_of_now(kinds: tuple[str, ...]) -> Select[Any]:
    return select(
        *_RUN,
        ClockRow.due_at.label("due_at"),
        _gross(ClockRow.due_at).label("gross_due_at"),
        ClockRow.stopped_at.label("stopped_at"),
        when((ClockRow.stopped_at.is_not(None), ClockRow.status)).label("status"),
        when((ClockRow.status == "paused", 1), else_=0).label("paused"),
    ).where(ClockRow.kind.in_(sorted(kinds)))


def _runs_known_before(moment: datetime, kinds: tuple[str, ...]) -> Select[Any]:
    """What a run said before its first later revision, or says now if there was none."""
    later = _first_later_revisions(moment)
    revised = later.c.clock_id.is_not(None)

    def then(name: str) -> Any:
        was = moment_in(later.c.was, literal_column(f"'{name}'"))
        return when((revised, was), else_=getattr(ClockRow, name))

    recorded_at, due_at = then("stop_recorded_at"), then("due_at")
    status = when((revised, later.c.was["status"].as_string()), else_=ClockRow.status)
    ended = and_(recorded_at.is_not(None), recorded_at < moment)
    return (
        select(
            *_RUN,
            due_at.label("due_at"),
            _gross(due_at).label("gross_due_at"),
            when((ended, then("stopped_at"))).label("stopped_at"),
            when((ended, status)).label("status"),
            when((status == "paused", 1), else_=0).label("paused"),
        )
        .outerjoin(later, and_(later.c.clock_id == ClockRow.id, later.c.place == 1))
        .where(ClockRow.kind.in_(sorted(kinds)), ClockRow.start_recorded_at < moment)
    )


def _first_later_revisions(moment: datetime) -> CTE:
    place = func.row_number().over(partition_by=ClockRevision.clock_id, order_by=ClockRevision.id)
    return (
        select(ClockRevision.clock_id, ClockRevision.was, place.label("place"))
        .where(ClockRevision.replaced_at >= moment)
        .cte()
    )


def _gross(due_at: Any) -> Any:
    """The due moment without pauses: the one it has, unless it was ever paused."""
    return when((ClockRow.pauses == [], due_at), else_=ClockRow.gross_due_at)


def day(name: str) -> Any:
    """The table of local days, under a name of its own in the query."""
    return CalendarDay.__table__.alias(name)
