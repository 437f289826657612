"""What the lists are made of, out of the history as at a day: contacts, assessments, referrals, each once a child.

Every statement has one row for each child of each event, by case, event and child, with `shown`: whether the asker may
have it. What was recorded late counts on the day it happened.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Date,
    Select,
    and_,
    case as when,
    func,
    literal,
    literal_column,
    or_,
    select,
    type_coerce,
)

from earlyhelp.insight.measures.asking import scene_of
from earlyhelp.insight.measures.children import children_of_cases
from earlyhelp.insight.measures.known import Within, events, of_kinds
from earlyhelp.insight.measures.portable import months_later
from earlyhelp.insight.measures.scene import Scene, Span
from earlyhelp.pathway.calendar import england
from earlyhelp.permissions import Person as Asker, visible_cases
from earlyhelp.records.cases import Case, Contact, Event
from earlyhelp.records.organisation import Agency, Team, User
from earlyhelp.records.people import Person

MONTHS_BACK = 6
"""Ofsted: in the six months before the inspection."""
YEAR = 12
STARTS = ("acceptance", "step_down")
BEGINNINGS = ("first_contact", "reassessment")
"""Kinds of action that begin an assessment, as the measures count them."""
REQUESTS = ("referral", "step_up_requested", "agreement_withdrawn")
ANSWERS = ("step_up_accepted", "step_up_returned")
KEPT = ("case_id", "sequence", "kind", "from_state", "to_state", "pathway_id", "lead_professional_id")


class Asked(NamedTuple):
    """The day as at which is listed, the first day of its six months, who asks and what is needed to find out."""

    on: date
    first: date
    asker: Asker
    scene: Scene

    @property
    def shown(self) -> ColumnElement[bool]:
        """Restricted records are listed only for those who may open them, and for the installation itself."""
        return or_(and_(~Case.restricted, ~Person.restricted), visible_cases(self.asker))


def asked_for(connection: Connection, *, on: date, asker: Asker, now: datetime) -> Asked:
    first = england().months_after(on, -MONTHS_BACK)
    return Asked(on, first, asker, scene_of(connection, Span(first, on), now=now))


def contacts(asked: Asked) -> Select[Any]:
    """Contacts received: `day`, `source`."""
    within = Within(asked.first, asked.on)
    found = events(asked.scene.known, of_kinds("contact"), within=within, kept=("case_id", "sequence"))
    rows = (
        select(found.c.case_id, found.c.sequence, found.c.occurred_on.label("day"), Contact.source)
        .join(Contact, Contact.case_id == found.c.case_id)
        .cte()
    )
    return _by_child(asked, rows)


def assessments(asked: Asked) -> Select[Any]:
    """Assessments under way in the six months, and the latest of all help that goes on: `day`, `ended_on`,
    `organisation`.

    Help that goes on without an assessment yet counts from the day it began.
    """
    row = _early_help(asked).c
    lead = User.__table__.alias("lead")
    is_beginning = row.kind.in_(BEGINNINGS)
    in_time = or_(row.ended_on.is_(None), row.ended_on >= asked.first)
    latest = and_(row.goes_on, row.beginnings_to_come == 1)
    without = and_(row.kind.in_(STARTS), row.goes_on, row.beginnings_to_come == 0, row.starts_to_come == 1)
    rows = (
        select(
            row.case_id,
            row.sequence,
            row.occurred_on.label("day"),
            when((is_beginning, row.ended_on)).label("ended_on"),
            Agency.name.label("organisation"),
        )
        .outerjoin(lead, lead.c.id == row.lead_id)
        .outerjoin(Agency, Agency.id == lead.c.agency_id)
        .where(or_(and_(is_beginning, or_(in_time, latest)), without))
        .cte()
    )
    return _by_child(asked, rows)


def _early_help(asked: Asked) -> CTE:
    """Beginnings and ends of help and of assessments, each with what follows it.

    `ended_on` is the day the assessment begun here was authorised or its help ended, `lead_id` who led at the last of
    this, `goes_on` whether the help of this event had not ended. By windows: each stretch of rows with as many ends to
    come closes with the first of those.
    """
    closes = and_(
        asked.scene.kinds.state_is(Event.to_state, Event.pathway_id, "closed"),
        or_(Event.from_state.is_(None), Event.from_state != Event.to_state),
    )
    kinds = (*STARTS, *BEGINNINGS, "assessment_authorised", "allocation", "reallocation")
    found = events(asked.scene.known, or_(of_kinds(*kinds), closes), within=Within(last=asked.on), kept=KEPT)
    is_close = and_(
        asked.scene.kinds.state_is(found.c.to_state, found.c.pathway_id, "closed"),
        or_(found.c.from_state.is_(None), found.c.from_state != found.c.to_state),
    )
    ahead: Any = {"partition_by": found.c.case_id, "order_by": found.c.sequence, "rows": (0, None)}

    def to_come(condition: Any) -> Any:
        return func.sum(when((condition, 1), else_=0)).over(**ahead)

    is_end = or_(is_close, found.c.kind == "assessment_authorised")
    counted = select(
        found,
        when((is_end, 1), else_=0).label("is_end"),
        to_come(is_close).label("closings_to_come"),
        to_come(is_end).label("ends_to_come"),
        to_come(found.c.kind.in_(BEGINNINGS)).label("beginnings_to_come"),
        to_come(found.c.kind.in_(STARTS)).label("starts_to_come"),
    ).cte()
    row = counted.c
    last: Any = {"partition_by": (row.case_id, row.ends_to_come), "order_by": row.sequence.desc()}
    return select(
        counted,
        type_coerce(func.first_value(when((row.is_end == 1, row.occurred_on))).over(**last), Date()).label(
            "ended_on"
        ),
        func.first_value(row.lead_professional_id).over(**last).label("lead_id"),
        (row.closings_to_come == 0).label("goes_on"),
    ).cte()


def referrals(asked: Asked) -> Select[Any]:
    """What social care was asked to take on: `day`, `source` (of the contact it came from, none out of early help),
    `answer` (the kind, none while it waits), `team` and `worker` who answered, `earlier`.

    `earlier` is how many others the child had in the 12 months before its latest one: Ofsted, list 3.
    """
    answered = _requests(asked)
    row, children = answered.c, children_of_cases(asked.scene)
    each = (
        select(answered, children.c.child_id)
        .join(children, children.c.case_id == row.case_id)
        .where(row.is_request == 1)
        .cte()
    )
    of_child: Any = {"partition_by": each.c.child_id}
    dated = select(each, func.max(each.c.occurred_on).over(**of_child).label("latest_on")).cte()
    in_year = dated.c.occurred_on >= months_later(dated.c.latest_on, literal_column(str(-YEAR)))
    counted = select(
        dated,
        (func.sum(when((in_year, 1), else_=0)).over(partition_by=dated.c.child_id) - 1).label("earlier"),
    ).cte()
    row, decider = counted.c, User.__table__.alias("decider")
    from_the_door = and_(Contact.case_id == row.case_id, row.kind == "referral")
    rows = (
        select(
            row.case_id,
            row.sequence,
            row.child_id,
            row.occurred_on.label("day"),
            row.kind,
            row.answer,
            row.answered_on,
            row.answer_fields,
            row.earlier,
            Contact.source,
            decider.c.id.label("worker_id"),
            decider.c.name.label("worker"),
            Team.id.label("team_id"),
            Team.name.label("team"),
        )
        .outerjoin(Contact, from_the_door)
        .outerjoin(decider, decider.c.id == row.answered_by)
        .outerjoin(Team, Team.id == decider.c.team_id)
        .where(row.occurred_on >= asked.first)
        .cte()
    )
    return _by_child(asked, rows, rows.c.child_id)


def _requests(asked: Asked) -> CTE:
    """Requests to social care and its answers of the six months and the year before, each request with its answer.

    Where the pathway asks nobody to accept, a referral is accepted as it is made.
    """
    kinds = asked.scene.kinds
    moved_up = kinds.state_is(Event.to_state, Event.pathway_id, "step_up")
    asked_for = and_(
        of_kinds(*REQUESTS), or_(moved_up, Event.kind == "referral"), Event.from_state != Event.to_state
    )
    since = england().months_after(asked.first, -YEAR)
    found = events(
        asked.scene.known,
        or_(asked_for, of_kinds(*ANSWERS)),
        within=Within(since, asked.on),
        kept=(*KEPT, "actor_id", "fields"),
    )
    is_request = found.c.kind.in_(REQUESTS)
    at_once = and_(is_request, kinds.state_is(found.c.to_state, found.c.pathway_id, "closed"))
    following: Any = {"partition_by": found.c.case_id, "order_by": found.c.sequence}
    next_kind = func.lead(found.c.kind).over(**following)
    looked = select(
        found,
        when((is_request, 1), else_=0).label("is_request"),
        when((at_once, 1), else_=0).label("at_once"),
        next_kind.label("next_kind"),
        type_coerce(func.lead(found.c.occurred_on).over(**following), Date()).label("next_on"),
        func.lead(found.c.actor_id).over(**following).label("next_actor"),
        type_coerce(func.lead(found.c.fields).over(**following), Event.fields.type).label("next_fields"),
    ).cte()
    row = looked.c
    answered = row.next_kind.in_(ANSWERS)
    return select(
        row.case_id,
        row.sequence,
        row.kind,
        row.occurred_on,
        row.is_request,
        when((row.at_once == 1, literal("step_up_accepted")), (answered, row.next_kind)).label("answer"),
        when((row.at_once == 1, row.occurred_on), (answered, row.next_on)).label("answered_on"),
        when((answered, row.next_actor)).label("answered_by"),
        when((answered, row.next_fields)).label("answer_fields"),
    ).cte()


def _by_child(asked: Asked, rows: CTE, child_id: Any = None) -> Select[Any]:
    """One row for each child of each row, with who the child is."""
    joined: Any = rows
    if child_id is None:
        children = children_of_cases(asked.scene)
        joined, child_id = (
            rows.join(children, children.c.case_id == rows.c.case_id),
            children.c.child_id,
        )
    columns: Sequence[Any] = (
        *(column for column in rows.c if column.name != "child_id"),
        Person.id.label("child_id"),
        Person.public_id,
        Person.gender,
        Person.ethnicity,
        Person.date_of_birth,
        Person.expected_birth_on,
        Case.reference,
        asked.shown.label("shown"),
    )
    return (
        select(*columns)
        .select_from(joined)
        .join(Person, Person.id == child_id)
        .join(Case, Case.id == rows.c.case_id)
        .order_by(rows.c.case_id, rows.c.sequence, Person.id)
    )
