"""What stands behind a figure: exactly the events it counts, and those of them that the reader may open."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, Select, and_, func, or_, select, true

from earlyhelp.insight.measures.figures import counted_rows
from earlyhelp.insight.measures.kept_behind import kept_page
from earlyhelp.insight.measures.known import Known
from earlyhelp.insight.measures.measure import Measure
from earlyhelp.insight.measures.narrowing import EVERYWHERE, Narrowed
from earlyhelp.insight.measures.parts import Within, in_part
from earlyhelp.insight.measures.scene import Scene
from earlyhelp.insight.measures.sought import sought_of
from earlyhelp.insight.measures.touched import with_relatives
from earlyhelp.permissions import Person, visible_cases, visible_feedback
from earlyhelp.records.cases import Case
from earlyhelp.records.feedback import Feedback
from earlyhelp.records.organisation import Team, User

Part = Literal["numerator", "denominator"]
PAGE = 50
SMALL = 5
"""Numbers below this are not told beside what a person may not open: a restricted case could be worked out."""


class Behind(NamedTuple):
    """A page of what was counted. `total` is all of it, `visible` what this person may open."""

    rows: Sequence[Any]
    total: int
    visible: int
    following: str | None

    @property
    def hides_few(self) -> bool:
        """Whether so few were counted, some of them not open to this person, that the number would tell of one."""
        return self.visible < self.total < SMALL


def rows_counted(
    measure: Measure,
    scene: Scene,
    narrowed: Narrowed = EVERYWHERE,
    part: Part = "denominator",
    within: Within | None = None,
    only: Sequence[int] | None = None,
) -> Select[Any]:
    """The events counted for the scene's first span. The numerator of a share is those with a value of 1."""
    rows = counted_rows(measure, scene, narrowed, only=only).cte()
    statement = select(rows).where(rows.c.span == 0)
    if within is not None:
        statement = statement.where(in_part(rows, within.by, within.key))
    return statement.where(rows.c.value == 1) if _only_ones(measure, part) else statement


def behind(
    connection: Connection,
    measure: Measure,
    scene: Scene,
    narrowed: Narrowed = EVERYWHERE,
    *,
    person: Person,
    part: Part = "denominator",
    within: Within | None = None,
    after: str | None = None,
    limit: int = PAGE,
) -> Behind:
    """A page of them, by case and event. `after` is the `following` of the page before; ValueError if it is not."""
    first = _number(after.partition("~")[0]) if after else 0
    sought = sought_of(connection, measure, narrowed, within, ones=_only_ones(measure, part))
    kept = sought and kept_page(connection, sought, measure, scene, person, first=first, rows=limit + 1)
    if kept is None:
        rows = rows_counted(measure, scene, narrowed, part, within)
        return _found_in_history(connection, rows, person, after, limit)
    near = replace(scene, known=Known(cases=with_relatives(connection, kept.cases)))
    rows = rows_counted(measure, near, narrowed, part, within, only=kept.cases)
    seen = _seen(_read_once(rows), person).cte()
    page, order = _page(seen, after, limit)
    return _behind(connection.execute(page).all(), order, limit, total=kept.total, visible=kept.visible)


def _found_in_history(
    connection: Connection, rows: Select[Any], person: Person, after: str | None, limit: int
) -> Behind:
    counted = _read_once(rows)
    seen = _read_once(_seen(counted, person))
    numbers = select(_count(counted).label("total"), _count(seen).label("visible")).cte()
    statement, order = _page(seen, after, limit)
    page = statement.add_columns(true().label("is_one")).subquery()
    along = [func.coalesce(page.c.case_id, 0), page.c.sequence, *_further(page)]
    found = connection.execute(select(numbers, page).outerjoin(page, true()).order_by(*along)).all()
    ones = [row for row in found if row.is_one]
    return _behind(ones, order, limit, total=found[0].total, visible=found[0].visible)


def _page(seen: Any, after: str | None, limit: int) -> tuple[Select[Any], Sequence[Any]]:
    """The rows of a page and one more, and what they are in order of."""
    order = [func.coalesce(seen.c.case_id, 0).label("case_id"), seen.c.sequence, *_further(seen)]
    beyond = [] if after is None else [_beyond(order, after)]
    return select(seen).where(*beyond).order_by(*order).limit(limit + 1), order


def _behind(rows: Sequence[Any], order: Sequence[Any], limit: int, *, total: int, visible: int) -> Behind:
    following = _place(rows[limit - 1], order) if len(rows) > limit else None
    return Behind(rows[:limit], total, visible, following)


def _only_ones(measure: Measure, part: Part) -> bool:
    """Whether this part of the figure are its rows with a value of 1 alone."""
    return part == "numerator" and measure.kind == "share"


def _read_once(rows: Select[Any]) -> Any:
    """Rows of a large council take seconds to find: they are found once for the numbers and the page."""
    return rows.cte().prefix_with("MATERIALIZED")


def _count(rows: Any) -> Any:
    return select(func.count()).select_from(rows).scalar_subquery()


def _seen(rows: Any, person: Person) -> Select[Any]:
    named = select(rows, Case.reference, Team.name.label("team"), User.name.label("worker"))
    named = (
        named.select_from(rows)
        .outerjoin(Case, Case.id == rows.c.case_id)
        .outerjoin(Team, Team.id == rows.c.team_id)
        .outerjoin(User, User.id == rows.c.lead_professional_id)
    )
    return _as_far_as_seen(named, rows, person)


def _as_far_as_seen(seen: Select[Any], rows: Any, person: Person) -> Select[Any]:
    """What was said of no case is seen by those who may see such feedback; all else by those who see the case."""
    if "feedback_id" not in rows.c:
        return seen.where(Case.id.is_not(None), visible_cases(person))
    return seen.join(Feedback, Feedback.id == rows.c.feedback_id).where(visible_feedback(person))


def _further(rows: Any) -> list[Any]:
    """What tells rows of one event apart: a domain, one of several clocks, something said."""
    return [rows.c[name] for name in ("domain", "run_id", "feedback_id") if name in rows.c]


def _beyond(order: Sequence[Any], after: str) -> Any:
    parts = after.split("~")
    if len(parts) != len(order):
        raise ValueError("no place of this list")
    values = [
        _word(part) if column.name == "domain" else _number(part)
        for column, part in zip(order, parts, strict=True)
    ]
    conditions = [
        and_(
            *(column == value for column, value in zip(order[:n], values[:n], strict=True)),
            order[n] > values[n],
        )
        for n in range(len(order))
    ]
    return or_(*conditions)


def _number(part: str) -> int:
    if not (part.isascii() and part.isdigit() and len(part) < 10):
        raise ValueError("no place of this list")
    return int(part)


def _word(part: str) -> str:
    if not part.isprintable():
        raise ValueError("no place of this list")
    return part


def _place(row: Any, order: Sequence[Any]) -> str:
    return "~".join(str(row._mapping[column.name] or 0) for column in order)
