"""Where early help of a case began and ended, out of its history."""

from typing import Any

from sqlalchemy import CTE, and_, case as when, func, or_, select

from earlyhelp.insight.measures.known import MOVED, events
from earlyhelp.insight.measures.scene import Scene
from earlyhelp.records.cases import Event

STARTS = ("acceptance", "step_down")
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
    "fields",
)


def early_help_marks(scene: Scene, *more: str) -> CTE:
    """Events that begin early help, close a case, or step up to social care, and those of `more` kinds.

    `started` is the sequence of the latest beginning before this event, `in_help` whether early help was under way
    when it happened, `ended` the sequence of the first closing from here on.
    """
    closes = and_(scene.kinds.state_is(Event.to_state, Event.pathway_id, "closed"), MOVED)
    wanted = or_(Event.kind.in_((*STARTS, "step_up_accepted", *more)), closes)
    found = events(scene.known, wanted, kept=KEPT)
    is_close = and_(
        scene.kinds.state_is(found.c.to_state, found.c.pathway_id, "closed"),
        or_(found.c.from_state.is_(None), found.c.from_state != found.c.to_state),
    )
    is_start = found.c.kind.in_(STARTS)
    of_case: Any = {"partition_by": found.c.case_id, "order_by": found.c.sequence}
    before = {**of_case, "rows": (None, -1)}
    after = {**of_case, "rows": (1, None)}
    started = func.max(when((is_start, found.c.sequence))).over(**before)
    closed = func.max(when((is_close, found.c.sequence))).over(**before)
    marked = select(
        found,
        when((is_start, 1), else_=0).label("is_start"),
        when((is_close, 1), else_=0).label("is_close"),
        started.label("started"),
        closed.label("closed_before"),
        func.min(when((is_close, found.c.sequence))).over(**after).label("ended"),
        func.min(when((found.c.kind == "step_up_accepted", found.c.sequence)))
        .over(**after)
        .label("stepped_up"),
    ).cte()
    in_help = and_(
        marked.c.started.is_not(None),
        or_(marked.c.closed_before.is_(None), marked.c.started > marked.c.closed_before),
    )
    return select(marked, in_help.label("in_help")).cte()


def with_days(marks: CTE) -> CTE:
    """The marks with the days of what they name by sequence: `started_on`, `ended_on`, `stepped_up_on`.

    By windows: to join the marks with themselves would compare each with each. A stretch of rows with as many
    beginnings before them starts with the latest; one with as many closings to come ends with the first of those.
    `started_on` holds for rows that are no beginning, the others for those that are neither closing nor step up.
    """
    is_step_up = marks.c.kind == "step_up_accepted"
    ahead: Any = {"partition_by": marks.c.case_id, "order_by": marks.c.sequence, "rows": (0, None)}
    so_far: Any = {"partition_by": marks.c.case_id, "order_by": marks.c.sequence, "rows": (None, 0)}
    counted = select(
        marks,
        func.sum(marks.c.is_start).over(**so_far).label("begun"),
        func.sum(marks.c.is_close).over(**ahead).label("to_close"),
        func.sum(when((is_step_up, 1), else_=0)).over(**ahead).label("to_step_up"),
    ).cte()
    row = counted.c

    def at_edge(stretch: Any, condition: Any, order: Any) -> Any:
        day = when((condition, row.occurred_on))
        return func.first_value(day).over(partition_by=(row.case_id, stretch), order_by=order)

    return select(
        counted,
        at_edge(row.begun, row.is_start == 1, row.sequence).label("started_on"),
        at_edge(row.to_close, row.is_close == 1, row.sequence.desc()).label("ended_on"),
        at_edge(row.to_step_up, row.kind == "step_up_accepted", row.sequence.desc()).label("stepped_up_on"),
    ).cte()
