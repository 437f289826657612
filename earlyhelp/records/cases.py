"""The case that travels the pathway, the contact it began with, its append-only history."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from earlyhelp.records.base import Base

OPEN_ON_SQLITE = "is_open = 1"
"""Word for word what queries say there: SQLite uses a partial index only when it finds its condition in the query."""

AT_THE_FRONT_DOOR = ("screening", "information", "enquiry")
"""Kinds of state in which the front door has to decide. A case in one of them is open: only the kind `closed` is not.

Indexes and queries of the front door do not say so besides: PostgreSQL, which takes the two for independent of each
other, then expected a hundredth of those that wait, and read and sorted them all for one page.
"""
_DOOR = "state_kind IN ('screening', 'information', 'enquiry')"
_RED = "urgency = 'red'"
_NOBODYS = (
    "team_id IS NULL AND state_kind NOT IN ('closed', 'enquiry', 'information', 'screening', 'step_up')"
)


class Case(Base):
    """One row that travels the pathway. Written only by casework; `version` is what a caller must have seen."""

    __tablename__ = "cases"
    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(12), unique=True)
    pathway_id: Mapped[int] = mapped_column(ForeignKey("pathways.id"), index=True)
    state: Mapped[str] = mapped_column(String(60))
    state_kind: Mapped[str] = mapped_column(String(20))
    is_open: Mapped[bool]
    state_entered_at: Mapped[datetime]
    came_from: Mapped[str | None] = mapped_column(String(60))
    outcome: Mapped[str | None] = mapped_column(String(60))
    level_of_need: Mapped[str | None] = mapped_column(String(60))
    urgency: Mapped[str | None] = mapped_column(String(60))
    agreement: Mapped[str | None] = mapped_column(String(60))
    sharing_basis: Mapped[str | None] = mapped_column(String(60))
    version: Mapped[int]
    """Equals the number of events, so that a gap in either shows."""
    last_hash: Mapped[str] = mapped_column(String(64))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    lead_professional_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    assessment_author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    family_id: Mapped[int | None] = mapped_column(ForeignKey("families.id"), index=True)
    restricted: Mapped[bool] = mapped_column(default=False)
    opened_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    last_event_at: Mapped[datetime]
    next_due_at: Mapped[datetime | None]
    """The nearest due moment of its running clocks, kept here so that every list is one index walk."""
    youngest_born_on: Mapped[date | None]
    """When the youngest of its children was born, or is expected: kept here so that the queue is narrowed by it."""
    claimed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    claimed_until: Mapped[datetime | None]
    __table_args__ = (
        Index(
            "ix_cases_queue",
            "state_kind",
            "next_due_at",
            "id",
            postgresql_where=text("is_open"),
            sqlite_where=text(OPEN_ON_SQLITE),
        ),
        Index(
            "ix_cases_team",
            "team_id",
            "next_due_at",
            "id",
            postgresql_where=text("is_open"),
            sqlite_where=text(OPEN_ON_SQLITE),
        ),
        Index(
            "ix_cases_due",
            "next_due_at",
            "id",
            postgresql_where=text("is_open"),
            sqlite_where=text(OPEN_ON_SQLITE),
        ),
        Index(
            "ix_cases_waiting",
            "state_kind",
            "state_entered_at",
            "id",
            postgresql_where=text("is_open"),
            sqlite_where=text(OPEN_ON_SQLITE),
        ),
        Index(
            "ix_cases_lead",
            "lead_professional_id",
            "next_due_at",
            "id",
            postgresql_where=text("is_open"),
            sqlite_where=text(OPEN_ON_SQLITE),
        ),
        Index(  # holds all that its queue is narrowed by: what does not match is passed over here, without reading it
            "ix_cases_front_door",
            "next_due_at",
            "id",
            "state_kind",
            "urgency",
            "restricted",
            "youngest_born_on",
            postgresql_where=text(_DOOR),
            sqlite_where=text(_DOOR),
        ),
        Index(
            "ix_cases_at_risk",
            "next_due_at",
            "id",
            postgresql_where=text(f"{_DOOR} AND {_RED}"),
            sqlite_where=text(f"{_DOOR} AND {_RED}"),
        ),
        Index(
            "ix_cases_quiet",
            "last_event_at",
            "id",
            postgresql_where=text("is_open"),
            sqlite_where=text(OPEN_ON_SQLITE),
        ),
        Index(  # those that wait for a team, past the doors: so few that without it PostgreSQL expects thousands
            "ix_cases_nobodys",
            "id",
            postgresql_where=text(f"is_open AND {_NOBODYS} AND NOT restricted"),
            sqlite_where=text(f"{OPEN_ON_SQLITE} AND {_NOBODYS} AND restricted = 0"),
        ),
        Index(
            "ix_cases_nothing_running",
            "id",
            postgresql_where=text("is_open AND next_due_at IS NULL"),
            sqlite_where=text(f"{OPEN_ON_SQLITE} AND next_due_at IS NULL"),
        ),
        Index(
            "ix_cases_open_since",
            "opened_at",
            postgresql_where=text("is_open"),
            sqlite_where=text(OPEN_ON_SQLITE),
        ),
        Index(  # holds all that the dashboard, and the picture of who is where, count by
            "ix_cases_board",
            "state_kind",
            "team_id",
            "lead_professional_id",
            "level_of_need",
            "state_entered_at",
            "restricted",
            "state",
            "pathway_id",
            "id",
            postgresql_where=text("is_open"),
            sqlite_where=text(OPEN_ON_SQLITE),
        ),
        Index(  # holds all that tells whether one of them is kept from somebody
            "ix_cases_restricted",
            "id",
            "team_id",
            "lead_professional_id",
            postgresql_where=text("restricted"),
            sqlite_where=text("restricted = 1"),
        ),
        Index("ix_cases_state", "state", "id"),
        Index("ix_cases_all_of_team", "team_id", "id", "state_entered_at"),
        Index("ix_cases_all_of_lead", "lead_professional_id", "id"),
        Index("ix_cases_opened", "opened_at", "id"),
        Index("ix_cases_closed", "closed_at", "id"),
    )


class Contact(Base):
    """What was told to the front door when the case began."""

    __tablename__ = "contacts"
    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), unique=True)
    source: Mapped[str] = mapped_column(String(4))
    channel: Mapped[str] = mapped_column(String(20))
    received_at: Mapped[datetime]
    presenting_needs: Mapped[list[Any]]
    worries: Mapped[str] = mapped_column(Text)
    strengths: Mapped[str] = mapped_column(Text)
    agreement: Mapped[str] = mapped_column(String(20))
    sharing_basis: Mapped[str | None] = mapped_column(String(60))
    referrer_name: Mapped[str] = mapped_column(String(200), default="")
    referrer_organisation: Mapped[str] = mapped_column(String(200), default="")
    referrer_email: Mapped[str] = mapped_column(String(254), default="")
    referrer_phone: Mapped[str] = mapped_column(String(40), default="")
    joined_case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    __table_args__ = (Index("ix_contacts_received", "received_at", "case_id"),)


class CasePerson(Base):
    """A child or adult of a case."""

    __tablename__ = "case_people"
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    position: Mapped[int] = mapped_column(default=0)
    is_child: Mapped[bool] = mapped_column(default=True)
    relationship: Mapped[str] = mapped_column(String(60), default="")
    __table_args__ = (
        Index(None, "person_id", "case_id", "is_child"),
    )  # holds all that is asked of a person's cases


class Event(Base):
    """One thing that happened to a case. Append-only; each row's hash covers the row and the hash before it.

    `occurred_at` is when it happened in the world, `recorded_at` when it was typed in. `team_id` and
    `lead_professional_id` are the case's after the event, so that figures by worker need no history walk.
    """

    __tablename__ = "events"
    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    sequence: Mapped[int]
    action: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(30))
    from_state: Mapped[str | None] = mapped_column(String(60))
    to_state: Mapped[str] = mapped_column(String(60))
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    actor: Mapped[str] = mapped_column(String(254))
    """The address of the person at the time, or the name of the system part that acted."""
    actor_role: Mapped[str] = mapped_column(String(30))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    lead_professional_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str | None] = mapped_column(Text)
    fields: Mapped[dict[str, Any]]
    pathway_id: Mapped[int] = mapped_column(ForeignKey("pathways.id"))
    occurred_on: Mapped[date]
    """The local day of `occurred_at`, so that figures by day need no time zone in SQL."""
    corrects: Mapped[int | None]
    """The sequence of the event whose occurred moment this one corrects."""
    corrected_to: Mapped[datetime | None]
    corrected_on: Mapped[date | None]
    """When that event truly happened, and its local day."""
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
    __table_args__ = (
        UniqueConstraint("case_id", "sequence"),
        Index(  # names what happened in a period, events unread
            None, "kind", "occurred_on", "case_id", "sequence"
        ),
        Index(  # holds all that is asked of the moves out of a state, newest first
            "ix_events_left",
            "from_state",
            "occurred_on",
            "case_id",
            "sequence",
            "action",
            "to_state",
            postgresql_where=text("from_state != to_state"),
            sqlite_where=text("from_state != to_state"),
        ),
        Index(None, "recorded_at"),
        Index(None, "actor_id", "recorded_at"),
        Index(  # holds the last correction of each event, so that the history is not read for it
            "ix_events_corrections",
            "case_id",
            "corrects",
            "sequence",
            "corrected_to",
            "corrected_on",
            postgresql_where=text("corrected_to IS NOT NULL"),
            sqlite_where=text("corrected_to IS NOT NULL"),
        ),
    )


class IdempotencyKey(Base):
    """An answer already given to an API caller: the same key and body get it again."""

    __tablename__ = "idempotency_keys"
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    body_digest: Mapped[str] = mapped_column(String(64))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    created_at: Mapped[datetime]


class CalendarDay(Base):
    """One local day: its number, how many working days there were up to it, and the day a start on it belongs to.

    Made from the engine's calendar, so that SQL counts days exactly as the clocks do.
    """

    __tablename__ = "calendar_days"
    on: Mapped[date] = mapped_column(primary_key=True)
    number: Mapped[int]
    working_number: Mapped[int] = mapped_column(index=True)
    counts_as: Mapped[date]
    """The day itself if it is a working day, or the next one: day 0 of what starts on it."""


class Closure(Base):
    """A day on which the council is closed beyond weekends and bank holidays."""

    __tablename__ = "closures"
    on: Mapped[date] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
