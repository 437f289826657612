"""What became of a family after a case closed: contact again, step up, and whether the good outcome lasted."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, literal, or_, select

from earlyhelp.pathway.calendar import Calendar
from earlyhelp.permissions import Person, visible_cases
from earlyhelp.records.cases import Case, CasePerson, Event

WATCHED_MONTHS = 12
SUSTAINED_MONTHS = 6
"""The Supporting Families test: no contact again and no step up within six months of closing."""
STEP_UPS = ("referral", "step_up_requested")
Standing = Literal["sustained", "not_sustained", "too_early", "no_good_outcome"]


class Watch(NamedTuple):
    """What happened after closing. `hidden` counts contacts on cases that are not this reader's, so that the test is
    honest; a restricted case is not even counted."""

    until: datetime
    recontacts: Sequence[Any]
    step_ups: Sequence[Any]
    hidden: int
    standing: Standing


def after_closing(
    connection: Connection, *, case: Any, person: Person, calendar: Calendar, now: datetime
) -> Watch | None:
    """The twelve months after a case closed; None while it is open.

    Contact again is another case of any of the same children opened after the closing. Step up is a referral or a
    step up of any such case.
    """
    if case.is_open or case.closed_at is None:
        return None
    closed_on = calendar.date_of(case.closed_at)
    until = calendar.end_of(calendar.months_after(closed_on, WATCHED_MONTHS))
    six = calendar.end_of(calendar.months_after(closed_on, SUSTAINED_MONTHS))
    known = or_(~Case.restricted, visible_cases(person))
    seen = set(
        connection.scalars(select(Case.id).where(Case.id.in_(_others(case.id)), visible_cases(person)))
    )
    recontacts = connection.execute(
        select(Case.id, Case.reference, Case.opened_at, Case.state, Case.is_open, Case.outcome)
        .where(Case.id.in_(_others(case.id)), known, Case.opened_at > case.closed_at, Case.opened_at <= until)
        .order_by(Case.opened_at, Case.id)
    ).all()
    step_ups = connection.execute(
        select(Event.case_id, Event.occurred_at, Case.reference)
        .join(Case, Case.id == Event.case_id)
        .where(
            # An OR would walk the step ups of all cases.
            Event.case_id.in_(_others(case.id).union_all(select(literal(case.id)))),
            known,
            Event.kind.in_(STEP_UPS),
            Event.occurred_at > case.closed_at,
            Event.occurred_at <= until,
        )
        .order_by(Event.occurred_at, Event.id)
    ).all()
    came_back = [row.opened_at for row in recontacts] + [row.occurred_at for row in step_ups]
    shown = seen | {case.id}
    return Watch(
        until=until,
        recontacts=[row for row in recontacts if row.id in shown],
        step_ups=[row for row in step_ups if row.case_id in shown],
        hidden=sum(row.id not in shown for row in recontacts),
        standing=_standing(case.outcome, any(at <= six for at in came_back), six, now),
    )


def _standing(outcome: str | None, came_back: bool, six: datetime, now: datetime) -> Standing:
    if outcome != "outcomes_achieved":
        return "no_good_outcome"
    if came_back:
        return "not_sustained"
    return "sustained" if now >= six else "too_early"


def _others(case_id: int) -> Any:
    children = select(CasePerson.person_id).where(CasePerson.case_id == case_id, CasePerson.is_child)
    return select(CasePerson.case_id).where(
        CasePerson.person_id.in_(children), CasePerson.is_child, CasePerson.case_id != case_id
    )
