"""The few restricted cases that one person may see, beside what was counted once of all others for everybody."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, Select, exists, func, or_, select

from earlyhelp.insight.board_owners import Owners
from earlyhelp.insight.case_lists import council_days
from earlyhelp.insight.dashboard import Board, decided_today, front_door, received_today, soon_after
from earlyhelp.pathway.calendar import england
from earlyhelp.permissions import Person, sees_all_but_restricted, visible_cases
from earlyhelp.records.among import among
from earlyhelp.records.cases import Case
from earlyhelp.records.clocks import ClockRow
from earlyhelp.records.reference import PublishedPathway

Few = Sequence[Row[int, bool, str, datetime, str, str]]
_RUNNING = ClockRow.status == "running"


def restricted_that_count(now: datetime) -> Select[int]:
    """Ids of restricted cases that are open, or were today and may have been decided, or that a time limit outlives."""
    today = england().start_of(england().date_of(now))
    runs = exists().where(ClockRow.case_id == Case.id, _RUNNING)
    counts = or_(Case.is_open, Case.closed_at >= today, runs)
    return select(Case.id).where(Case.restricted, counts).order_by(Case.id)


def few_seen(connection: Connection, *, person: Person, cases: Collection[int]) -> Few:
    """Those of these cases that somebody who sees all others may see, as they stand now. One query at most."""
    if not cases or sees_all_but_restricted(person):
        return ()
    read = (Case.id, Case.is_open, Case.state_kind, Case.state_entered_at, Case.state, PublishedPathway.name)
    of_a_pathway = select(*read).join(PublishedPathway, PublishedPathway.id == Case.pathway_id)
    return connection.execute(of_a_pathway.where(among(Case.id, cases), visible_cases(person))).all()


def few_states(few: Few, *, pathway: str) -> Counter[str]:
    """Those that are open, by their state on a pathway."""
    return Counter(case.state for case in few if case.is_open and case.name == pathway)


def few_board(connection: Connection, few: Few, *, now: datetime) -> Board:
    """The numbers of the dashboard for them alone, without its tables. Two queries."""
    open_ones = [case for case in few if case.is_open]
    waiting = dict(Counter(case.state_kind for case in open_ones))
    oldest = {
        kind: min(case.state_entered_at for case in open_ones if case.state_kind == kind) for kind in waiting
    }
    soon = soon_after(now, council_days(connection))
    ids = sorted(case.id for case in few)
    theirs, limits = Case.id.in_(ids), (ClockRow.case_id.in_(ids), _RUNNING)
    received, decided, breached, due_soon = connection.execute(
        select(
            _number(theirs, received_today(now)),
            _number(theirs, decided_today(now)),
            _number(*limits, ClockRow.due_at <= now),
            _number(*limits, ClockRow.due_at > now, ClockRow.due_at <= soon),
        )
    ).one()
    return Board(
        open_cases=len(open_ones),
        waiting=waiting,
        oldest=oldest,
        owners=Owners(breached=breached, due_soon=due_soon),
        teams=(),
        teams_in_all=0,
        front_door=front_door(waiting, oldest, received, decided),
    )


def _number(*where: ColumnElement[bool]) -> ColumnElement[int]:
    return select(func.count()).where(*where).scalar_subquery()
