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
TIERS = {"escalation": 0, "breach": 1, "warning": 2}
NOT_URGENT = len(TIERS)


def stage_moments(schedule: Schedule) -> dict[str, datetime | None]:
    """Every stage of a clock with its moment, None where it has no such stage."""
    warnings, rungs = list(schedule.warnings), list(schedule.escalations)
    moments: dict[str, datetime | None] = {"breach": schedule.due_at}
    for n in range(3):
        moments[f"warning_{n + 1}"] = warnings[n] if n < len(warnings) else None
        moments[f"escalation_{n + 1}"] = rungs[n] if n < len(rungs) else None
    return moments


def stage_moments_of(row: Row[Any]) -> dict[str, datetime | None]:
    return {stage: getattr(row, "due_at" if stage == "breach" else f"{stage}_at") for stage in STAGES}


def stage_columns(schedule: Schedule) -> dict[str, Any]:
    moments = stage_moments(schedule)
    columns = {f"{stage}_at": at for stage, at in moments.items() if stage != "breach"}
    return columns | {"due_at": schedule.due_at}


def tier_of(stage: str, urgent: bool) -> int:
    """An alert's place among others, 0 the first: `sweep_statements` says the same in SQL."""
    kind = stage.partition("_")[0]
    return (0 if urgent else NOT_URGENT) + TIERS[kind]
