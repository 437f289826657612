"""The moment of an event that changes clocks, and how it is put in words."""

from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from earlyhelp.pathway.calendar import LONDON


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


def happened(moment: Moment) -> str:
    return f"{moment.title}: happened on {day_words(moment.occurred_at)}"


def no_longer(moment: Moment) -> str:
    return f"{moment.title} on {day_words(moment.occurred_at)}: this time limit no longer applies"


@lru_cache(maxsize=256)
def day_words(at: datetime) -> str:
    return f"{at.astimezone(LONDON):%d/%m/%Y}"
