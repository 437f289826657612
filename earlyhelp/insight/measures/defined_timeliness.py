"""The measures of timeliness. Shares of what fell due are gross of pauses; the same net of them stands beside."""

from typing import Any

from sqlalchemy import and_

from earlyhelp.insight.measures.measure import Measure
from earlyhelp.insight.measures.time_limits import (
    allocations,
    assessments_from_contact,
    due_limits,
    recordings,
)

GROSS = "Pauses are left out of account: the same with pauses allowed for stands beside it."


def _due(kind: str) -> Any:
    return lambda rows: and_(rows.kind == kind, rows.counts == 1)


def _net_due(kind: str) -> Any:
    return lambda rows: and_(rows.kind == kind, rows.net_counts == 1)


def _in_time(
    key: str, kind: str, title: str, what: str, source: str, definition: str
) -> tuple[Measure, Measure]:
    """Gross, and net of pauses."""
    gross = Measure(
        key=key,
        title=title,
        definition=f"{definition} {GROSS}",
        numerator=f"{what} in time",
        denominator=f"{what} due in the period",
        kind="share",
        unit="per cent",
        better="bigger",
        source=source,
        rows=due_limits,
        counts=_due(kind),
        value=lambda rows: rows.in_time,
    )
    net = Measure(
        key=f"{key}_net",
        title=f"{title}, net of pauses",
        definition=f"{definition} Time in which the clock was paused is not counted.",
        numerator=f"{what} in time, net of pauses",
        denominator=f"{what} due in the period, net of pauses",
        kind="share",
        unit="per cent",
        better="bigger",
        source=source,
        rows=due_limits,
        counts=_net_due(kind),
        value=lambda rows: rows.net_in_time,
        day="net_day",
    )
    return gross, net


TIMELINESS = (
    Measure(
        key="days_to_lead_professional",
        title="Days to a lead professional: mean",
        definition="Mean working days from accepting a family for early help, or its step down, to allocating a lead "
        "professional, for allocations made in the period.",
        numerator="Working days, added up",
        denominator="Allocations in the period",
        kind="mean",
        unit="working days",
        better="smaller",
        source="Walsall 2014",
        rows=allocations,
        value=lambda rows: rows.days,
    ),
    Measure(
        key="days_to_lead_professional_median",
        title="Days to a lead professional: median",
        definition="Median working days from accepting a family for early help, or its step down, to allocating a lead "
        "professional, for allocations made in the period.",
        numerator="Working days, added up",
        denominator="Allocations in the period",
        kind="median",
        unit="working days",
        better="smaller",
        source="Walsall 2014",
        rows=allocations,
        value=lambda rows: rows.days,
    ),
    *_in_time(
        "first_contact_in_time",
        "first_contact",
        "First contacts in time",
        "First contacts",
        "Walsall 2013: 5 working days from allocation",
        "Share of first contacts with the family due in the period that occurred before they were due, however late "
        "they were typed in.",
    ),
    *_in_time(
        "assessment_in_time",
        "assessment",
        "Assessments in time",
        "Assessments",
        "Walsall 2013: 15 working days from allocation",
        "Share of early help assessments due in the period that were completed before they were due, counted from "
        "allocation. What completes one is what stops the pathway's assessment clock.",
    ),
    Measure(
        key="assessment_in_time_from_contact",
        title="Assessments in time, from the contact",
        definition="Share of a case's first assessments that were completed within so many working days of the contact "
        "as the settings say (15 unless changed), by the day that limit ended. Pauses are left out of account.",
        numerator="Assessments completed in time",
        denominator="Assessments that should have been complete on a day of the period, counted from the contact",
        kind="share",
        unit="per cent",
        better="bigger",
        source="Walsall 2013: 15 working days from the contact",
        rows=assessments_from_contact,
        counts=lambda rows: rows.counts == 1,
        value=lambda rows: rows.in_time,
    ),
    *_in_time(
        "reviews_in_time",
        "review",
        "Reviews in time",
        "Reviews",
        "Walsall 2013; Sefton 2023",
        "Share of plan reviews due in the period that were held before they were due. A plan that closed before its "
        "review was due is not counted.",
    ),
    Measure(
        key="referrer_answered",
        title="Referrers answered in time",
        definition="Share of answers to referrers due in the period that were given before they were due.",
        numerator="Answered in time",
        denominator="Answers due in the period",
        kind="share",
        unit="per cent",
        better="bigger",
        source="Pathway file: clock of kind referrer_answer",
        rows=due_limits,
        counts=_due("referrer_answer"),
        value=lambda rows: rows.in_time,
    ),
    Measure(
        key="signposting_reached",
        title="Signposted families who reached the service",
        definition="Share of checks on signposted families due in the period which found that the family had reached "
        "at least one of the services. A check that was never made counts as not reached.",
        numerator="Reached a service",
        denominator="Checks due in the period",
        kind="share",
        unit="per cent",
        better="bigger",
        source="Ofsted joint targeted inspections of the front door",
        rows=due_limits,
        counts=_due("signpost_check"),
        value=lambda rows: rows.reached,
    ),
    Measure(
        key="recording_lag",
        title="Working days until it is recorded",
        definition="Median working days from when something happened with a family until it was typed in, for what was "
        "typed in during the period. Decisions are left out: they happen when they are recorded.",
        numerator="Working days, added up",
        denominator="Recordings in the period",
        kind="median",
        unit="working days",
        better="smaller",
        source="Hertfordshire: within 2 to 3 working days",
        rows=recordings,
        value=lambda rows: rows.days,
        splits=("worker",),
    ),
)
