"""The moment of an event that changes clocks, and how it is put in words."""

from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from earlyhelp.pathway.calendar import LONDON
from earlyhelp.permissions import Person


class Moment(NamedTuple):
    """The event that changes the clocks: which case, which link of its history, when it happened and was typed."""

    case_id: int
    pathway_id: int
    sequence: int
    title: str
    occurred_at: datetime
    recorded_at: datetime
    team_id: int | None
    lead_professional_id: int | None
    by: str
    reason: str | None


def office_moment(
    case: Any, pathway_id: int, *, title: str, person: Person, reason: str, now: datetime
) -> Moment:
    """The moment of a change that the office makes to a case's clocks, as when the calendar or the pathway changes."""
    return Moment(
        case_id=case.id,
        pathway_id=pathway_id,
        sequence=case.version + 1,
        title=title,
        occurred_at=now,
        recorded_at=now,
        team_id=case.team_id,
        lead_professional_id=case.lead_professional_id,
        by=person.name,
        reason=reason,
    )


def happened(moment: Moment) -> str:
    return f"{moment.title}: happened on {day_words(moment.occurred_at)}"


def no_longer(moment: Moment) -> str:
    return f"{moment.title} on {day_words(moment.occurred_at)}: this time limit no longer applies"


@lru_cache(maxsize=256)
def day_words(at: datetime) -> str:
    return f"{at.astimezone(LONDON):%d/%m/%Y}"
