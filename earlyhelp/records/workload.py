"""What one worker may hold: the council's own figures, kept as one setting."""

from collections.abc import Mapping
from math import floor
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt, ValidationError
from sqlalchemy import Connection, Label, select

from earlyhelp.records.organisation import CouncilSetting

KEY = "workload"
FULL = 100
"""Points that are the most a full-time worker should hold."""
LEVELS = ("universal", "additional", "targeted", "specialist")
WORK_KINDS = ("allocation", "first_contact", "assessment", "authorisation", "plan", "step_up")
UNKNOWN = "unknown"


class WorkloadRules(BaseModel):
    """Ceilings in open cases for one full-time worker, by kind of team; points of a case by how complex it is
    (its level of need) and by the routine work of its state: visits, supervision, reviews.

    The figures shipped are those of the published caseload policy in the domain notes: 20, 16, 12, and 100 points.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    ceilings: Mapping[str, PositiveInt] = Field(
        default={"front_door": 20, "locality": 16, "social_care": 16, "other": 16}
    )
    newly_qualified: PositiveInt = 12
    complexity: Mapping[str, NonNegativeInt] = Field(
        default={"universal": 2, "additional": 3, "targeted": 4, "specialist": 6, UNKNOWN: 3}
    )
    routine: Mapping[str, NonNegativeInt] = Field(
        default={
            "allocation": 0,
            "first_contact": 1,
            "assessment": 3,
            "authorisation": 1,
            "plan": 2,
            "step_up": 1,
        }
    )

    def points(self, level_of_need: str | None, state_kind: str) -> int:
        """The points of one case. A local level, such as `targeted_3a`, weighs what the level it is part of weighs."""
        level = (level_of_need or "").split("_")[0]
        complexity = self.complexity.get(level, self.complexity.get(UNKNOWN, 0))
        return complexity + self.routine.get(state_kind, 0)

    def ceiling(self, *, team_kind: str | None, team: int | None, fte: float, newly_qualified: bool) -> int:
        """Open cases for one worker: the team's own ceiling before that of its kind, less for the newly qualified,
        in proportion to the hours worked, at least one."""
        full = team or self.ceilings.get(team_kind or "other", self.ceilings["other"])
        if newly_qualified:
            full = min(full, self.newly_qualified)
        return max(floor(full * fte + 0.5), 1)


SHIPPED = WorkloadRules()


def workload_rules(text: str | None) -> WorkloadRules:
    """The rules in the text of the setting; those shipped where there is none that can be read."""
    try:
        return WorkloadRules.model_validate_json(text) if text else SHIPPED
    except ValidationError:
        return SHIPPED


def workload_setting() -> Label[Any]:
    """A column for other queries: the text of the setting."""
    return select(CouncilSetting.value).where(CouncilSetting.key == KEY).scalar_subquery().label("rules")


def read_workload_rules(connection: Connection) -> WorkloadRules:
    return workload_rules(connection.scalar(select(CouncilSetting.value).where(CouncilSetting.key == KEY)))
