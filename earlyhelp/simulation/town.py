"""The made-up council at one moment of its history, and the cases that its people have in hand."""

import heapq
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from random import Random
from typing import Any

from sqlalchemy import Connection

from earlyhelp.casework.intake import open_case
from earlyhelp.casework.perform import Performed, perform
from earlyhelp.permissions import Person
from earlyhelp.simulation.arrivals import Fate
from earlyhelp.simulation.data import Words
from earlyhelp.simulation.families import Families, Family
from earlyhelp.simulation.hours import Hours
from earlyhelp.simulation.staff import Staff

PATHWAY = "standard"
PUT_OFF = 0.75
Journey = Generator[datetime, None, None]
"""What one piece of work does: it yields the moment at which it wants to go on, and acts when that has come."""


@dataclass
class Town:
    """Who works here, who lives here, what time it is. `connection` is the transaction of the day."""

    seed: int
    council: Mapping[str, Any]
    hours: Hours
    staff: Staff
    families: Families
    words: Words
    start: datetime
    until: datetime
    pressed_from: datetime
    services: Mapping[str, list[str]]
    headlines: Sequence[str]
    now: datetime
    connection: Connection
    actions: int = 0
    _waiting: list[tuple[datetime, int, Journey]] = field(default_factory=list)
    _order: "count[int]" = field(default_factory=count)

    def begin(self, journey: Journey) -> None:
        """Let a piece of work go on until it first waits."""
        moment = next(journey, None)
        if moment is not None:
            heapq.heappush(self._waiting, (max(moment, self.now), next(self._order), journey))

    def go_on(self) -> None:
        """Take up the piece of work that waits for the nearest moment."""
        self.now, _, journey = heapq.heappop(self._waiting)
        self.begin(journey)

    @property
    def next_moment(self) -> datetime | None:
        """When the next piece of work goes on; None when all is done."""
        return self._waiting[0][0] if self._waiting else None

    def progress(self) -> float:
        """How much of the history has passed, from 0 to 1: practice gets better with time."""
        return (self.now - self.start) / (self.until - self.start)

    @property
    def under_pressure(self) -> bool:
        """The last weeks are busy and short of staff: there is work on every desk, and some of it is late."""
        return self.now >= self.pressed_from

    def open(self, family: Family, dice: Random, **asked: Any) -> "CaseInHand":
        """Begin a case about a family's children."""
        self.actions += 1
        opened = open_case(self.connection, children=family.children, now=self.now, pathway=PATHWAY, **asked)
        occurred_at = asked.get("occurred_at") or self.now
        return CaseInHand(self, family, opened, occurred_at, dice)


@dataclass
class CaseInHand:
    """One case as the people who work on it know it."""

    town: Town
    family: Family
    latest: Performed
    entered_at: datetime
    dice: Random
    needs: list[str] = field(default_factory=list)
    fate: Fate = ""
    scores: dict[str, int] = field(default_factory=dict)
    moves: dict[int, datetime] = field(default_factory=dict)
    """For each event that moved the case, when it happened."""
    team: str | None = None
    lead: Person | None = None

    @property
    def state(self) -> str:
        return self.latest.state

    @property
    def is_open(self) -> bool:
        return not self.latest.step.final

    @property
    def manager(self) -> Person:
        """The manager of the team that has the case; of the front door while none has."""
        return self.town.staff.managers[self.team] if self.team else self.town.staff.screening_manager

    def act(self, action: str, by: Person, /, **fields: Any) -> Performed:
        """Take an action that happens now."""
        return self.record(action, by, self.town.now, **fields)

    def record(self, action: str, by: Person, happened_at: datetime, /, **fields: Any) -> Performed:
        """Write up now what happened then, though never before the case came to where it is."""
        occurred_at = max(happened_at, self.entered_at)
        self.latest = perform(
            self.town.connection,
            reference=self.latest.reference,
            action=action,
            person=by,
            fields=fields,
            now=self.town.now,
            occurred_at=occurred_at,
        )
        self.town.actions += 1
        step = self.latest.step
        if step.from_state != step.to_state:
            self.entered_at = self.moves[self.latest.version] = occurred_at
        if step.final and self.family.open_case is self:
            self.family.open_case = None
        return self.latest

    def entered_before(self, sequence: int) -> datetime:
        """When the case came to the state that an event of its history acted on."""
        return max((at for moved, at in self.moves.items() if moved < sequence), default=self.entered_at)

    def say(self, about: str) -> str:
        return self.town.words.say(self.dice, about)

    def chance(self, of: float) -> bool:
        return self.dice.random() < of

    def days_later(self, *shares: float) -> datetime:
        """A moment in office hours 0, 1, 2 … working days from now, as often as the shares say."""
        days = self.dice.choices(range(len(shares)), weights=shares)[0]
        return self.town.hours.after(self.town.now, days, self.dice)

    def days_of_work_later(self, *shares: float) -> datetime:
        """The same for work that is put off while the service is under pressure."""
        moment = self.days_later(*shares)
        if not (self.town.under_pressure and self.chance(PUT_OFF)):
            return moment
        return self.town.hours.after(moment, self.dice.randint(4, 12), self.dice)
