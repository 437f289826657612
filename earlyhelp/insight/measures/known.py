"""The history as it was known at a moment: what had been recorded by then, corrected as it had been by then."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Subquery, and_, func, select

from earlyhelp.pathway.vocabulary import SCREENING_DECISIONS
from earlyhelp.records.cases import CalendarDay, Contact, Event


@dataclass(frozen=True)
class Known:
    """Up to when recordings count; None for everything recorded so far."""

    before: datetime | None = None


def events(known: Known, *kinds: str) -> Subquery:
    """Events of some kinds, each with the moment and local day it is held to have happened.

    A correction recorded in time replaces the moment of the event it corrects; the last one counts.
    """
    corrections = _corrections(known)
    statement = (
        select(
            Event.case_id,
            Event.sequence,
            Event.kind,
            Event.from_state,
            Event.to_state,
            Event.team_id,
            Event.lead_professional_id,
            Event.recorded_at,
            func.coalesce(corrections.c.corrected_to, Event.occurred_at).label("occurred_at"),
            func.coalesce(corrections.c.corrected_on, Event.occurred_on).label("occurred_on"),
        )
        .outerjoin(
            corrections,
            and_(
                corrections.c.case_id == Event.case_id,
                corrections.c.corrects == Event.sequence,
                corrections.c.newest == 1,
            ),
        )
        .where(Event.kind.in_(kinds))
    )
    if known.before is not None:
        statement = statement.where(Event.recorded_at < known.before)
    return statement.subquery()


def contacts(known: Known) -> Subquery:
    """Contacts received: the case, its source and channel, when and on which day."""
    received = events(known, "contact")
    return (
        select(received, Contact.source, Contact.channel)
        .join(Contact, Contact.case_id == received.c.case_id)
        .subquery()
    )


def decisions(known: Known) -> Subquery:
    """The first screening decision of each contact, with when the contact had been received."""
    decided, received = events(known, *sorted(SCREENING_DECISIONS)), contacts(known)
    ordered = (
        select(
            decided,
            received.c.source,
            received.c.channel,
            received.c.occurred_on.label("received_on"),
            received.c.occurred_at.label("received_at"),
            func.row_number()
            .over(partition_by=decided.c.case_id, order_by=decided.c.sequence)
            .label("place"),
        )
        .join(received, received.c.case_id == decided.c.case_id)
        .where(decided.c.from_state != decided.c.to_state)
        .subquery()
    )
    return select(ordered).where(ordered.c.place == 1).subquery()


def day(name: str) -> Any:
    """The table of local days, under a name of its own in the query."""
    return CalendarDay.__table__.alias(name)


def _corrections(known: Known) -> Subquery:
    statement = select(
        Event.case_id,
        Event.corrects,
        Event.corrected_to,
        Event.corrected_on,
        func.row_number()
        .over(partition_by=(Event.case_id, Event.corrects), order_by=Event.sequence.desc())
        .label("newest"),
    ).where(Event.corrects.is_not(None), Event.corrected_to.is_not(None))
    if known.before is not None:
        statement = statement.where(Event.recorded_at < known.before)
    return statement.subquery()
