"""Acknowledging an alert: only with a promise of what will happen and by when, which is a clock of its own."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from earlyhelp.casework.pathways import compiled
from earlyhelp.casework.refusals import NoSuchCase, NotAllowed
from earlyhelp.pathway.calendar import LONDON, Calendar
from earlyhelp.permissions import Person, acting_roles, may_see
from earlyhelp.records.cases import Case
from earlyhelp.records.clocks import Alert

LONGEST_PROMISE = 10
"""Working days: a promise further off would be a way to silence an alert."""
LONGEST_NOTE = 2_000
SCREENERS = frozenset({"screener", "front_door", "agency"})


class AlertRefused(Exception):
    """The alert cannot be acknowledged so. `field` is what to mend: note, by, or alert."""

    def __init__(self, field: str, words: str) -> None:
        self.field = field
        super().__init__(words)


def acknowledge(
    connection: Connection,
    *,
    alert_id: int,
    person: Person,
    note: str,
    promise_by: datetime | date | None = None,
    now: datetime,
) -> datetime:
    """Take an alert on oneself: `note` says what will happen, `promise_by` by when; returns that moment.

    A day means the end of that day; without one it is the end of the next working day. The alert comes back once if
    the promise passes. Raises NoSuchCase when there is no such alert or it is not theirs to see, NotAllowed when it
    is not theirs to answer, AlertRefused when the words or the day will not do, or the alert is not open.
    """
    alert = _alert(connection, alert_id, person)
    if not _may_answer(person, alert):
        raise NotAllowed("Only the people an alert is for may acknowledge it")
    promise = note.strip()
    if not promise or len(promise) > LONGEST_NOTE:
        raise AlertRefused("note", f"Say what will happen, in 1 to {LONGEST_NOTE:,} characters")
    due = _due(promise_by, now, compiled(connection, pathway_id=alert.pathway_id).calendar)
    _refuse_unless_open(alert)
    connection.execute(
        update(Alert)
        .where(Alert.id == alert_id)
        .values(
            status="acknowledged",
            acknowledged_by_id=person.id,
            acknowledged_at=now,
            promise=_with_earlier(promise, alert),
            promise_due_at=due,
            promise_broken_at=None,
        )
    )
    return due


def _alert(connection: Connection, alert_id: int, person: Person) -> Any:
    alert: Any = connection.execute(
        select(
            Alert.status,
            Alert.audience,
            Alert.promise,
            Alert.promise_due_at,
            Alert.promise_broken_at,
            Case.reference,
            Case.pathway_id,
            Case.id,
            Case.restricted,
            Case.team_id,
            Case.lead_professional_id,
            Case.opened_by_id,
            Case.state_kind,
        )
        .join(Case, Case.id == Alert.case_id)
        .where(Alert.id == alert_id)
        .with_for_update(of=Alert)
    ).one_or_none()
    if alert is None or not may_see(person, alert):
        raise NoSuchCase(f"alert {alert_id}")
    return alert


def _may_answer(person: Person, alert: Any) -> bool:
    """Managers and the lead professional of the case; a screener what the front door is told."""
    roles = acting_roles(person, alert)
    if roles & {"manager", "lead_professional"}:
        return True
    return "screener" in roles and not SCREENERS.isdisjoint(alert.audience.split(","))


def _refuse_unless_open(alert: Any) -> None:
    if alert.status == "resolved":
        raise AlertRefused("alert", "This alert is settled: there is nothing left to promise")
    if alert.status == "acknowledged":
        words = f"until {_day(alert.promise_due_at)}" if alert.promise_due_at else "already"
        raise AlertRefused("alert", f"Somebody has promised to act on this {words}")


def _due(promise_by: datetime | date | None, now: datetime, calendar: Calendar) -> datetime:
    today = calendar.date_of(now)
    if promise_by is None:
        return calendar.end_of(calendar.working_day_after(today, 1))
    due = promise_by if isinstance(promise_by, datetime) else calendar.end_of(promise_by)
    if due <= now:
        raise AlertRefused("by", "The day of a promise must be in the future")
    last = calendar.working_day_after(today, LONGEST_PROMISE)
    if due > calendar.end_of(last):
        raise AlertRefused(
            "by", f"Promise something for {last:%d/%m/%Y} or sooner: at most {LONGEST_PROMISE} working days"
        )
    return due


def _with_earlier(promise: str, alert: Any) -> str:
    """A promise that was not kept stays readable under the next one."""
    if alert.promise_broken_at is None or not alert.promise:
        return promise
    return f"{promise}\n\nEarlier, and not kept by {_day(alert.promise_due_at)}: {alert.promise}"


def _day(due: datetime) -> str:
    """The day that a promise ends; midnight belongs to the day before it."""
    return f"{(due - timedelta(microseconds=1)).astimezone(LONDON):%d/%m/%Y}"
