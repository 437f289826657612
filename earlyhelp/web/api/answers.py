"""What callers get, to the letter of the public interface. The shapes fill these, the OpenAPI document tells them."""

from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import NotRequired, TypedDict  # noqa: UP035  pydantic reads no others before Python 3.12

from earlyhelp.casework.contacts import Gender
from earlyhelp.insight.cases import ClockStatus

Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
"""ISO 8601 with its offset, in UTC."""
Day = Annotated[str, Field(json_schema_extra={"format": "date"})]


class ChildAnswer(TypedDict):
    """What others recorded of a child is null where the caller may not see it."""

    person: str
    given_name: str
    family_name: str
    date_of_birth: Day | None
    expected_birth_on: Day | None
    gender: Gender | None
    ethnicity: str | None
    disabled: bool | None
    disabilities: list[str]
    nhs_number: str | None
    upn: str | None
    postcode: str | None
    uprn: str | None


class ClockAnswer(TypedDict):
    """One run of a clock. `about` is whom it waits for where one runs for each of several, such as agencies asked."""

    name: str
    about: str | None
    status: ClockStatus
    started_at: Moment
    due_at: Moment
    stopped_at: Moment | None
    recorded_late: bool


class CaseAnswer(TypedDict):
    reference: str
    pathway: str
    pathway_version: str
    state: str
    outcome: str | None
    level_of_need: str | None
    version: int
    team: str | None
    lead_professional: str | None
    opened_at: Moment
    closed_at: Moment | None
    children: list[ChildAnswer]
    clocks: list[ClockAnswer]
    actions: list[str]


class EventAnswer(TypedDict):
    sequence: int
    action: str
    from_state: str | None
    to_state: str
    occurred_at: Moment
    recorded_at: Moment
    actor: str
    actor_role: str
    reason: str | None
    fields: dict[str, Any]
    pathway_version: str
    hash: str


class AlertAnswer(TypedDict):
    id: int
    case: str
    clock: str
    stage: str
    fell_due_at: Moment
    raised_at: Moment
    status: Literal["open", "acknowledged", "resolved"]
    audience: list[str]
    acknowledged_by: str | None
    promise: str | None


class DayAnswer(TypedDict):
    date: Day
    counted: bool
    number: int | None
    reason: str
    holder: str | None


class WorkingAnswer(ClockAnswer):
    """One run of a clock with its working. `gross_due_at` is when it would be due had it never been paused."""

    gross_due_at: Moment
    rule: str
    pathway: str
    pathway_version: str
    gross_days: int
    net_days: int
    whose_days: dict[str, int]
    past_known_holidays: bool
    pauses: list[dict[str, Any]]
    days: list[DayAnswer]


class ClockWithWorking(WorkingAnswer):
    """The latest run of a clock, and those before it, latest first."""

    earlier_runs: list[WorkingAnswer]


class ChoiceAnswer(TypedDict):
    code: str
    label: str


class FieldAnswer(TypedDict):
    """`required` is true, false or a condition in words. `answers` is given for each chosen service, where asked."""

    name: str
    type: str
    required: bool | str
    choices: list[ChoiceAnswer]
    answers: NotRequired[list[ChoiceAnswer]]
    min: NotRequired[int]
    max: NotRequired[int]


# The keyword `from` can be a key only in this way of writing.
ActionAnswer = TypedDict(
    "ActionAnswer",
    {
        "name": str,
        "title": str,
        "from": list[str],
        "to": str,
        "roles": list[str],
        "fields": list[FieldAnswer],
    },
)


class StateAnswer(TypedDict):
    name: str
    title: str
    kind: str
    final: bool


class PathwayClockAnswer(TypedDict):
    name: str
    title: str
    starts: list[str]
    stops: list[str]
    due: str | dict[str, str]


class PathwayAnswer(TypedDict):
    name: str
    title: str
    version: str
    states: list[StateAnswer]
    actions: list[ActionAnswer]
    clocks: list[PathwayClockAnswer]


# The keyword `from` can be a key only in this way of writing.
MeasureAnswer = TypedDict(
    "MeasureAnswer",
    {
        "key": str,
        "title": str,
        "unit": str,
        "better": Literal["bigger", "smaller", "neither"],
        "from": Day,
        "to": Day,
        "team": str | None,
        "as_known_on": Day | None,
        "value": float | None,
        "numerator": float | None,
        "denominator": float | None,
        "suppressed": bool,
        "target": float | None,
        "status": Literal["met", "near", "missed", "no target", "not known"],
        "cases": str | None,
    },
)


class CasesAnswer(TypedDict):
    cases: list[CaseAnswer]
    next_cursor: str | None


class AlertsAnswer(TypedDict):
    alerts: list[AlertAnswer]
    next_cursor: str | None


class HistoryAnswer(TypedDict):
    events: list[EventAnswer]
