"""What stands behind a figure: exactly the events it counts, and those of them that the reader may open."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Select, and_, func, or_, select

from earlyhelp.insight.measures.figures import counted_rows
from earlyhelp.insight.measures.measure import Measure
from earlyhelp.insight.measures.narrowing import EVERYWHERE, Narrowed
from earlyhelp.insight.measures.scene import Scene
from earlyhelp.permissions import Person, visible_cases
from earlyhelp.records.cases import Case
from earlyhelp.records.organisation import Team, User

Part = Literal["numerator", "denominator"]
PAGE = 50


@dataclass(frozen=True)
class Behind:
    """A page of what was counted. `total` is all of it, `visible` what this person may open."""

    rows: Sequence[Any]
    total: int
    visible: int
    following: str | None


def rows_counted(
    measure: Measure, scene: Scene, narrowed: Narrowed = EVERYWHERE, part: Part = "denominator"
) -> Select[Any]:
    """The events counted for the scene's first span. The numerator of a share is those with a value of 1."""
    rows = counted_rows(measure, scene, narrowed).cte()
    statement = select(rows).where(rows.c.span == 0)
    return (
        statement.where(rows.c.value == 1) if part == "numerator" and measure.kind == "share" else statement
    )


def behind(
    connection: Connection,
    measure: Measure,
    scene: Scene,
    narrowed: Narrowed = EVERYWHERE,
    *,
    person: Person,
    part: Part = "denominator",
    after: str | None = None,
    limit: int = PAGE,
) -> Behind:
    """A page of them, by case and event. `after` is the `following` of the page before; ValueError if it is not."""
    rows = rows_counted(measure, scene, narrowed, part).cte()
    seen = select(rows, Case.reference, Team.name.label("team"), User.name.label("worker"))
    seen = (
        seen.select_from(rows)
        .join(Case, Case.id == rows.c.case_id)
        .outerjoin(Team, Team.id == rows.c.team_id)
        .outerjoin(User, User.id == rows.c.lead_professional_id)
        .where(visible_cases(person))
    )
    total = connection.execute(select(func.count()).select_from(rows)).scalar_one()
    visible = connection.execute(select(func.count()).select_from(seen.cte())).scalar_one()
    order = [rows.c.case_id, rows.c.sequence, *_further(rows)]
    if after is not None:
        seen = seen.where(_beyond(order, after))
    found = connection.execute(seen.order_by(*order).limit(limit + 1)).all()
    following = _place(found[limit - 1], order) if len(found) > limit else None
    return Behind(found[:limit], total, visible, following)


def _further(rows: Any) -> list[Any]:
    """What tells rows of one event apart: a domain, one of several clocks, something said."""
    return [rows.c[name] for name in ("domain", "run_id", "feedback_id") if name in rows.c]


def _beyond(order: Sequence[Any], after: str) -> Any:
    parts = after.split("~")
    if len(parts) != len(order) or not all(
        part.isascii() and part.isdigit() and len(part) < 10 for part in parts[:2]
    ):
        raise ValueError("no place of this list")
    values: list[Any] = [int(part) for part in parts[:2]]
    for column, part in zip(order[2:], parts[2:], strict=True):
        values.append(part if column.name == "domain" else int(part))
    conditions = [
        and_(
            *(column == value for column, value in zip(order[:n], values[:n], strict=True)),
            order[n] > values[n],
        )
        for n in range(len(order))
    ]
    return or_(*conditions)


def _place(row: Any, order: Sequence[Any]) -> str:
    return "~".join(str(row._mapping[column.name]) for column in order)
