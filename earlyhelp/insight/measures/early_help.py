"""What the measures of early help itself count: its spells, how they ended, assessments, distance travelled."""

from typing import Any

from sqlalchemy import (
    CTE,
    Select,
    String,
    and_,
    case as when,
    func,
    literal,
    literal_column,
    or_,
    select,
    union_all,
)

from earlyhelp.insight.measures.children import first_after, had_before, with_again
from earlyhelp.insight.measures.known import events, of_kinds
from earlyhelp.insight.measures.marks import early_help_marks, with_days
from earlyhelp.insight.measures.portable import months_later
from earlyhelp.insight.measures.scene import Scene
from earlyhelp.records.organisation import Agency, User

YEAR = 12
SUSTAINED_MONTHS = 6
"""Supporting Families, chapter 5: an outcome counts once it has held for six months."""
ACHIEVED = "outcomes_achieved"
"""The end measure that every pathway file has for it (domain.md, vocabulary)."""
BACK_AGAIN = ("contact", "reopening", "referral", "step_up_requested", "step_up_accepted")
SLIM = ("case_id", "sequence", "kind", "to_state", "pathway_id", "team_id", "lead_professional_id")
SCORED = ("assessment_submitted", "review", "closing")


def beginnings(scene: Scene) -> Select[Any]:
    """Early help that began, each with whether a child's earlier early help ended in the 12 months before."""
    marks = early_help_marks(scene)
    begun = select(marks).where(marks.c.is_start == 1, *scene.within.holds(marks.c.occurred_on)).cte()
    ends = marks.alias()
    ended = select(ends).where(ends.c.is_close == 1, ends.c.in_help).cte()
    return with_again(begun, had_before(scene, begun, ended, months=YEAR))


def step_downs(scene: Scene) -> Select[Any]:
    """Step downs from social care, by the day they were made."""
    found = events(scene.known, of_kinds("step_down"), within=scene.within, kept=SLIM)
    return select(found, found.c.occurred_on.label("day"))


def endings(scene: Scene) -> Select[Any]:
    """Early help that ended, by its day: the outcome, and whether it held for six months.

    `held_until` is the day six months later; `sustained` whether no child of the case had a contact, was reopened or
    stepped up until then.
    """
    marks = early_help_marks(scene)
    held_until = months_later(marks.c.occurred_on, literal_column(str(SUSTAINED_MONTHS)))
    ended = select(marks, held_until.label("held_until")).where(marks.c.is_close == 1, marks.c.in_help).cte()
    later = events(scene.known, of_kinds(*BACK_AGAIN), kept=("case_id", "sequence"))
    back = first_after(scene, ended, later)
    returned = and_(back.c.back_on.is_not(None), back.c.back_on <= ended.c.held_until)
    outcome = scene.kinds.outcome(ended.c)
    sustained = and_(outcome == ACHIEVED, ended.c.held_until <= scene.today)
    return select(
        *_slim(ended),
        ended.c.kind,
        ended.c.occurred_on.label("day"),
        outcome.label("outcome"),
        ended.c.held_until,
        when((sustained, 1), else_=0).label("judged"),
        when((and_(sustained, ~returned), 1), else_=0).label("sustained"),
    ).outerjoin(back, and_(back.c.case_id == ended.c.case_id, back.c.sequence == ended.c.sequence))


def step_ups(scene: Scene) -> Select[Any]:
    """Step ups out of early help that social care accepted, by day."""
    marks = early_help_marks(scene)
    return select(*_slim(marks), marks.c.occurred_on.label("day")).where(
        marks.c.kind == "step_up_accepted", marks.c.in_help, *scene.within.holds(marks.c.occurred_on)
    )


def spells(scene: Scene) -> Select[Any]:
    """Early help that was open on any day of a span, and whether it was stepped up or stepped down in it."""
    spans = scene.span_rows()
    begun = with_days(early_help_marks(scene))
    within = or_(begun.c.ended.is_(None), begun.c.stepped_up <= begun.c.ended)
    stepped_up = and_(within, begun.c.stepped_up_on.between(spans.c.first, spans.c.last))
    stepped_down = and_(begun.c.kind == "step_down", begun.c.occurred_on.between(spans.c.first, spans.c.last))
    under_way = and_(
        begun.c.occurred_on <= spans.c.until,
        or_(begun.c.ended_on.is_(None), begun.c.ended_on >= spans.c.first),
    )
    return (
        select(
            *_slim(begun),
            spans.c.number.label("span"),
            begun.c.occurred_on.label("day"),
            when((stepped_up, 1), else_=0).label("stepped_up"),
            when((stepped_down, 1), else_=0).label("stepped_down"),
        )
        .select_from(begun)
        .join(spans, under_way)
        .where(begun.c.is_start == 1)
    )


def assessments(scene: Scene) -> Select[Any]:
    """Assessments begun and authorised, by day, and whether somebody of another agency leads."""
    found = events(
        scene.known,
        of_kinds("first_contact", "reassessment", "assessment_authorised"),
        within=scene.within,
        kept=SLIM,
    )
    partner = and_(Agency.id.is_not(None), Agency.kind != "council")
    return (
        select(
            found,
            found.c.occurred_on.label("day"),
            when((found.c.kind == "assessment_authorised", 1), else_=0).label("completed"),
            when((partner, 1), else_=0).label("partner_led"),
        )
        .select_from(found)
        .outerjoin(User, User.id == found.c.lead_professional_id)
        .outerjoin(Agency, Agency.id == User.agency_id)
    )


def distances(scene: Scene) -> Select[Any]:
    """For each domain of early help that ended: its latest score less its first."""
    scores = _scores(scene)
    of_domain: Any = {"partition_by": (scores.c.case_id, scores.c.sequence, scores.c.domain)}
    placed = select(
        scores,
        func.row_number().over(**of_domain, order_by=scores.c.scored_at).label("from_first"),
        func.row_number().over(**of_domain, order_by=scores.c.scored_at.desc()).label("from_latest"),
    ).cte()
    of_closing = (*_slim(placed), placed.c.domain, placed.c.occurred_on)
    change = func.sum(when((placed.c.from_latest == 1, placed.c.score), else_=0)) - func.sum(
        when((placed.c.from_first == 1, placed.c.score), else_=0)
    )
    return select(
        *_slim(placed), placed.c.domain, placed.c.occurred_on.label("day"), change.label("change")
    ).group_by(*of_closing)


def _slim(rows: Any) -> list[Any]:
    return [rows.c.case_id, rows.c.sequence, rows.c.team_id, rows.c.lead_professional_id]


def _scores(scene: Scene) -> CTE:
    """Every score of every domain that was given in early help that ended, with the event that ended it.

    By windows, as `with_days` does: joined, each ending would be compared with all that was ever scored. Taken apart by
    domain last: before, there would be ten times as many rows.
    """
    marks = early_help_marks(scene, *SCORED)
    to_come: Any = {"partition_by": marks.c.case_id, "order_by": marks.c.sequence, "rows": (0, None)}
    row = select(marks, func.sum(marks.c.is_close).over(**to_come).label("to_close")).cte().c

    def of_ending(column: Any) -> Any:
        ends = when((and_(row.is_close == 1, row.in_help), column))
        return func.first_value(ends, type_=column.type).over(
            partition_by=(row.case_id, row.to_close), order_by=row.sequence.desc()
        )

    named = ("sequence", "team_id", "lead_professional_id", "occurred_on", "started")
    scored = select(
        row.case_id,
        *(of_ending(row[name]).label(name) for name in named),
        row.kind,
        row.sequence.label("scored_at"),
        row.fields,
    ).cte()
    given = (
        select(*_slim(scored), scored.c.occurred_on, scored.c.scored_at, scored.c.fields)
        .where(scored.c.kind.in_(SCORED), scored.c.scored_at > scored.c.started)
        .where(*scene.within.holds(scored.c.occurred_on))
        .cte()
    )
    domains = sorted(scene.kinds.score_titles()) or [""]
    return union_all(
        *(
            select(
                *_slim(given),
                given.c.occurred_on,
                given.c.scored_at,
                literal(domain, String()).label("domain"),
                given.c.fields[domain].as_integer().label("score"),
            ).where(given.c.fields[domain].as_string().is_not(None))
            for domain in domains
        )
    ).cte()
