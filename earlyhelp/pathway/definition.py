"""What a pathway file may say. Everything a council decides about the way of a case stands here, as data."""

from collections.abc import Mapping
from datetime import date, time
from fractions import Fraction
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field as Setting, StringConstraints, model_validator

from earlyhelp.pathway.spans import Counting, Ladder, LocalTime, Span
from earlyhelp.pathway.vocabulary import (
    ActionKind,
    Audience,
    ClockKind,
    Fact,
    FieldType,
    Holder,
    LevelKey,
    Role,
    StateKind,
    Told,
)

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
Words = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=r"\S")]
Share = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]?%$")]


class Part(BaseModel):
    """A piece of a pathway file: unknown keys are refused, and nothing changes once it is loaded."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """What was worked out once of the original is worked out anew of a copy."""
        copied = super().model_copy(update=update, deep=deep)
        for name in copied.__dict__.keys() - type(self).model_fields.keys():
            del copied.__dict__[name]
        return copied


class Code(Part):
    """One entry of a code list. Valid from `valid_from` to `valid_to`, both days included."""

    label: Words
    valid_from: date | None = None
    valid_to: date | None = None

    def is_valid_on(self, day: date) -> bool:
        after_start = self.valid_from is None or self.valid_from <= day
        return after_start and (self.valid_to is None or day <= self.valid_to)


CodeList = dict[str, Code]


class Level(Part):
    """A local level of need. `key` is what travels between councils; number, name and colour are local."""

    key: LevelKey
    number: Words
    name: Words
    colour: Literal["grey", "green", "turquoise", "blue", "purple", "pink", "red", "orange", "yellow"] = (
        "grey"
    )
    description: str = ""
    code: Name | None = None
    """Set when a council splits one level, as 3a and 3b: then this is what is stored."""


class Office(Part):
    """Office hours, local time. Council closures are not here: they change with the year, not the pathway."""

    opens: LocalTime = time(9)
    closes: LocalTime = time(17)


class RequiredWhen(Part):
    """Required only when another field of the same action has one of these values."""

    when: Name
    values: list[str] = Setting(alias="is", min_length=1)

    def __str__(self) -> str:
        return f"when {self.when} is {' or '.join(self.values)}"


class Field(Part):
    """One thing that must or may be recorded with an action.

    `only` narrows a code list to the codes that this action can take; `otherwise` is what a person reads who
    gives another.
    """

    name: Name
    title: Words
    type: FieldType
    required: bool | RequiredWhen = True
    hint: str = ""
    codes: Name | None = None
    only: list[str] = []
    otherwise: str = ""
    role: Role | None = None
    sets: Fact | None = None
    min: int | None = None
    max: int | None = None
    max_length: int = Setting(default=20_000, ge=1, le=100_000)


class Guard(BaseModel):
    """A named, pure condition from `guards.py`, with the parameters this file gives it."""

    model_config = ConfigDict(extra="allow", frozen=True)
    name: Name

    @property
    def parameters(self) -> dict[str, Any]:
        return dict(self.model_extra or {})


class Way(Part):
    """Another destination for an action: when a field has one of these values, or while a clock still runs."""

    when: Name | None = None
    values: list[str] = Setting(default=[], alias="is")
    still: Name | None = Setting(default=None, alias="while")
    """A clock of which, after the action, at least one still runs."""
    to: Name

    @model_validator(mode="after")
    def has_one_condition(self) -> Self:
        if (self.when is None) == (self.still is None):
            raise ValueError("say when this way is taken: either when = … with is = […], or while = a clock")
        if (self.when is None) != (not self.values):
            raise ValueError("when = … and is = […] belong together")
        return self


class Action(Part):
    """What somebody may do to a case, from which states, and what must be recorded.

    `to` is a state, `same` (stay) or `back` (return where a step up came from).
    `outcome` is written on the case when it closes; `outcome_field` takes it from what was recorded;
    `outcomes_by_origin` gives another one by the state that a step up came from.
    `form` names a file of `forms/` that is filled in section by section before the action is taken with its answers.
    """

    name: Name
    title: Words
    kind: ActionKind
    sources: list[Name] = Setting(default=[], alias="from")
    to: Name
    ways: list[Way] = []
    roles: list[Role] = []
    guards: list[Guard] = []
    fields: list[Field] = []
    outcome: Name | None = None
    outcome_field: Name | None = None
    outcomes_by_origin: dict[Name, Name] = {}
    hint: str = ""
    form: Name | None = None
    tells: list[Told] = []

    @property
    def opens_a_case(self) -> bool:
        return not self.sources

    def outcome_from(self, origin: str | None) -> str | None:
        return self.outcomes_by_origin.get(origin or "", self.outcome)

    @cached_property
    def by_name(self) -> dict[str, Field]:
        return {field.name: field for field in reversed(self.fields)}

    @cached_property
    def references(self) -> tuple[Field, ...]:
        """The fields that name a record of the council's."""
        return tuple(field for field in self.fields if field.type in {"person", "team", "services"})

    @cached_property
    def takers(self) -> frozenset[str]:
        """The roles in which it may be taken."""
        return frozenset(self.roles)

    @cached_property
    def setting(self) -> tuple[tuple[Fact, str], ...]:
        """Each fact that it sets, with the field that says it."""
        return tuple((field.sets, field.name) for field in self.fields if field.sets)

    def field(self, name: str) -> Field | None:
        return self.by_name.get(name)


class State(Part):
    """Where a case can be."""

    name: Name
    title: Words
    kind: StateKind
    final: bool = False
    description: str = ""


class Before(Part):
    """A warning given as a span before the due moment."""

    before: Span


class Stage(Part):
    """Who hears of a stage. `urgent` messages go out at any hour, others in working hours."""

    to: list[Audience] = Setting(default=["manager"], min_length=1)
    urgent: bool = False


class Rung(Stage):
    """One rung of the escalation ladder: who else hears when so much more time has passed since the breach."""

    after: Span


class Clock(Part):
    """A time limit: which actions start it, which stop it, when it is due, who hears of it.

    Either `due`, or `due_by` naming a fact (such as urgency) with one span per value in `dues`.
    With `into`, an action starts it only when the case comes to one of those states. With `only_when`, only
    where each fact named there then has one of the values named.
    `ends` names actions after which nothing is left to time: they end it without a judgement.
    `due_after` gives another span when that action started it; `or_sooner` names a date field that
    brings the due day forward. With `each`, one clock runs for each name given in that field, between
    semicolons; an action that stops it and names one of them stops that one alone.
    """

    name: Name
    title: Words
    kind: ClockKind
    starts: list[Name] = Setting(min_length=1)
    stops: list[Name] = Setting(min_length=1)
    into: list[Name] = []
    only_when: dict[Fact, list[str]] = {}
    ends: list[Name] = []
    each: Name | None = None
    due: Span | None = None
    due_by: Fact | None = None
    dues: dict[str, Span] = {}
    due_after: dict[Name, Span] = {}
    or_sooner: Name | None = None
    count_from: Literal["next_day", "same_day"] = "next_day"
    cut_off: LocalTime | None = None
    until: Literal["end_of_day", "close_of_business"] = "end_of_day"
    warn: list[Share | Before] = Setting(default=[], max_length=3)
    warn_to: list[Audience] = Setting(default=["holder"], min_length=1)
    breach: Stage = Stage()
    escalate: list[Rung] = Setting(default=[], max_length=3)
    holder: Holder
    pausable: bool = False

    @cached_property
    def counting(self) -> Counting:
        return Counting(count_from=self.count_from, cut_off=self.cut_off, until=self.until)

    @cached_property
    def ladder(self) -> Ladder:
        return Ladder(
            self.counting,
            tuple(
                warning.before if isinstance(warning, Before) else Fraction(int(warning.rstrip("%")), 100)
                for warning in self.warn
            ),
            tuple(rung.after for rung in self.escalate),
        )

    @model_validator(mode="after")
    def has_one_kind_of_due(self) -> Self:
        if (self.due is None) == (self.due_by is None):
            raise ValueError("say when it is due: either due = {…}, or due_by with dues")
        if self.each is not None and self.pausable:
            raise ValueError("a clock that runs for each of several cannot be paused: nobody could say which")
        if self.due_by is not None and not self.dues:
            raise ValueError(f"dues must give a span for each value of {self.due_by}")
        return self

    def holds_for(self, facts: dict[str, str | None]) -> bool:
        """Whether it is a clock for a case of these facts at all."""
        return not self.only_when or all(facts.get(fact) in values for fact, values in self.only_when.items())

    def span_for(self, *, action: str, facts: dict[str, str | None]) -> Span:
        """The span that holds when `action` starts the clock. KeyError if the deciding fact has no span."""
        if self.due_by is not None:
            return self.dues[facts.get(self.due_by) or ""]
        assert self.due is not None
        return self.due_after.get(action, self.due)


class Pathway(Part):
    """One version of one pathway. Compared and compiled whole; a case keeps the version it started on."""

    format: Literal[1] = 1
    name: Name
    title: Words
    version: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z.\-]{0,19}$")]
    summary: str = ""
    effective_from: date | None = None
    terms: dict[Name, Words] = {}
    levels: list[Level] = Setting(min_length=1)
    office: Office = Office()
    codes: dict[Name, CodeList] = {}
    states: dict[Name, State]
    actions: dict[Name, Action]
    clocks: dict[Name, Clock] = {}

    def actions_from(self, state: str) -> list[Action]:
        return self.leaving.get(state, [])

    def opening_actions(self) -> list[Action]:
        return [action for action in self.actions.values() if action.opens_a_case]

    def term(self, name: str) -> str:
        """What this council calls a role or a thing."""
        return self.terms.get(name, name.replace("_", " "))

    def choices(self, field: Field) -> CodeList:
        """The codes a choice field offers; empty for other types. `lint` has checked that the list exists."""
        if not field.codes:
            return {}
        codes = self.codes[field.codes]
        return {code: codes[code] for code in codes if code in field.only} if field.only else codes

    @cached_property
    def leaving(self) -> dict[str, list[Action]]:
        """By the name of each state, the actions possible there."""
        return {
            state: [action for action in self.actions.values() if state in action.sources]
            for state in self.states
        }

    @cached_property
    def offered(self) -> dict[str, dict[str, CodeList]]:
        """By the names of each action and of its fields, the codes that a field offers."""
        return {
            name: {field.name: self.choices(field) for field in action.fields if field.codes}
            for name, action in self.actions.items()
        }

    @cached_property
    def starting(self) -> dict[str, list[Clock]]:
        """By the name of each action, the clocks that it may start."""
        return {
            action: [clock for clock in self.clocks.values() if action in clock.starts]
            for action in self.actions
        }

    def clocks_started_by(self, action: str, to_state: str) -> list[Clock]:
        return [clock for clock in self.starting.get(action, ()) if not clock.into or to_state in clock.into]
