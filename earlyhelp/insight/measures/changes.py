"""What has changed in a figure since it was known as it was: which cases, and who recorded what about them."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from earlyhelp.insight.measures.behind import rows_counted
from earlyhelp.insight.measures.measure import Measure
from earlyhelp.insight.measures.narrowing import EVERYWHERE, Narrowed
from earlyhelp.insight.measures.scene import Scene
from earlyhelp.permissions import Person, visible_cases
from earlyhelp.records.cases import Case, Event
from earlyhelp.records.organisation import User

MOST = 200
AT_ONCE = 900


class Changed(NamedTuple):
    """One case whose part in the figure is another now. `was` and `now` are what it counted; None for not at all."""

    case_id: int
    reference: str | None
    was: float | None
    now: float | None
    recorded: Sequence[Any]
    """The events recorded since: action, occurred and recorded moment, and by whom."""


class Changes(NamedTuple):
    """`cases` are those the reader may open, `others` how many more there are."""

    cases: Sequence[Changed]
    others: int


def changes_since(
    connection: Connection,
    measure: Measure,
    then: Scene,
    now: Scene,
    narrowed: Narrowed = EVERYWHERE,
    *,
    person: Person,
) -> Changes:
    """Cases of which the figure counted something else then than now, with what was recorded since."""
    was = _by_case(connection, measure, then, narrowed)
    is_now = _by_case(connection, measure, now, narrowed)
    differing = sorted(case for case in was.keys() | is_now.keys() if was.get(case) != is_now.get(case))
    seen = _visible(connection, differing, person)
    shown = [case for case in differing if case in seen][:MOST]
    recorded = _recorded_since(connection, shown, then)
    return Changes(
        [
            Changed(case, seen[case], _sum(was.get(case)), _sum(is_now.get(case)), recorded.get(case, ()))
            for case in shown
        ],
        len(differing) - len(shown),
    )


def _by_case(
    connection: Connection, measure: Measure, scene: Scene, narrowed: Narrowed
) -> dict[int, list[tuple[Any, ...]]]:
    rows = rows_counted(measure, scene, narrowed).cte()
    found: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    statement = select(rows.c.case_id, rows.c.sequence, rows.c.value).where(rows.c.case_id.is_not(None))
    for case, sequence, value in connection.execute(
        statement.order_by(rows.c.case_id, rows.c.sequence, rows.c.value)
    ):
        found[case].append((sequence, value))
    return found


def _visible(connection: Connection, cases: Sequence[int], person: Person) -> dict[int, str]:
    found: dict[int, str] = {}
    for first in range(0, len(cases), AT_ONCE):
        some = cases[first : first + AT_ONCE]
        statement = select(Case.id, Case.reference).where(Case.id.in_(some), visible_cases(person))
        found |= {row.id: row.reference for row in connection.execute(statement)}
    return found


def _recorded_since(connection: Connection, cases: Sequence[int], then: Scene) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    if then.known.before is None or not cases:
        return found
    statement = (
        select(
            Event.case_id,
            Event.sequence,
            Event.action,
            Event.occurred_at,
            Event.recorded_at,
            Event.actor,
            User.name,
        )
        .outerjoin(User, User.email == Event.actor)
        .where(Event.case_id.in_(cases), Event.recorded_at >= then.known.before)
        .order_by(Event.case_id, Event.sequence)
    )
    for row in connection.execute(statement):
        found[row.case_id].append(row)
    return found


def _sum(rows: Sequence[tuple[Any, ...]] | None) -> float | None:
    """What a case counted; for a count, how often."""
    return sum(value for _, value in rows) if rows else None
