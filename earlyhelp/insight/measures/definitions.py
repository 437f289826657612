"""Every measure, once: key, plain English, which events it counts and how, which way is better."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Select, and_, case as when, literal, select

from earlyhelp.insight.measures.known import Known, contacts, day, decisions
from earlyhelp.pathway.vocabulary import BELOW_THRESHOLD
from earlyhelp.records.clocks import ClockRow

Kind = Literal["count", "share", "mean"]
Better = Literal["bigger", "smaller", "neither"]


@dataclass(frozen=True)
class Measure:
    """One measure. `rows` selects what it counts: a row per event, with `counts` (0 or 1) or `amount`.

    A count is the number of rows; a share is rows that count over all rows; a mean is the mean amount.
    """

    key: str
    title: str
    definition: str
    numerator: str
    denominator: str
    kind: Kind
    better: Better
    source: str
    rows: Callable[[Known], Select[Any]]


def contacts_received(known: Known) -> Select[Any]:
    received = contacts(known)
    return _row(received, received.c.occurred_on, literal(1))


def same_day_screening(known: Known) -> Select[Any]:
    """Counts when the decision fell on or before the working day that the receipt belongs to."""
    decided, received = decisions(known), day("received_day")
    same = when((decided.c.occurred_on <= received.c.counts_as, 1), else_=0)
    return _row(decided, decided.c.received_on, same).join(received, received.c.on == decided.c.received_on)


def decided_in_time(known: Known) -> Select[Any]:
    """By the due moment of the screening clock that the contact started."""
    decided = decisions(known)
    in_time = when((decided.c.occurred_at < ClockRow.due_at, 1), else_=0)
    clock = and_(
        ClockRow.case_id == decided.c.case_id,
        ClockRow.kind == "screening",
        ClockRow.started_by == 1,
    )
    return _row(decided, decided.c.occurred_on, in_time).join(ClockRow, clock)


def below_threshold(known: Known) -> Select[Any]:
    decided = decisions(known)
    below = when((decided.c.kind.in_(sorted(BELOW_THRESHOLD)), 1), else_=0)
    return _row(decided, decided.c.occurred_on, below)


def days_to_close_below_threshold(known: Known) -> Select[Any]:
    decided, received, closed = decisions(known), day("received_day"), day("closed_day")
    return (
        _row(decided, decided.c.occurred_on, closed.c.number - received.c.number)
        .join(received, received.c.on == decided.c.received_on)
        .join(closed, closed.c.on == decided.c.occurred_on)
        .where(decided.c.kind.in_(sorted(BELOW_THRESHOLD)))
    )


def progressed_to_social_care(known: Known) -> Select[Any]:
    decided = decisions(known)
    return _row(decided, decided.c.occurred_on, when((decided.c.kind == "referral", 1), else_=0))


def _row(events: Any, on: Any, value: Any) -> Select[Any]:
    """What every measure selects: the event, the day it belongs to, its value, and what it can be filtered by."""
    return select(
        events.c.case_id,
        events.c.sequence,
        on.label("day"),
        value.label("value"),
        events.c.source,
        events.c.team_id,
    ).select_from(events)


LIST: tuple[Measure, ...] = (
    Measure(
        "contacts_received",
        "Contacts received",
        "Contacts that reached the front door in the period, by the day they were received.",
        "Contacts received",
        "None: a count",
        "count",
        "neither",
        "Council scorecards; Annex A list 1",
        contacts_received,
    ),
    Measure(
        "same_day_screening",
        "Screened on the working day of receipt",
        "Share of contacts received in the period, and decided since, that were decided by the end of the working "
        "day they were received on. What comes at a weekend counts as the next working day's.",
        "Decided on the working day of receipt",
        "Contacts received in the period with a decision",
        "share",
        "bigger",
        "Herefordshire 2015",
        same_day_screening,
    ),
    Measure(
        "decided_in_time",
        "Decided within the screening time limit",
        "Share of contacts decided in the period whose decision occurred before the screening clock was due.",
        "Decided before the clock was due",
        "Contacts decided in the period that had a screening clock",
        "share",
        "bigger",
        "Pathway file: clock of kind screening",
        decided_in_time,
    ),
    Measure(
        "below_threshold",
        "Below the early help threshold",
        "Share of contacts decided in the period that were closed with no further action, with advice, or signposted.",
        "No further action, advice or signposting",
        "Contacts decided in the period",
        "share",
        "neither",
        "Walsall 2013 and 2014",
        below_threshold,
    ),
    Measure(
        "days_to_close_below_threshold",
        "Days to close below threshold",
        "Mean calendar days from receiving a contact to closing it below threshold, for those closed in the period.",
        "Calendar days, added up",
        "Contacts closed below threshold in the period",
        "mean",
        "smaller",
        "Walsall 2014: 100 days on average, then 11",
        days_to_close_below_threshold,
    ),
    Measure(
        "progressed_to_social_care",
        "Progressed to social care",
        "Share of contacts decided in the period that were referred to children's social care.",
        "Referred to social care",
        "Contacts decided in the period",
        "share",
        "neither",
        "ADCS Safeguarding Pressures",
        progressed_to_social_care,
    ),
)
MEASURES: Mapping[str, Measure] = {measure.key: measure for measure in LIST}
