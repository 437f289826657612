"""What measures of timeliness count: runs of clocks that fell due, and working days between two steps."""

from typing import Any

from sqlalchemy import Select, and_, case as when, func, or_, select
from sqlalchemy.orm import aliased

from earlyhelp.insight.measures.known import clock_runs, day, events, of_kinds
from earlyhelp.insight.measures.marks import early_help_marks, with_days
from earlyhelp.insight.measures.portable import deadline_day, local_day
from earlyhelp.insight.measures.scene import Scene
from earlyhelp.pathway.calendar import england
from earlyhelp.records.cases import Event

LIMITS = ("first_contact", "assessment", "review", "referrer_answer", "signpost_check")
TRUE_STOPS = {"review": "review"}
"""Kinds of clock that also stop when the case closes: only this kind of action is what was to happen."""
AWAY_FROM_THE_DESK = (
    "contact",
    "step_down",
    "information_received",
    "first_contact",
    "contact_attempt",
    "plan_shared",
    "review",
    "agreement_withdrawn",
    "referrer_answered",
    "service_reached",
)
"""What happens in the world and is typed in afterwards; a decision happens when it is recorded."""


def due_limits(scene: Scene) -> Select[Any]:
    """Runs of clocks by the day they were due, gross of pauses, and whether what was to happen did in time.

    One that ended for another reason before it was due (the case closed, was stepped up) is not counted; one that
    ended after it was due counts as missed. `day` and `in_time` are gross; `net_day` and `net_in_time` give time
    for pauses, and leave out what stands still. `reached` says of a signposting check whether the family reached a
    service.
    """
    first = scene.within.first
    assert first is not None
    run = clock_runs(scene.known, *LIMITS, due_after=england().start_of(first))
    stop = aliased(Event)
    happened = and_(
        run.c.stopped_at.is_not(None),
        run.c.status.in_(("met", "met_late")),
        *(or_(run.c.kind != clock, stop.kind == action) for clock, action in TRUE_STOPS.items()),
    )
    answers = func.replace(stop.fields["services"].as_string(), " ", "")
    return (
        select(
            run.c.case_id,
            run.c.started_by.label("sequence"),
            run.c.id.label("run_id"),
            run.c.kind,
            run.c.team_id,
            run.c.lead_professional_id,
            run.c.gross_due_at,
            run.c.due_at,
            deadline_day(run.c.gross_due_at).label("day"),
            deadline_day(run.c.due_at).label("net_day"),
            _counts(scene, run.c.gross_due_at, run.c.stopped_at, happened).label("counts"),
            when(
                (run.c.paused == 0, _counts(scene, run.c.due_at, run.c.stopped_at, happened)), else_=0
            ).label("net_counts"),
            when((and_(happened, run.c.stopped_at < run.c.gross_due_at), 1), else_=0).label("in_time"),
            when((and_(happened, run.c.stopped_at < run.c.due_at), 1), else_=0).label("net_in_time"),
            when((and_(happened, answers.like('%:"reached"%')), 1), else_=0).label("reached"),
        )
        .select_from(run)
        .outerjoin(
            stop,
            and_(
                stop.case_id == run.c.case_id,
                stop.sequence == run.c.stopped_by,
                run.c.kind.in_(("review", "signpost_check")),
            ),
        )
    )


def _counts(scene: Scene, due_at: Any, stopped_at: Any, happened: Any) -> Any:
    """1 for what had fallen due, and was still to be done then or was done."""
    was_to_be_done = or_(stopped_at.is_(None), stopped_at >= due_at, happened)
    return when((and_(due_at <= scene.moment, was_to_be_done), 1), else_=0)


def allocations(scene: Scene) -> Select[Any]:
    """Allocations by day, each with the working days since early help accepted the family."""
    marks = with_days(early_help_marks(scene, "allocation"))
    accepted_day, allocated_day = day("accepted_day"), day("allocated_day")
    days = allocated_day.c.working_number - accepted_day.c.working_number
    counted = day("counted_day")
    return (
        select(
            marks.c.case_id,
            marks.c.sequence,
            marks.c.team_id,
            marks.c.lead_professional_id,
            marks.c.occurred_on.label("day"),
            when((days < 0, 0), else_=days).label("days"),
        )
        .select_from(marks)
        .join(counted, counted.c.on == marks.c.started_on)
        .join(accepted_day, accepted_day.c.on == counted.c.counts_as)
        .join(allocated_day, allocated_day.c.on == marks.c.occurred_on)
        .where(marks.c.kind == "allocation", marks.c.in_help)
    )


def assessments_from_contact(scene: Scene) -> Select[Any]:
    """Assessments by the day they were due counted from the contact, for each contact's first one.

    The same runs as of the assessment clock that an allocation started, judged by another day.
    """
    run = clock_runs(scene.known, "assessment")
    opening = events(scene.known, of_kinds("contact"), kept=("case_id", "sequence"))
    received, started, due = day("received_day"), day("started_day"), day("due_day")
    limit = scene.numbers.assessment_days_from_contact
    happened = and_(run.c.stopped_at.is_not(None), run.c.status.in_(("met", "met_late")))
    done_on = local_day(run.c.stopped_at)
    counted = and_(
        due.c.on <= scene.today,
        or_(run.c.stopped_at.is_(None), done_on > due.c.on, happened),
    )
    first = (
        select(run.c.case_id, func.min(run.c.started_by).label("started_by")).group_by(run.c.case_id).cte()
    )
    return (
        select(
            run.c.case_id,
            run.c.started_by.label("sequence"),
            run.c.team_id,
            run.c.lead_professional_id,
            due.c.on.label("day"),
            when((counted, 1), else_=0).label("counts"),
            when((and_(happened, done_on <= due.c.on), 1), else_=0).label("in_time"),
        )
        .select_from(run)
        .join(first, and_(first.c.case_id == run.c.case_id, first.c.started_by == run.c.started_by))
        .join(opening, opening.c.case_id == run.c.case_id)
        .join(received, received.c.on == opening.c.occurred_on)
        .join(started, started.c.on == received.c.counts_as)
        .join(
            due, and_(due.c.working_number == started.c.working_number + limit, due.c.counts_as == due.c.on)
        )
    )


def recordings(scene: Scene) -> Select[Any]:
    """What people typed in, by the day they did, with the working days since it happened."""
    within = scene.within
    assert within.first is not None
    assert within.last is not None
    calendar = england()
    done = events(
        scene.known,
        of_kinds(*AWAY_FROM_THE_DESK),
        Event.actor_id.is_not(None),
        Event.recorded_at >= calendar.start_of(within.first),
        Event.recorded_at < calendar.end_of(within.last),
        kept=("case_id", "sequence", "kind", "team_id", "actor_id", "recorded_at"),
    )
    recorded_on = local_day(done.c.recorded_at)
    happened, counted, recorded = day("happened_day"), day("counted_day"), day("recorded_day")
    days = recorded.c.working_number - counted.c.working_number
    return (
        select(
            done.c.case_id,
            done.c.sequence,
            done.c.kind,
            done.c.team_id,
            done.c.actor_id.label("lead_professional_id"),
            recorded_on.label("day"),
            when((days < 0, 0), else_=days).label("days"),
        )
        .select_from(done)
        .join(happened, happened.c.on == done.c.occurred_on)
        .join(counted, counted.c.on == happened.c.counts_as)
        .join(recorded, recorded.c.on == recorded_on)
    )
