"""What a sample of cases is drawn from: themes of a case audit, each a set of cases found in the history."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, exists, select

from earlyhelp.pathway.calendar import england
from earlyhelp.records.cases import CalendarDay, Case, CasePerson, Event

REPEAT = timedelta(days=365)


class Period(NamedTuple):
    """Days, both included."""

    first: date
    last: date


class Theme(NamedTuple):
    """One theme: its title, what it finds, and the condition on `Case`."""

    title: str
    finds: str
    condition: Callable[[Period], ColumnElement[bool]]


def _began(period: Period) -> ColumnElement[bool]:
    days = england()
    return and_(Case.opened_at >= days.start_of(period.first), Case.opened_at < days.end_of(period.last))


def _repeat_contacts(period: Period) -> ColumnElement[bool]:
    mine, theirs = CasePerson.__table__.alias("mine"), CasePerson.__table__.alias("theirs")
    earlier, this = Case.__table__.alias("earlier"), Case.__table__.alias("this")
    days = england()
    repeated = (
        select(this.c.id)
        .join(mine, mine.c.case_id == this.c.id)
        .join(theirs, and_(theirs.c.person_id == mine.c.person_id, theirs.c.case_id != mine.c.case_id))
        .join(earlier, earlier.c.id == theirs.c.case_id)
        .where(
            mine.c.is_child,
            this.c.opened_at >= days.start_of(period.first),
            this.c.opened_at < days.end_of(period.last),
            earlier.c.opened_at < this.c.opened_at,
            earlier.c.opened_at >= days.start_of(period.first - REPEAT),
            _within_a_year(earlier, this),
        )
    )
    return Case.id.in_(repeated)


def _within_a_year(earlier: Any, this: Any) -> ColumnElement[bool]:
    """By the local day of each case's first event: the two databases count days apart alike."""
    first, second = Event.__table__.alias("first_event"), Event.__table__.alias("second_event")
    from_day, to_day = CalendarDay.__table__.alias("from_day"), CalendarDay.__table__.alias("to_day")
    return exists(
        select(first.c.id)
        .join(second, second.c.case_id == this.c.id)
        .join(from_day, from_day.c.on == first.c.occurred_on)
        .join(to_day, to_day.c.on == second.c.occurred_on)
        .where(
            first.c.case_id == earlier.c.id,
            first.c.sequence == 1,
            second.c.sequence == 1,
            to_day.c.number - from_day.c.number <= REPEAT.days,
        )
    )


def _step_ups_returned(period: Period) -> ColumnElement[bool]:
    return Case.id.in_(_events(period, "step_up_returned"))


def _ended_without_help(period: Period) -> ColumnElement[bool]:
    """Assessed and closed in the period, neither stepped up nor ever reviewed."""
    days = england()
    closed = and_(
        ~Case.is_open,
        Case.closed_at >= days.start_of(period.first),
        Case.closed_at < days.end_of(period.last),
    )
    return and_(closed, _has("assessment_submitted"), ~_has("review"), ~_has("step_up_accepted"))


def _contact_to_provider(period: Period) -> ColumnElement[bool]:
    targeted = Event.fields["level_of_need"].as_string().like("targeted%")
    return and_(Case.id.in_(_events(period, "acceptance").where(targeted)), _has("allocation"))


def _events(period: Period, kind: str) -> Any:
    return select(Event.case_id).where(
        Event.kind == kind, Event.occurred_on >= period.first, Event.occurred_on <= period.last
    )


def _has(kind: str) -> ColumnElement[bool]:
    return exists(select(Event.id).where(Event.case_id == Case.id, Event.kind == kind))


THEMES: Mapping[str, Theme] = {
    "random": Theme("Random", "any case that began in the period", _began),
    "repeat_contacts": Theme(
        "Repeat contacts",
        "cases that began in the period about a child who had another contact in the 12 months before",
        _repeat_contacts,
    ),
    "step_ups_returned": Theme(
        "Step ups that came back", "cases that social care returned in the period", _step_ups_returned
    ),
    "ended_without_help": Theme(
        "No further action after an assessment",
        "cases closed in the period after an assessment, without a review and without a step up",
        _ended_without_help,
    ),
    "contact_to_provider": Theme(
        "Targeted help, from contact to provider",
        "cases accepted in the period as targeted, and allocated",
        _contact_to_provider,
    ),
}
"""By key. The key is kept with each sample."""
