"""Clocks, what they raised, and the scheduler's own heartbeat."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from earlyhelp.records.base import Base

EVER_PAUSED = "pauses <> '[]'"
ONCE_PAUSED = f"(status = 'running' OR status = 'paused') AND {EVER_PAUSED}"
OPEN_CLOCK = "status = 'running' AND next_moment IS NOT NULL"


class ClockRow(Base):
    """One run of one clock on one case.

    `status` is running, paused, met, met_late or void; breached is never stored: it is `running` with `due_at`
    not after now. `next_moment` is the nearest stage moment not yet raised, NULL when there is none: it is what
    makes a sweep touch only what is due.
    """

    __tablename__ = "clocks"
    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    pathway_id: Mapped[int] = mapped_column(ForeignKey("pathways.id"))
    name: Mapped[str] = mapped_column(String(60))
    about: Mapped[str] = mapped_column(String(200), default="")
    """Which of several, for a clock of which one runs for each: the agency asked. Empty otherwise."""
    kind: Mapped[str] = mapped_column(String(30))
    status: Mapped[str] = mapped_column(String(10))
    recorded_late: Mapped[bool] = mapped_column(default=False)
    started_at: Mapped[datetime]
    start_recorded_at: Mapped[datetime]
    started_by: Mapped[int]
    """Sequence of the event that started it."""
    due_at: Mapped[datetime]
    gross_due_at: Mapped[datetime]
    """The due moment had it never been paused."""
    warning_1_at: Mapped[datetime | None]
    warning_2_at: Mapped[datetime | None]
    warning_3_at: Mapped[datetime | None]
    escalation_1_at: Mapped[datetime | None]
    escalation_2_at: Mapped[datetime | None]
    escalation_3_at: Mapped[datetime | None]
    next_moment: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    stop_recorded_at: Mapped[datetime | None]
    stopped_by: Mapped[int | None]
    pauses: Mapped[list[Any]]
    """Each {"paused_at", "resumed_at" or null, "reason", "by"}, moments in ISO 8601."""
    span: Mapped[dict[str, Any]]
    """The span that held when it started, as the pathway file wrote it: {"working_days": 5}."""
    holder: Mapped[str] = mapped_column(String(20))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    lead_professional_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """Team and lead professional of the case while it runs, and at its end once stopped."""
    __table_args__ = (
        UniqueConstraint("case_id", "name", "about", "started_by"),
        Index(
            "ix_clocks_next_moment",
            "next_moment",
            postgresql_where=text(OPEN_CLOCK),
            sqlite_where=text(OPEN_CLOCK),
        ),
        Index(None, "kind", "due_at"),
        Index(None, "kind", "stopped_at"),
        Index(
            "ix_clocks_running_kind",
            "kind",
            "due_at",
            "id",
            postgresql_where=text("status = 'running'"),
            sqlite_where=text("status = 'running'"),
        ),
        Index(  # names the cases of whoever led them while a clock ran, if only once
            "ix_clocks_led",
            "lead_professional_id",
            "case_id",
            postgresql_where=text("lead_professional_id IS NOT NULL"),
            sqlite_where=text("lead_professional_id IS NOT NULL"),
        ),
        Index(  # holds all that the dashboard counts by
            "ix_clocks_board",
            "team_id",
            "lead_professional_id",
            "due_at",
            "case_id",
            postgresql_where=text("status = 'running'"),
            sqlite_where=text("status = 'running'"),
        ),
        Index(
            "ix_clocks_running_due",
            "due_at",
            "id",
            postgresql_where=text("status = 'running'"),
            sqlite_where=text("status = 'running'"),
        ),
        Index(  # those few that were ever paused, whose ladder may have moved and not their due moment
            "ix_clocks_once_paused",
            "due_at",
            "id",
            postgresql_where=text(ONCE_PAUSED),
            sqlite_where=text(ONCE_PAUSED),
        ),
        Index(  # only what was ever paused has another due moment without pauses
            "ix_clocks_gross_due",
            "gross_due_at",
            "case_id",
            postgresql_where=text(EVER_PAUSED),
            sqlite_where=text(EVER_PAUSED),
        ),
    )


class ClockRevision(Base):
    """What a clock row said before a correction, a pause or a moved calendar changed it: for figures as known then."""

    __tablename__ = "clock_revisions"
    id: Mapped[int] = mapped_column(primary_key=True)
    clock_id: Mapped[int] = mapped_column(ForeignKey("clocks.id"), index=True)
    replaced_at: Mapped[datetime]
    replaced_by: Mapped[int]
    """Sequence of the event that changed it."""
    was: Mapped[dict[str, Any]]


class StageRule(Base):
    """Who hears of one stage of one clock: the pathway's ladder as rows, so that the sweep is one statement."""

    __tablename__ = "stage_rules"
    pathway_id: Mapped[int] = mapped_column(ForeignKey("pathways.id"), primary_key=True)
    clock: Mapped[str] = mapped_column(String(60), primary_key=True)
    stage: Mapped[str] = mapped_column(String(20), primary_key=True)
    audience: Mapped[str] = mapped_column(String(200))
    """Names of the audience, comma-separated."""
    urgent: Mapped[bool] = mapped_column(default=False)


BEHIND = 6
"""Added to the tier of a warning behind an unresolved breach, or escalation, of its clock: some time after that was
raised. Without it a warning may be behind one, too; with it it is."""


class Alert(Base):
    """One stage of one clock, raised exactly once: the UNIQUE constraint is the promise.

    The moment is part of the key because a stage that was moved after it was raised (an urgency or a date
    corrected) falls due again, and must be raised again, at its new moment.
    """

    __tablename__ = "alerts"
    id: Mapped[int] = mapped_column(primary_key=True)
    clock_id: Mapped[int] = mapped_column(ForeignKey("clocks.id"))
    stage: Mapped[str] = mapped_column(String(20))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    clock: Mapped[str] = mapped_column(String(60))
    fell_due_at: Mapped[datetime]
    raised_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(12))
    """open, acknowledged or resolved"""
    urgent: Mapped[bool] = mapped_column(default=False)
    tier: Mapped[int]
    """How soon somebody must act, 0 the soonest: urgent before others, then escalated, overdue, warned of.

    BEHIND more for warnings of a clock that is overdue, so that a list of warnings need not pass over them.
    """
    clock_due_at: Mapped[datetime]
    """When its clock is due, kept in step until it is resolved, so that lists by urgency are one index walk."""
    audience: Mapped[str] = mapped_column(String(200))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    lead_professional_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    acknowledged_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    acknowledged_at: Mapped[datetime | None]
    promise: Mapped[str | None] = mapped_column(Text)
    promise_due_at: Mapped[datetime | None]
    promise_broken_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    resolution: Mapped[str | None] = mapped_column(Text)
    told_at: Mapped[datetime | None]
    """When it was put in a message, NULL until then."""
    __table_args__ = (
        UniqueConstraint("clock_id", "stage", "fell_due_at"),
        Index(
            "ix_alerts_open",
            "team_id",
            "fell_due_at",
            "id",
            postgresql_where=text("status <> 'resolved'"),
            sqlite_where=text("status <> 'resolved'"),
        ),
        Index(
            "ix_alerts_lead",
            "lead_professional_id",
            "fell_due_at",
            "id",
            postgresql_where=text("status <> 'resolved'"),
            sqlite_where=text("status <> 'resolved'"),
        ),
        Index(  # holds all that lists of alerts are ordered and counted by, each clock's stages side by side
            "ix_alerts_unsettled",
            "clock_id",
            "stage",
            "id",
            "urgent",
            "status",
            "case_id",
            "team_id",
            "lead_professional_id",
            postgresql_where=text("status <> 'resolved'"),
            sqlite_where=text("status <> 'resolved'"),
        ),
        Index(  # of one clock's, and of no team's, those of others are passed over here, without reading them
            "ix_alerts_urgency",
            "tier",
            "clock_due_at",
            "id",
            "clock",
            "team_id",
            postgresql_where=text("status <> 'resolved'"),
            sqlite_where=text("status <> 'resolved'"),
        ),
        Index("ix_alerts_status", "status", "fell_due_at", "id"),
        Index("ix_alerts_due", "fell_due_at", "id"),
        Index(
            "ix_alerts_untold",
            "raised_at",
            postgresql_where=text("told_at IS NULL"),
            sqlite_where=text("told_at IS NULL"),
        ),
        Index(
            "ix_alerts_promises",
            "promise_due_at",
            postgresql_where=text("status = 'acknowledged' AND promise_broken_at IS NULL"),
            sqlite_where=text("status = 'acknowledged' AND promise_broken_at IS NULL"),
        ),
    )


class OutboxMessage(Base):
    """A message to send, written in the transaction that caused it and sent only after it committed.

    It carries references and links, never a child's name.
    """

    __tablename__ = "outbox"
    id: Mapped[int] = mapped_column(primary_key=True)
    message_key: Mapped[str] = mapped_column(String(120), unique=True)
    """Names the cause, so that the same cause never makes two messages; also the reference given to the channel."""
    topic: Mapped[str] = mapped_column(String(30))
    recipient_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    address: Mapped[str | None] = mapped_column(String(254))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    urgent: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(10))
    """waiting, sent or dead"""
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(500))
    __table_args__ = (
        Index(
            "ix_outbox_waiting",
            "next_attempt_at",
            "id",
            postgresql_where=text("status = 'waiting'"),
            sqlite_where=text("status = 'waiting'"),
        ),
        Index("ix_outbox_status", "status", "created_at", "id"),
    )


class Sweep(Base):
    """One run of the sweep: what it raised and how late it was."""

    __tablename__ = "sweeps"
    id: Mapped[int] = mapped_column(primary_key=True)
    started_at: Mapped[datetime] = mapped_column(index=True)
    finished_at: Mapped[datetime]
    worker: Mapped[str] = mapped_column(String(100))
    warnings: Mapped[int]
    breaches: Mapped[int]
    escalations: Mapped[int]
    resolved: Mapped[int]
    longest_lag_seconds: Mapped[float]


class Heartbeat(Base):
    """The last sign of life of a scheduler process."""

    __tablename__ = "heartbeats"
    worker: Mapped[str] = mapped_column(String(100), primary_key=True)
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    active: Mapped[bool] = mapped_column(default=False)
    interval_seconds: Mapped[int] = mapped_column(default=60)
