"""The stages of a clock, its warnings, its breach and the rungs of its ladder: their moments, and which come first."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row

from earlyhelp.pathway.clocks import Schedule

STAGES = (
    "warning_1",
    "warning_2",
    "warning_3",
    "breach",
    "escalation_1",
    "escalation_2",
    "escalation_3",
)
_COLUMNS = {stage: "due_at" if stage == "breach" else f"{stage}_at" for stage in STAGES}
_NONE = (None, None, None)
TIERS = {"escalation": 0, "breach": 1, "warning": 2}
NOT_URGENT = len(TIERS)


def stage_moments(schedule: Schedule) -> dict[str, datetime | None]:
    """Every stage of a clock with its moment, None where it has no such stage."""
    warnings, rungs = (*schedule.warnings, *_NONE)[:3], (*schedule.escalations, *_NONE)[:3]
    return dict(zip(STAGES, (*warnings, schedule.due_at, *rungs), strict=True))


def stage_moments_of(row: Row[Any]) -> dict[str, datetime | None]:
    return {stage: getattr(row, column) for stage, column in _COLUMNS.items()}


def stage_columns(schedule: Schedule) -> dict[str, Any]:
    return {_COLUMNS[stage]: at for stage, at in stage_moments(schedule).items()}


def tier_of(stage: str, urgent: bool) -> int:
    """An alert's place among others, 0 the first: `sweep_statements` says the same in SQL."""
    kind = stage.partition("_")[0]
    return (0 if urgent else NOT_URGENT) + TIERS[kind]
