"""The weekly report: who is sent it, which weeks they still lack, and putting it in the outbox, once."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, insert, select, update

from earlyhelp.pathway.calendar import LONDON, england
from earlyhelp.pathway.facts import BadFields
from earlyhelp.permissions import MATRIX, Person
from earlyhelp.records.clocks import OutboxMessage
from earlyhelp.records.organisation import Team, User, UserRole
from earlyhelp.records.reporting import WeeklyRecipient, WeeklyReport
from earlyhelp.records.upserting import upsert

WEEK = timedelta(days=7)
TOPIC = "weekly"
READERS = sorted(MATRIX["scorecard"])


class Missing(NamedTuple):
    """One week that one person has not been sent. `team_id` is whose figures they get."""

    user_id: int
    team_id: int | None
    week: date

    @property
    def last_day(self) -> date:
        return self.week + WEEK - timedelta(days=1)


def add_recipient(
    connection: Connection, *, email: str, team: str | None, person: Person, now: datetime
) -> None:
    """Send the report to somebody from the week that ends next. BadFields when nobody here has that address."""
    user = connection.execute(
        select(User.id, User.active).where(User.email == email.strip().lower()[:254])
    ).one_or_none()
    if user is None or not user.active:
        raise BadFields({"email": ["Nobody with this address may sign in here"]})
    if not connection.scalar(
        select(UserRole.user_id).where(UserRole.user_id == user.id, UserRole.role.in_(READERS))
    ):
        raise BadFields({"email": ["They may not open the scorecard: give them a role that may first"]})
    team_id = connection.scalar(select(Team.id).where(Team.key == team)) if team else None
    if team and team_id is None:
        raise BadFields({"team": ["Choose a team from the list"]})
    already = select(WeeklyRecipient.id).where(
        WeeklyRecipient.user_id == user.id, WeeklyRecipient.ended_at.is_(None)
    )
    if connection.scalar(already.with_for_update()) is not None:
        raise BadFields({"email": ["They are sent the report already"]})
    connection.execute(
        insert(WeeklyRecipient).values(user_id=user.id, team_id=team_id, added_at=now, added_by_id=person.id)
    )


def end_recipient(connection: Connection, *, recipient_id: int, person: Person, now: datetime) -> bool:
    """Stop sending; False when there is nobody of that number any more."""
    ended = connection.execute(
        update(WeeklyRecipient)
        .where(WeeklyRecipient.id == recipient_id, WeeklyRecipient.ended_at.is_(None))
        .values(ended_at=now, ended_by_id=person.id)
    )
    return ended.rowcount == 1


def missing_weeks(connection: Connection, *, now: datetime) -> list[Missing]:
    """Every week that is over and that somebody should have been sent, oldest first: none is ever left out."""
    latest = week_of(now.astimezone(LONDON).date()) - WEEK
    recipients = connection.execute(
        select(WeeklyRecipient.user_id, WeeklyRecipient.team_id, WeeklyRecipient.added_at)
        .join(User, User.id == WeeklyRecipient.user_id)
        .where(WeeklyRecipient.ended_at.is_(None), User.active)
        .order_by(WeeklyRecipient.id)
    ).all()
    reports = connection.execute(
        select(WeeklyReport.user_id, WeeklyReport.week)
        .join(WeeklyRecipient, WeeklyRecipient.user_id == WeeklyReport.user_id)
        .where(WeeklyRecipient.ended_at.is_(None))
    )
    sent = {(report.user_id, report.week) for report in reports}
    missing = [
        Missing(row.user_id, row.team_id, week)
        for row in recipients
        for week in _weeks(week_of(row.added_at.astimezone(LONDON).date()), latest)
        if (row.user_id, week) not in sent
    ]
    return sorted(missing, key=lambda one: (one.week, one.user_id))


def week_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def write_report(connection: Connection, *, missing: Missing, subject: str, body: str, now: datetime) -> bool:
    """Put one week's report in the outbox; False when another process has just done so."""
    claimed = connection.execute(
        upsert(connection, WeeklyReport)
        .values(week=missing.week, user_id=missing.user_id, written_at=now)
        .on_conflict_do_nothing()
        .returning(WeeklyReport.id)
    ).one_or_none()
    if claimed is None:
        return False
    connection.execute(
        insert(OutboxMessage).values(
            message_key=f"weekly-{missing.week.isoformat()}-{missing.user_id}",
            topic=TOPIC,
            recipient_id=missing.user_id,
            subject=subject[:200],
            body=body,
            urgent=False,
            created_at=now,
            status="waiting",
            attempts=0,
            next_attempt_at=england().next_office_moment(now),
        )
    )
    return True


def _weeks(first: date, latest: date) -> Sequence[date]:
    return [first + n * WEEK for n in range(max(0, (latest - first).days // 7 + 1))]
