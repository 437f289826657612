"""Acknowledging an alert: only by a promise of what will happen and by when (domain.md rule 11)."""

from datetime import datetime

from sqlalchemy import Connection, select, update

from earlyhelp.casework.reading import case_for
from earlyhelp.casework.refusals import NoSuchCase, NotAllowed
from earlyhelp.pathway.calendar import england
from earlyhelp.permissions import Person, acting_roles
from earlyhelp.records.cases import Case
from earlyhelp.records.clocks import Alert

LONGEST_PROMISE = 10
"""Working days: a promise further off would be a snooze."""
MAY_PROMISE = frozenset({"manager", "lead_professional", "screener"})


class AlertRefused(Exception):
    """The promise cannot be taken as it is; `field` is what to mend."""

    def __init__(self, words: str, field: str) -> None:
        super().__init__(words)
        self.field = field


def acknowledge(
    connection: Connection,
    *,
    alert_id: int,
    person: Person,
    note: str,
    promise_by: datetime | None,
    now: datetime,
) -> None:
    """Record the promise. Without `promise_by` it is for the end of the next working day.

    Raises NoSuchCase when the alert is not this person's to see, NotAllowed when they may not promise, AlertRefused
    when the promise says nothing, lies in the past or too far off, or the alert is settled already.
    """
    row = connection.execute(
        select(Alert.status, Case.reference).join(Case, Case.id == Alert.case_id).where(Alert.id == alert_id)
    ).one_or_none()
    if row is None:
        raise NoSuchCase(str(alert_id))
    case = case_for(connection, reference=row.reference, person=person)
    if not acting_roles(person, case) & MAY_PROMISE:
        raise NotAllowed("Only a manager, the lead professional or a screener can make this promise")
    if row.status == "resolved":
        raise AlertRefused("This alert is settled already", "note")
    if not note.strip():
        raise AlertRefused("Say what will happen", "note")
    connection.execute(
        update(Alert)
        .where(Alert.id == alert_id)
        .values(
            status="acknowledged",
            acknowledged_by_id=person.id,
            acknowledged_at=now,
            promise=note.strip(),
            promise_due_at=_checked(promise_by, now),
            promise_broken_at=None,
        )
    )


def _checked(promise_by: datetime | None, now: datetime) -> datetime:
    calendar = england()
    today = calendar.date_of(now)
    if promise_by is None:
        return calendar.end_of(calendar.working_day_after(today, 1))
    if promise_by <= now:
        raise AlertRefused("The promise must be for a time to come", "by")
    if promise_by > calendar.end_of(calendar.working_day_after(today, LONGEST_PROMISE)):
        raise AlertRefused(f"A promise can be at most {LONGEST_PROMISE} working days ahead", "by")
    return promise_by
