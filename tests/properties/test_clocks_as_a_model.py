"""Clocks and alerts under any order of events: the database must say what a slow model of domain.md section 4 says.

One family waits for its first contact. Rules start, pause, resume, stop, record late, correct, hand over, step up,
change urgency and sweep, at any moments; after each, every clock's due moment and status and the whole set of alerts
must equal the model's. The model counts days by walking them (day_by_day.py) and shares no code with the engine.
"""

import atexit
import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import Engine, select

from earlyhelp.casework.sweep import sweep
from earlyhelp.records.cases import Case
from earlyhelp.records.clocks import Alert, ClockRow
from earlyhelp.records.database import connect, reading, transaction
from earlyhelp.records.migrate import upgrade
from tests.casework.test_perform import FIRST_CONTACT
from tests.casework.watched_cases import MONDAY, Council, accepted, act, council_in
from tests.properties import day_by_day as slow

HOURS = st.sampled_from([1, 3, 7, 16, 24, 31, 48, 73])
URGENCIES = st.sampled_from(["red", "amber", "green"])
FIRST = "first_contact"
STEP_UP = "step_up_decision"


@dataclass
class Modelled:
    """What must be true of one run of a clock."""

    name: str
    start: datetime
    urgency: str = ""
    pauses: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    status: str = "running"
    recorded_late: bool = False
    alerts: dict[tuple[str, datetime], str] = field(default_factory=dict)

    @property
    def paused(self) -> bool:
        return bool(self.pauses) and self.pauses[-1][1] is None

    def moments(self) -> dict[str, datetime]:
        """Every stage's moment, by walking the days; ended pauses push what they had not let come."""
        if self.name == STEP_UP:
            return self._step_up()
        zero = slow.zero(self.start, slow.working, None)
        days = {"warning_1": 3, "warning_2": 4, "breach": 5, "escalation_1": 7}
        return {stage: self._pushed(slow.step(zero, count, slow.working)) for stage, count in days.items()}

    def _step_up(self) -> dict[str, datetime]:
        if self.urgency == "red":
            return {"warning_1": self.start + timedelta(hours=2), "breach": self.start + timedelta(hours=4)}
        zero = slow.zero(self.start, slow.working, None)
        half, last = (1, 1) if self.urgency == "amber" else (2, 3)
        halfway = slow.on_the_wall(slow.step(zero, half, slow.working), time(13))
        return {"warning_1": halfway, "breach": slow.midnight_after(slow.step(zero, last, slow.working))}

    def _pushed(self, day: Any) -> datetime:
        for begun, ended in self.pauses:
            if ended is not None and slow.midnight_after(day) > begun:
                lost = sum(slow.working(passed) for passed in slow.days_ended(begun, ended))
                day = slow.step(day, lost, slow.working) if lost else day
        return slow.midnight_after(day)

    def due(self) -> datetime:
        return self.moments()["breach"]

    def raise_up_to(self, moment: datetime, status: str) -> None:
        if self.paused or self.status != "running":
            return
        for stage, at in self.moments().items():
            if at <= moment:
                self.alerts.setdefault((stage, at), status)

    def settle(self, *, after: datetime | None = None) -> None:
        for key in self.alerts:
            if after is None or key[1] > after:
                self.alerts[key] = "resolved"

    def moved(self, now: datetime) -> None:
        """Alerts of moments that are no longer this clock's are settled; those that hold again are open again."""
        moments = set(self.moments().items())
        for key in self.alerts:
            self.alerts[key] = "open" if key in moments and key[1] <= now else "resolved"

    def stop(self, occurred: datetime, recorded: datetime) -> None:
        self.raise_up_to(occurred, "open")
        if self.paused:
            begun = self.pauses.pop()[0]
            self.pauses += [(begun, occurred)] if begun <= occurred else []
        in_time = occurred < self.due()
        self.status = "met" if in_time else "met_late"
        self.recorded_late = in_time and self.due() <= recorded
        self.settle()


@cache
def founded() -> tuple[Engine, Council, Path]:
    """A council founded once: each family finds it as it was, and what was compiled for the last."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    engine = connect(f"sqlite:///{folder / 'model.sqlite3'}")
    upgrade(engine)
    council = council_in(engine)
    engine.dispose()
    shutil.copyfile(folder / "model.sqlite3", folder / "founded.sqlite3")
    return engine, council, folder


class FirstContact(RuleBasedStateMachine):
    """One family, from allocation on."""

    def __init__(self) -> None:
        super().__init__()
        self.engine, self.council, folder = founded()
        for beside in folder.glob("model.sqlite3-*"):
            beside.unlink()
        shutil.copyfile(folder / "founded.sqlite3", folder / "model.sqlite3")
        self.now = MONDAY
        self.entered = MONDAY
        self.clocks: dict[str, Modelled] = {}
        self.lead = "lead"
        self.state = "awaiting_first_contact"
        self.stopped_at: datetime | None = None

    def teardown(self) -> None:
        self.engine.dispose()

    @initialize(hours=HOURS)
    def allocate(self, hours: int) -> None:
        with transaction(self.engine) as connection:
            self.reference = accepted(connection, self.council, at=self.now)
        self.now += timedelta(hours=hours)
        self.accepted_at, self.entered = MONDAY, self.now
        self.take("allocate_lead_professional", "manager", {"lead_professional": "lead@council.example"})
        self.allocation = self.entered_by = self.version()
        self.clocks[FIRST] = Modelled(FIRST, self.now)

    def take(
        self, action: str, who: str, fields: dict[str, Any], occurred_at: datetime | None = None
    ) -> None:
        with transaction(self.engine) as connection:
            person = self.council[who]
            act(connection, self.reference, action, person, fields, now=self.now, occurred_at=occurred_at)

    def version(self) -> int:
        with transaction(self.engine) as connection:
            return int(
                connection.execute(select(Case.version).where(Case.reference == self.reference)).scalar_one()
            )

    @property
    def first(self) -> Modelled:
        return self.clocks[FIRST]

    @rule(hours=HOURS)
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule()
    def the_clocks_are_swept(self) -> None:
        with transaction(self.engine) as connection:
            sweep(connection, now=self.now, worker="model")
        for clock in self.clocks.values():
            clock.raise_up_to(self.now, "open")

    @precondition(lambda self: self.first.status == "running" and not self.first.paused)
    @rule(back=st.sampled_from([0, 0, 20, 50]))
    def pause(self, back: int) -> None:
        occurred = max(self.entered, self.now - timedelta(hours=back))
        if self.first.pauses and occurred < (self.first.pauses[-1][1] or occurred):
            return
        self.take("pause_clock", "manager", {"clock": FIRST, "reason": "Abroad"}, occurred)
        self.first.raise_up_to(occurred, "open")
        self.first.settle(after=occurred)
        self.first.pauses.append((occurred, None))

    @precondition(lambda self: self.first.status == "running" and self.first.paused)
    @rule()
    def resume(self) -> None:
        begun = self.first.pauses[-1][0]
        self.take("resume_clock", "manager", {"clock": FIRST, "reason": "Back"})
        self.first.pauses[-1] = (begun, self.now)
        self.first.moved(self.now)

    @rule()
    def another_lead_professional_takes_over(self) -> None:
        self.lead = "other_lead" if self.lead == "lead" else "lead"
        fields = {"lead_professional": f"{self.lead}@council.example", "reason": "Leave"}
        self.take("change_lead_professional", "manager", fields)

    @precondition(lambda self: self.state == "awaiting_first_contact")
    @rule(back=st.sampled_from([0, 5, 30, 80, 170]))
    def the_family_is_reached(self, back: int) -> None:
        occurred = max(self.entered, self.now - timedelta(hours=back))
        self.take("record_first_contact", self.lead, FIRST_CONTACT, occurred)
        self.first.stop(occurred, self.now)
        self.state, self.entered, self.stopped_at = "assessing", occurred, occurred

    @precondition(lambda self: self.state == "awaiting_first_contact" and not self.first.pauses)
    @rule(back=st.integers(min_value=0, max_value=60))
    def the_allocation_turns_out_earlier(self, back: int) -> None:
        happened = max(self.accepted_at, self.first.start - timedelta(hours=back))
        fields = {"event": self.allocation, "happened_at": happened.isoformat(), "reason": "Typed late"}
        self.take("correct_event", "manager", fields)
        if self.entered_by == self.allocation:
            self.entered = happened
        self.first.start = happened
        self.first.moved(self.now)

    @precondition(lambda self: self.state in {"awaiting_first_contact", "assessing"})
    @rule(urgency=URGENCIES)
    def step_up(self, urgency: str) -> None:
        fields = {"what_changed": "Bruises", "level_of_need": "specialist", "urgency": urgency}
        self.take("request_step_up", self.lead, fields)
        self.came_from, self.state, self.entered = self.state, "step_up_requested", self.now
        self.clocks[STEP_UP] = Modelled(STEP_UP, self.now, urgency)
        self.entered_by = self.version()

    @precondition(lambda self: self.state == "step_up_requested")
    @rule(urgency=URGENCIES)
    def urgency_changes(self, urgency: str) -> None:
        self.take("change_urgency", self.lead, {"urgency": urgency, "reason": "New facts"})
        self.clocks[STEP_UP].urgency = urgency
        self.clocks[STEP_UP].moved(self.now)

    @precondition(lambda self: self.state == "step_up_requested")
    @rule(back=st.sampled_from([0, 2, 30]))
    def social_care_returns_it(self, back: int) -> None:
        occurred = max(self.entered, self.now - timedelta(hours=back))
        self.take("return_step_up", "social_care_manager", {"rationale": "Go on"}, occurred)
        self.clocks[STEP_UP].stop(occurred, self.now)
        self.state, self.entered, self.entered_by = self.came_from, occurred, self.version()

    @invariant()
    def the_database_says_what_the_model_says(self) -> None:
        with reading(self.engine) as connection:
            for name, model in self.clocks.items():
                row = connection.execute(
                    select(ClockRow).where(ClockRow.name == name).order_by(ClockRow.id.desc()).limit(1)
                ).one()
                found = connection.execute(select(Alert).where(Alert.clock_id == row.id)).all()
                expected = "paused" if model.paused and model.status == "running" else model.status
                assert row.status == expected, name
                assert row.due_at == model.due(), name
                assert row.recorded_late == model.recorded_late, name
                assert {(a.stage, a.fell_due_at): a.status for a in found} == model.alerts, name


FirstContact.TestCase.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestFirstContact = pytest.mark.slow(FirstContact.TestCase)
