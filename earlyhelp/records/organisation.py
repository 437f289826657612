"""Who works here: agencies, teams, users, their roles, tokens and attempts to sign in."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from earlyhelp.records.base import Base


class Agency(Base):
    """The council itself, a school, a health trust, a charity."""

    __tablename__ = "agencies"
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))
    """council, education, health, police, housing, voluntary or other"""


class Team(Base):
    """A team. `kind` says what it is for: front_door, locality, social_care or other."""

    __tablename__ = "teams"
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    locality: Mapped[str | None] = mapped_column(String(100))
    pathway: Mapped[str | None] = mapped_column(String(60))
    ceiling: Mapped[int | None]
    """Open cases that one full-time worker of it may hold; by the council's settings without it."""
    active: Mapped[bool] = mapped_column(default=True)


class User(Base):
    """A person who signs in. Never deleted: history names them. `active` false shuts every door."""

    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"), index=True)
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agencies.id"), index=True)
    job_title: Mapped[str | None] = mapped_column(String(100))
    fte: Mapped[float] = mapped_column(default=1.0)
    newly_qualified: Mapped[bool] = mapped_column(default=False)
    ceiling: Mapped[int | None]
    """Open cases that this person may hold, whatever the rule says; by the rule without it."""
    active: Mapped[bool] = mapped_column(default=True)
    session_epoch: Mapped[int] = mapped_column(default=0)
    """Raised to end every session of this person at once."""
    created_at: Mapped[datetime]
    __table_args__ = (
        Index(
            "ix_users_listed", text("active DESC"), "name", "id"
        ),  # as administrators read them, closed ones last
    )


class UserRole(Base):
    """One role of one person."""

    __tablename__ = "user_roles"
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(30), primary_key=True)
    __table_args__ = (Index(None, "role", "user_id"),)


class ApiToken(Base):
    """A bearer token, kept only as a hash. It acts as its user, never as more."""

    __tablename__ = "api_tokens"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[str] = mapped_column(String(100), default="act,contacts,read")
    """Names with commas: casework/scopes.py."""
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class SignInAttempt(Base):
    """One attempt to sign in: counted here, so that any number of web processes share one limit."""

    __tablename__ = "sign_in_attempts"
    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the address typed, so that a mistyped secret never lies here in clear."""
    network: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    succeeded: Mapped[bool]
    __table_args__ = (Index(None, "account", "at"), Index(None, "network", "at"))


NO_CHECKPOINT_SINCE = "no_checkpoint_since"
"""Names the setting that is there while the worker cannot write checkpoints: the day of its first failure."""


class CouncilSetting(Base):
    """Settings of this council that are not the pathway's: population, targets, caseload ceilings."""

    __tablename__ = "council_settings"
    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[str] = mapped_column(String(2000))
