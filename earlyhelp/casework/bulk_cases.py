"""A case of a list while it is in memory: its columns, its clocks, and the moments at which things happen to it."""

from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace

from earlyhelp.casework.contacts import ContactTold
from earlyhelp.casework.history import FIRST_HASH
from earlyhelp.casework.intake import Beginning
from earlyhelp.casework.moments import Moment
from earlyhelp.casework.youngest import youngest_told
from earlyhelp.pathway.machine import CompiledPathway

OPEN = frozenset({"running", "paused"})


class NotInBulk(Exception):
    """The step moves, pauses or resumes a clock, corrects or joins: only the slow way does that."""


@dataclass
class CaseInBulk:
    """A case that is still in memory: its columns as attributes, its clocks, the engine that it runs on."""

    columns: SimpleNamespace
    clocks: list[SimpleNamespace]
    engine: CompiledPathway
    pathway_id: int

    @property
    def id(self) -> int:
        return int(self.columns.id)

    @property
    def reference(self) -> str:
        return str(self.columns.reference)

    @property
    def state(self) -> str:
        return str(self.columns.state)

    def running(self) -> list[SimpleNamespace]:
        return [clock for clock in self.clocks if clock.status in OPEN]


def opened(beginning: Beginning, told: ContactTold) -> SimpleNamespace:
    step, at = beginning.step, beginning.asked.occurred_at
    facts = {name: step.sets.get(name) for name in ("level_of_need", "urgency", "agreement", "sharing_basis")}
    return SimpleNamespace(
        id=beginning.case_id,
        reference=beginning.reference,
        pathway_id=beginning.pathway_id,
        state=step.to_state,
        state_kind=step.to_kind,
        is_open=not step.final,
        state_entered_at=at,
        came_from=None,
        outcome=None,
        **facts,
        version=1,
        last_hash=FIRST_HASH,
        team_id=None,
        lead_professional_id=None,
        assessment_author_id=None,
        family_id=None,
        restricted=False,
        opened_by_id=beginning.asked.person.id,
        opened_at=at,
        closed_at=None,
        last_event_at=at,
        next_due_at=None,
        youngest_born_on=youngest_told(told.children),
        claimed_by_id=None,
        claimed_until=None,
    )


def moment_now(case: CaseInBulk, now: datetime) -> Moment:
    """A moment at which no event happens to the case, but something that concerns its clocks."""
    columns = case.columns
    return Moment(
        case_id=case.id,
        pathway_id=case.pathway_id,
        sequence=columns.version,
        title="Import",
        occurred_at=now,
        recorded_at=now,
        team_id=columns.team_id,
        lead_professional_id=columns.lead_professional_id,
        by="",
        reason=None,
    )
