"""What one worker may hold: the council's own figures, kept as one setting."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt, ValidationError
from sqlalchemy import ColumnElement, Connection, Integer, Numeric, and_, case as when, cast, func, select

from earlyhelp.records.organisation import CouncilSetting, Team, User

KEY = "workload"
FULL = 100
"""Points that are the most a full-time worker should hold."""
LEVELS = ("universal", "additional", "targeted", "specialist")
WORK_KINDS = ("allocation", "first_contact", "assessment", "authorisation", "plan", "step_up")
UNKNOWN = "unknown"
_SETTING = select(CouncilSetting.value).where(CouncilSetting.key == KEY)


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

    def ceiling(self) -> ColumnElement[int]:
        """Open cases for the worker in a row of `User` and its `Team`: their own ceiling, or else the team's before
        that of its kind, less for the newly qualified, in proportion to the hours worked, at least one."""
        kind = func.coalesce(Team.kind, "other")
        of_kind = when(dict(self.ceilings), value=kind, else_=self.ceilings["other"])
        full = func.coalesce(Team.ceiling, of_kind)
        newly = and_(User.newly_qualified, full > self.newly_qualified)
        by_hours = when((newly, self.newly_qualified), else_=full) * User.fte
        # Of half a case both databases make a whole one, but PostgreSQL only where the number is a decimal, and SQLite
        # only where it is a half: 0.58 of 25 cases is a little less before it is rounded to a part of a case.
        rounded = cast(func.round(func.round(cast(by_hours, Numeric), 6)), Integer)
        return func.coalesce(User.ceiling, func.nullif(rounded, 0), 1)


SHIPPED = WorkloadRules()


def workload_rules(text: str | None) -> WorkloadRules:
    """The rules in the text of the setting; those shipped where there is none that can be read."""
    try:
        return WorkloadRules.model_validate_json(text) if text else SHIPPED
    except ValidationError:
        return SHIPPED


def read_workload_rules(connection: Connection) -> WorkloadRules:
    return workload_rules(connection.scalar(_SETTING))


def own_rules() -> ColumnElement[str]:
    """The text of the setting within a query, empty without one: whether the rules are still those of some moment."""
    return func.coalesce(_SETTING.scalar_subquery(), "")
