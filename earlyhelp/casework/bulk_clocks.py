"""The clocks of cases in memory: started, stopped and judged as `clockwork` does, with the alerts of what passed."""

from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import Connection, select

from earlyhelp.casework.bulk_cases import CaseInBulk, moment_now
from earlyhelp.casework.bulk_gathering import Gathered
from earlyhelp.casework.clockwork import started
from earlyhelp.casework.moments import Moment, happened, no_longer
from earlyhelp.casework.stages import stage_moments_of, tier_of
from earlyhelp.pathway.clocks import judge
from earlyhelp.pathway.facts import Step
from earlyhelp.records.clocks import Alert, ClockRow, StageRule


class ClocksInBulk:
    """The clocks of the cases that are being gathered."""

    def __init__(self, connection: Connection, gathered: Gathered) -> None:
        self.connection = connection
        self.gathered = gathered
        self._rules: dict[tuple[int, str], dict[str, Any]] = {}

    def start(self, case: CaseInBulk, step: Step, moment: Moment) -> None:
        for start in step.starts:
            row = {"id": self.gathered.next_id(ClockRow), **_EMPTY_CLOCK, **started(start, moment)}
            case.clocks.append(SimpleNamespace(**row))
        case.columns.next_due_at = _nearest(case)

    def stop(self, clock: SimpleNamespace, moment: Moment) -> None:
        judgement = judge(clock.due_at, moment.occurred_at, moment.recorded_at)
        self._settle_passed(clock, moment.occurred_at, moment, happened(moment))
        clock.recorded_late = judgement.recorded_late
        clock.team_id, clock.lead_professional_id = moment.team_id, moment.lead_professional_id
        _end(clock, moment, status=judgement.status)

    def void(self, clock: SimpleNamespace, moment: Moment, words: str = "") -> None:
        """End a clock that says nothing of this case."""
        self._settle_passed(clock, moment.occurred_at, moment, words or no_longer(moment))
        _end(clock, moment, status="void")

    def settle_past(self, case: CaseInBulk, *, now: datetime, words: str) -> None:
        """What fell due of running clocks before `now` is kept as settled: it is no news to anybody today."""
        for clock in case.running():
            moments = [at for at in stage_moments_of(cast(Any, clock)).values() if at is not None]
            self._settle_passed(clock, now, moment_now(case, now), words)
            clock.next_moment = min((at for at in moments if at > now), default=None)
        case.columns.next_due_at = _nearest(case)

    def _settle_passed(self, clock: SimpleNamespace, until: datetime, moment: Moment, words: str) -> None:
        """The stages that passed are alerts as well, raised and settled by what ended the clock."""
        if clock.next_moment is None or clock.next_moment > until:
            return
        for stage, at in stage_moments_of(cast(Any, clock)).items():
            if at is None or not clock.next_moment <= at <= until:
                continue
            rule = self._rule(clock.pathway_id, clock.name)[stage]
            self.gathered.add(Alert, _settled_alert(clock, rule, at, moment, words))

    def _rule(self, pathway_id: int, clock: str) -> dict[str, Any]:
        if (pathway_id, clock) not in self._rules:
            rows = self.connection.execute(
                select(StageRule).where(StageRule.pathway_id == pathway_id, StageRule.clock == clock)
            )
            self._rules[pathway_id, clock] = {row.stage: row for row in rows}
        return self._rules[pathway_id, clock]


_EMPTY_CLOCK = {
    "stopped_at": None,
    "stop_recorded_at": None,
    "stopped_by": None,
}


def _end(clock: SimpleNamespace, moment: Moment, *, status: str) -> None:
    clock.status = status
    clock.stopped_at, clock.stop_recorded_at = moment.occurred_at, moment.recorded_at
    clock.stopped_by, clock.next_moment = moment.sequence, None


def _nearest(case: CaseInBulk) -> datetime | None:
    return min((clock.due_at for clock in case.clocks if clock.status == "running"), default=None)


def _settled_alert(
    clock: SimpleNamespace, rule: Any, at: datetime, moment: Moment, words: str
) -> dict[str, Any]:
    return {
        "clock_id": clock.id,
        "stage": rule.stage,
        "case_id": clock.case_id,
        "clock": clock.name,
        "fell_due_at": at,
        "raised_at": moment.recorded_at,
        "status": "resolved",
        "urgent": rule.urgent,
        "tier": tier_of(rule.stage, rule.urgent),
        "clock_due_at": clock.due_at,
        "audience": rule.audience,
        "team_id": clock.team_id,
        "lead_professional_id": clock.lead_professional_id,
        "resolved_at": moment.recorded_at,
        "resolution": words,
    }
