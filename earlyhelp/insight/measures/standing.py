"""What measures of a moment count: every open case where it stood at the end of each span."""

from typing import Any

from sqlalchemy import Select, and_, case as when, func, or_, select

from earlyhelp.insight.measures.known import EVERYTHING, MOVED, day, events
from earlyhelp.insight.measures.scene import Scene
from earlyhelp.pathway.calendar import england
from earlyhelp.pathway.vocabulary import STATE_KINDS
from earlyhelp.records.cases import Case, Event

OPEN_KINDS = tuple(kind for kind in STATE_KINDS if kind != "closed")
KEPT = (
    "case_id",
    "sequence",
    "kind",
    "from_state",
    "to_state",
    "pathway_id",
    "team_id",
    "lead_professional_id",
)


def standing(scene: Scene) -> Select[Any]:
    """Open cases at the end of each span's last day: kind of state, and working days since they came there.

    A case's place holds from the event that moved it, or gave it to another worker, until the next such event.
    """
    moves = events(scene.known, or_(MOVED, Event.kind == "reallocation"), *_not_long_closed(scene), kept=KEPT)
    moved = or_(moves.c.from_state.is_(None), moves.c.from_state != moves.c.to_state)
    of_case: Any = {"partition_by": moves.c.case_id, "order_by": moves.c.sequence}
    places = select(
        moves,
        func.max(when((moved, moves.c.occurred_on))).over(**of_case, rows=(None, 0)).label("entered_on"),
        func.lead(moves.c.occurred_on).over(**of_case).label("next_on"),
        scene.kinds.state_kind(moves.c.to_state, moves.c.pathway_id, OPEN_KINDS).label("state_kind"),
    ).cte()
    spans, entered, counted, until = (
        scene.span_rows(),
        day("entered_day"),
        day("counted_day"),
        day("until_day"),
    )
    waited = until.c.working_number - counted.c.working_number
    here = and_(
        places.c.occurred_on <= spans.c.until,
        or_(places.c.next_on.is_(None), places.c.next_on > spans.c.until),
        spans.c.first <= spans.c.until,
    )
    return (
        select(
            places.c.case_id,
            places.c.sequence,
            places.c.team_id,
            places.c.lead_professional_id,
            places.c.state_kind,
            places.c.entered_on.label("day"),
            spans.c.number.label("span"),
            when((waited < 0, 0), else_=waited).label("waited"),
        )
        .select_from(places)
        .join(spans, here)
        .join(entered, entered.c.on == places.c.entered_on)
        .join(counted, counted.c.on == entered.c.counts_as)
        .join(until, until.c.on == spans.c.until)
        .where(places.c.state_kind.is_not(None))
    )


def _not_long_closed(scene: Scene) -> list[Any]:
    """Leaves out what closed before the first span ends; where only part is known, nothing can be left out."""
    if scene.known != EVERYTHING:
        return []
    earliest = england().start_of(min(span.first for span in scene.spans))
    still = select(Case.id).where(or_(Case.closed_at.is_(None), Case.closed_at >= earliest))
    return [Event.case_id.in_(still)]
