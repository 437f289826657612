"""What the engine is told, what it answers, and the refusals it may give."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from earlyhelp.pathway.clocks import Pause, Schedule, Span
from earlyhelp.pathway.definition import Action, Clock


class Actor(NamedTuple):
    """Who acts, in the roles that count on this case. `id` is None for the public form and the scheduler."""

    id: int | None
    roles: frozenset[str]
    team_kind: str | None = None


def clock_key(name: str, about: str) -> str:
    """What tells one open clock of a case from another: its name, and whom it is about where there are several."""
    return f"{name}: {about.casefold()}" if about else name


class OpenClock(NamedTuple):
    """A clock of the case that is running or paused."""

    name: str
    started_at: datetime
    schedule: Schedule
    span: Span
    paused: bool = False
    pauses: tuple[Pause, ...] = ()
    about: str = ""
    """Which of several, where one runs for each."""

    @property
    def key(self) -> str:
        return clock_key(self.name, self.about)


class Facts(NamedTuple):
    """Everything about one case that a rule may depend on. `state` is None before the case exists."""

    state: str | None
    state_entered_at: datetime | None = None
    came_from: str | None = None
    outcome: str | None = None
    level_of_need: str | None = None
    urgency: str | None = None
    agreement: str | None = None
    lead_professional: int | None = None
    assessment_author: int | None = None
    closed_at: datetime | None = None
    clocks: tuple[OpenClock, ...] = ()
    earlier_below_threshold: tuple[datetime, ...] = ()
    """When earlier contacts about any of the same children were closed below threshold, on other cases."""
    children_without_birth_date: int = 0
    open_cases_of_children: tuple[str, ...] = ()
    """References of other open cases of any of the same children."""

    def deciding(self) -> dict[str, str | None]:
        """The facts that a due moment may depend on."""
        return {"level_of_need": self.level_of_need, "urgency": self.urgency, "agreement": self.agreement}


class ClockStart(NamedTuple):
    """A clock to start, or to set anew from its original start."""

    clock: Clock
    schedule: Schedule
    span: Span
    gross_due_at: datetime | None = None
    """The due moment without any pause, where it is another than the schedule's."""
    about: str = ""

    @property
    def key(self) -> str:
        return clock_key(self.clock.name, self.about)


@dataclass(frozen=True)
class ClockPause:
    """A running clock to pause."""

    name: str


@dataclass(frozen=True)
class ClockResume:
    """A paused clock to resume, with the schedule moved by the time it was paused."""

    name: str
    schedule: Schedule


class Step(NamedTuple):
    """What follows from one action. Nothing has been written yet."""

    action: Action
    from_state: str | None
    to_state: str
    to_kind: str
    final: bool
    came_from: str | None
    outcome: str | None
    fields: Mapping[str, Any]
    sets: Mapping[str, Any]
    starts: tuple[ClockStart, ...] = ()
    stops: tuple[str, ...] = ()
    """Keys of open clocks (see `clock_key`), like those of `voids`."""
    voids: tuple[str, ...] = ()
    moves: tuple[ClockStart, ...] = ()
    pauses: tuple[ClockPause, ...] = ()
    resumes: tuple[ClockResume, ...] = ()


class Refused(Exception):
    """The action is refused, in words a practitioner can read. Nothing has changed."""


class UnknownAction(Refused):
    """This pathway has no action of that name."""


class WrongRole(Refused):
    """Nobody in these roles may take the action on this case."""


class WrongState(Refused):
    """The action cannot be taken from where the case is. `possible` names those that can."""

    def __init__(self, words: str, possible: tuple[str, ...]) -> None:
        super().__init__(words)
        self.possible = possible


class BadFields(Refused):
    """What was recorded is missing, malformed or refused by a guard: words per field."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        self.errors = {name: list(words) for name, words in errors.items()}
        super().__init__("; ".join(f"{name}: {' '.join(words)}" for name, words in self.errors.items()))


class GuardRefused(BadFields):
    """A guard of the pathway refuses; its words say what would make the action possible."""

    def __init__(self, words: str, field: str | None) -> None:
        super().__init__({field or "action": [words]})
