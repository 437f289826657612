"""The family's plan as it stands, what of it is overdue, and everything that was ever changed."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from earlyhelp.records.journal import JournalEntry
from earlyhelp.records.organisation import User
from earlyhelp.records.plans import PlanAction, PlanGoal, PlanProgress


class ActionStanding(NamedTuple):
    """An action with its progress, oldest first."""

    row: Any
    progress: Sequence[Any]

    def is_overdue(self, day: date) -> bool:
        return self.row.done_on is None and self.row.struck_at is None and self.row.due_on < day


class Plan(NamedTuple):
    """What the family wants and what is done for it; what was struck through is there too, and comes last."""

    goals: Sequence[Any]
    actions: Sequence[ActionStanding]

    @property
    def live_goals(self) -> list[Any]:
        return [goal for goal in self.goals if goal.struck_at is None]

    @property
    def live_actions(self) -> list[ActionStanding]:
        return [action for action in self.actions if action.row.struck_at is None]

    def overdue(self, day: date) -> list[ActionStanding]:
        return [action for action in self.actions if action.is_overdue(day)]


def plan_of(connection: Connection, *, case_id: int) -> Plan:
    """The plan of one case in three queries: goals, actions by day due, progress."""
    goals = connection.execute(
        select(PlanGoal)
        .where(PlanGoal.case_id == case_id)
        .order_by(PlanGoal.struck_at.is_not(None), PlanGoal.id)
    ).all()
    actions = connection.execute(
        select(PlanAction, User.name.label("added_by"))
        .join(User, User.id == PlanAction.added_by_id)
        .where(PlanAction.case_id == case_id)
        .order_by(PlanAction.struck_at.is_not(None), PlanAction.due_on, PlanAction.id)
    ).all()
    progress: dict[int, list[Any]] = {}
    for entry in connection.execute(
        select(PlanProgress, User.name.label("by"))
        .join(PlanAction, PlanAction.id == PlanProgress.action_id)
        .join(User, User.id == PlanProgress.by_id)
        .where(PlanAction.case_id == case_id)
        .order_by(PlanProgress.id)
    ):
        progress.setdefault(entry.action_id, []).append(entry)
    return Plan(goals, [ActionStanding(row, progress.get(row.id, [])) for row in actions])


def action_of(connection: Connection, *, case_id: int, action_id: int) -> ActionStanding | None:
    """One action of this case with its progress; None when it is not of this case."""
    return next(
        (one for one in plan_of(connection, case_id=case_id).actions if one.row.id == action_id), None
    )


def journal_of(connection: Connection, *, case_id: int, subject: str, subject_id: int) -> Sequence[Any]:
    """Every change of one row, latest first, with the name of who made it."""
    return connection.execute(
        select(JournalEntry, User.name.label("by"))
        .outerjoin(User, User.id == JournalEntry.actor_id)
        .where(
            JournalEntry.case_id == case_id,
            JournalEntry.subject == subject,
            JournalEntry.subject_id == subject_id,
        )
        .order_by(JournalEntry.id.desc())
    ).all()
