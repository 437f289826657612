"""What the front door's measures count: contacts, the first decision of each, what social care took on."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Select, and_, case as when, exists, literal_column, or_, select
from sqlalchemy.orm import aliased

from earlyhelp.insight.measures.children import had_before, with_again
from earlyhelp.insight.measures.known import (
    EVER,
    MOVED,
    Within,
    clock_runs,
    day,
    events,
    newest_corrections,
    of_kinds,
    recorded_by,
)
from earlyhelp.insight.measures.portable import local_day, seconds_later
from earlyhelp.insight.measures.scene import Scene
from earlyhelp.pathway.calendar import DAY
from earlyhelp.pathway.vocabulary import SCREENING_DECISIONS
from earlyhelp.records.cases import Event

YEAR = 12
EXPECTED = ("health", "police", "education")
"""Codes of the agencies that are to take part in every strategy discussion (Worcestershire 2017)."""
SLIM = ("case_id", "sequence", "kind", "to_state", "pathway_id", "team_id", "lead_professional_id")


def contacts(scene: Scene) -> Select[Any]:
    """Contacts received, each with whether a child of it had another in the 12 months before."""
    received = events(scene.known, of_kinds("contact"), within=scene.within, kept=SLIM)
    return with_again(
        received,
        had_before(scene, received, events(scene.known, of_kinds("contact"), kept=SLIM), months=YEAR),
    )


def decisions(scene: Scene) -> Select[Any]:
    """First screening decisions, by the day on which each was taken."""
    return _decisions(scene, scene.within)


def decisions_by_receipt(scene: Scene) -> Select[Any]:
    """The same by the day on which the contact was received: it may be decided at any time after."""
    return _decisions(scene, EVER)


def _decisions(scene: Scene, within: Within) -> Select[Any]:
    """The first screening decision of each contact, the days it took, and when its screening clock was due unpaused.

    `received_on` is the day of receipt, and `same_day` whether it was decided by the end of the working day that
    the receipt belongs to: where the screening clock has a cut-off, what comes at or after it is the next day's.
    """
    decided = events(
        scene.known, of_kinds(*SCREENING_DECISIONS), MOVED, _is_first(scene), within=within, kept=SLIM
    )
    opening, corrections = aliased(Event), newest_corrections(scene.known)
    clock = clock_runs(scene.known, "screening")
    corrected = corrections.c.corrected_on.is_not(None)
    received_on = when((corrected, corrections.c.corrected_on), else_=opening.occurred_on)
    received_at = when((corrected, corrections.c.corrected_to), else_=opening.occurred_at)
    received, closed = day("received_day"), day("closed_day")
    counts_as = _day_that_counts(scene, opening.pathway_id, received_at, else_=received.c.counts_as)
    return (
        select(
            decided,
            decided.c.occurred_on.label("day"),
            received_on.label("received_on"),
            (closed.c.number - received.c.number).label("days"),
            when((decided.c.occurred_on <= counts_as, 1), else_=0).label("same_day"),
            clock.c.gross_due_at.label("due_at"),
            when((decided.c.occurred_at < clock.c.gross_due_at, 1), else_=0).label("in_time"),
        )
        .join(opening, and_(opening.case_id == decided.c.case_id, opening.sequence == 1))
        .outerjoin(corrections, and_(corrections.c.case_id == opening.case_id, corrections.c.corrects == 1))
        .outerjoin(clock, and_(clock.c.case_id == decided.c.case_id, clock.c.started_by == 1))
        .join(received, received.c.on == received_on)
        .join(closed, closed.c.on == decided.c.occurred_on)
        .where(opening.kind == "contact")
    )


def _day_that_counts(scene: Scene, pathway_id: Any, received_at: Any, *, else_: Any) -> Any:
    """The working day that a receipt belongs to, by the cut-off of its file: put off to midnight, the day says it.

    The clocks change on a Sunday, which is no working day before midnight or after.
    """
    whens = []
    for cut_off, ids in scene.kinds.cut_offs("screening"):
        left = DAY - timedelta(hours=cut_off.hour, minutes=cut_off.minute, seconds=cut_off.second)
        put_off = seconds_later(received_at, literal_column(str(left // timedelta(seconds=1))))
        counted = day("counted_day")
        counts_as = select(counted.c.counts_as).where(counted.c.on == local_day(put_off)).scalar_subquery()
        whens.append((pathway_id.in_(ids), counts_as))
    return when(*whens, else_=else_) if whens else else_


def _is_first(scene: Scene) -> Any:
    """No decision of the same case came before it."""
    earlier = aliased(Event)
    return ~exists(
        select(literal_column("1")).where(
            earlier.case_id == Event.case_id,
            earlier.sequence < Event.sequence,
            earlier.kind.in_(sorted(SCREENING_DECISIONS)),
            earlier.from_state != earlier.to_state,
            *recorded_by(scene.known, earlier.recorded_at),
        )
    )


def strategy_discussions(scene: Scene) -> Select[Any]:
    """Strategy discussions by day, and whether every agency that is expected at each took part."""
    found = events(scene.known, of_kinds("strategy_discussion"), within=scene.within, kept=(*SLIM, "fields"))
    took_part = found.c.fields["took_part"].as_string()
    everybody = and_(*(took_part.contains(f'"{agency}"') for agency in EXPECTED))
    return select(
        *(found.c[name] for name in SLIM),
        found.c.occurred_on.label("day"),
        when((everybody, 1), else_=0).label("everybody"),
    )


def referrals(scene: Scene) -> Select[Any]:
    """What social care took on, from the front door or from early help, and whether it had the child before."""
    taken_on = _taken_on(scene)
    found = events(scene.known, taken_on, within=scene.within, kept=SLIM)
    return with_again(found, had_before(scene, found, events(scene.known, taken_on, kept=SLIM), months=YEAR))


def _taken_on(scene: Scene) -> Any:
    """Accepted by social care; or referred where the pathway asks nobody to accept."""
    at_once = and_(Event.kind == "referral", scene.kinds.state_is(Event.to_state, Event.pathway_id, "closed"))
    return or_(Event.kind == "step_up_accepted", at_once)
