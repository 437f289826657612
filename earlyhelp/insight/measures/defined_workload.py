"""The measures of a moment, and what people say of the service."""

from typing import Any

from sqlalchemy import and_

from earlyhelp.insight.measures.measure import Measure
from earlyhelp.insight.measures.said import feedback
from earlyhelp.insight.measures.standing import standing

LED = ("first_contact", "assessment", "authorisation", "plan", "step_up")


def _waits(kind: str) -> Any:
    return lambda rows: rows.state_kind == kind


WORKLOAD = (
    Measure(
        key="open_cases",
        title="Open cases",
        definition="Cases open at the end of the last day of the period, wherever they are on the pathway.",
        numerator="Open cases",
        denominator="None: a count",
        kind="count",
        unit="number",
        better="smaller",
        source="Council scorecards",
        rows=standing,
        day=None,
        splits=("state_kind",),
    ),
    Measure(
        key="unallocated",
        title="Families without a lead professional",
        definition="Families accepted for early help that waited for a lead professional at the end of the last day of "
        "the period.",
        numerator="Families waiting",
        denominator="None: a count",
        kind="count",
        unit="number",
        better="smaller",
        source="Council scorecards",
        rows=standing,
        counts=_waits("allocation"),
        day=None,
    ),
    Measure(
        key="caseload",
        title="Open cases per full-time worker",
        definition="Cases in early help that had a lead professional at the end of the last day of the period, for "
        "each full-time equivalent of active lead professionals. Ranges, weights and ceilings are on the caseload "
        "page.",
        numerator="Open cases with a lead professional",
        denominator="Full-time equivalents of lead professionals, as they are today",
        kind="per_fte",
        unit="cases per FTE",
        better="smaller",
        source="Council scorecards",
        rows=standing,
        counts=lambda rows: and_(rows.state_kind.in_(LED), rows.lead_professional_id.is_not(None)),
        day=None,
    ),
    Measure(
        key="authorisation_queue",
        title="Assessments waiting for authorisation",
        definition="Assessments that waited for a manager at the end of the last day of the period.",
        numerator="Assessments waiting",
        denominator="None: a count",
        kind="count",
        unit="number",
        better="smaller",
        source="Ofsted: management oversight",
        rows=standing,
        counts=_waits("authorisation"),
        day=None,
    ),
    Measure(
        key="authorisation_wait",
        title="Wait for authorisation: median",
        definition="Median working days for which the assessments waiting for a manager at the end of the last day of "
        "the period had waited.",
        numerator="Working days, added up",
        denominator="Assessments waiting",
        kind="median",
        unit="working days",
        better="smaller",
        source="Ofsted: management oversight",
        rows=standing,
        counts=_waits("authorisation"),
        value=lambda rows: rows.waited,
        day=None,
    ),
    Measure(
        key="authorisation_oldest",
        title="Wait for authorisation: longest",
        definition="Working days for which the assessment that had waited longest for a manager had waited, at the end "
        "of the last day of the period.",
        numerator="Working days of the longest wait",
        denominator="Assessments waiting",
        kind="longest",
        unit="working days",
        better="smaller",
        source="Ofsted: management oversight",
        rows=standing,
        counts=_waits("authorisation"),
        value=lambda rows: rows.waited,
        day=None,
    ),
    Measure(
        key="compliments",
        title="Compliments",
        definition="Compliments received in the period.",
        numerator="Compliments",
        denominator="None: a count",
        kind="count",
        unit="number",
        better="bigger",
        source="Council scorecards",
        rows=feedback,
        counts=lambda rows: rows.kind == "compliment",
    ),
    Measure(
        key="feedback",
        title="Complaints",
        definition="Complaints received in the period, by stage: 1 local resolution, 2 investigation, 3 review panel.",
        numerator="Complaints",
        denominator="None: a count",
        kind="count",
        unit="number",
        better="smaller",
        source="Children Act 1989 Representations Procedure Regulations 2006",
        rows=feedback,
        counts=lambda rows: rows.kind == "complaint",
        splits=("stage",),
    ),
    Measure(
        key="family_satisfaction",
        title="Family satisfaction",
        definition="Mean of the scores from 1 to 5 that families gave the service in the period.",
        numerator="Scores, added up",
        denominator="Families who gave a score",
        kind="mean",
        unit="points",
        better="bigger",
        source="Council scorecards",
        rows=feedback,
        counts=lambda rows: rows.kind == "satisfaction",
        value=lambda rows: rows.score,
    ),
)
