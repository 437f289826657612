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
