"""What changes as time passes, though nothing happens: a limit falls due, an outcome has held for six months.

What else measures count of a case they count until something happens to it. How long something has waited grows for
every case alike: it is taken off when it is read (`kept.Kept.waited`).
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, func, literal_column, select, text, union

from earlyhelp.insight.measures.early_help import ACHIEVED, SUSTAINED_MONTHS
from earlyhelp.insight.measures.known import MOVED, Within, day, events, of_kinds
from earlyhelp.insight.measures.measure import Measure
from earlyhelp.insight.measures.portable import months_later
from earlyhelp.insight.measures.scene import Scene, day_judged
from earlyhelp.insight.measures.time_limits import LIMITS, assessments_from_contact, due_limits
from earlyhelp.pathway.calendar import england
from earlyhelp.records.among import among_few
from earlyhelp.records.cases import Event
from earlyhelp.records.clocks import EVER_PAUSED, ClockRow

SHORTER = timedelta(days=3)
"""By how much one month can be shorter than another: as many days end together with its last."""


def ripens(measure: Measure) -> bool:
    """Whether what it counts in a month under way changes as days pass, without an event."""
    return measure.rows in (due_limits, assessments_from_contact) or measure.day == "held_until"


def ripened(
    connection: Connection, scene: Scene, *, since: datetime, at_most: int | None = None
) -> tuple[int, ...] | None:
    """Cases that may count otherwise in the scene than they did at that moment, in order of id.

    Rather too many than too few: these are counted anew. None for more than `at_most`. The moment may be a later one:
    of two machines the clock of one is ahead.
    """
    cases = union(*_ripe(connection, scene, since)).subquery()
    limit = None if at_most is None else at_most + 1
    found = tuple(sorted(connection.scalars(select(cases.c.case_id).limit(limit))))
    return None if at_most is not None and len(found) > at_most else found


def _ripe(connection: Connection, scene: Scene, since: datetime) -> Iterator[Select[Any]]:
    then, now = sorted((since, scene.at))
    due, gross = ((at > then, at <= now) for at in (ClockRow.due_at, ClockRow.gross_due_at))
    yield select(ClockRow.case_id).where(*due, ClockRow.kind.in_(LIMITS))
    yield select(ClockRow.case_id).where(*gross, text(EVER_PAUSED))
    before, today = day_judged(then), day_judged(now)
    if before < today:
        yield _held(scene, before, today)
        if received := _received(connection, scene, before, today):
            yield _assessed(scene, received)


def _received(connection: Connection, scene: Scene, before: date, today: date) -> Within | None:
    """When those contacts were received from which assessments fell due after a day; None where none did."""
    received, started, due = day("received_day"), day("started_day"), day("due_day")
    limit = scene.numbers.assessment_days_from_contact
    days = (
        select(func.min(received.c.on), func.max(received.c.on))
        .join(started, started.c.on == received.c.counts_as)
        .join(due, due.c.working_number - limit == started.c.working_number)
        .where(due.c.on > before, due.c.on <= today, due.c.counts_as == due.c.on)
    )
    first, last = connection.execute(days).one()
    return Within(first, last) if first is not None else None


def _assessed(scene: Scene, received: Within) -> Select[Any]:
    """Cases with an assessment, of contacts received between these days."""
    opening = events(scene.known, of_kinds("contact"), within=received, kept=("case_id",))
    of_contacts = among_few(ClockRow.case_id, select(opening.c.case_id))
    return select(ClockRow.case_id).where(ClockRow.kind == "assessment", of_contacts)


def _held(scene: Scene, before: date, today: date) -> Select[Any]:
    """Cases that ended with outcomes achieved, six months before a day after that one."""
    first, last = (england().months_after(on, -SUSTAINED_MONTHS) for on in (before, today))
    within = Within(first, last + SHORTER)
    closes = scene.kinds.state_is(Event.to_state, Event.pathway_id, "closed")
    kinds = of_kinds(*scene.kinds.of_actions_to("closed"))
    ended = events(scene.known, kinds, closes, MOVED, within=within)
    held_until = months_later(ended.c.occurred_on, literal_column(str(SUSTAINED_MONTHS)))
    return select(ended.c.case_id).where(
        scene.kinds.outcome(ended.c) == ACHIEVED, held_until > before, held_until <= today
    )
