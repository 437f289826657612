"""How people prove who they are, beside a password: second factors, passkeys, identities elsewhere, sessions."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from earlyhelp.records.base import Base


class SecondFactor(Base):
    """One person's authenticator app. It counts only once a code of it was given back."""

    __tablename__ = "second_factors"
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    sealed_secret: Mapped[str] = mapped_column(String(400))
    """Encrypted by a key made from the installation's secret key: casework/sealing.py."""
    last_counter: Mapped[int] = mapped_column(default=0)
    """The time step of the last code taken, so that no code is taken twice."""
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]


class RecoveryCode(Base):
    """One code that stands in for the app once. Kept only as a hash."""

    __tablename__ = "recovery_codes"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None]


class Passkey(Base):
    """One WebAuthn credential of a person: the public half only."""

    __tablename__ = "passkeys"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    credential: Mapped[str] = mapped_column(String(1400), unique=True)
    """Its id in base64url."""
    public_key: Mapped[str] = mapped_column(String(4000))
    sign_count: Mapped[int] = mapped_column(default=0)
    backed_up: Mapped[bool]
    """Whether the device said that a copy of it lies elsewhere, with the maker of the phone."""
    name: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]


class Identity(Base):
    """The account that a person has with the council's identity provider."""

    __tablename__ = "identities"
    id: Mapped[int] = mapped_column(primary_key=True)
    issuer: Mapped[str] = mapped_column(String(300))
    subject: Mapped[str] = mapped_column(String(255))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    linked_at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("issuer", "subject"),)


class SignedInSession(Base):
    """One session in one browser. The key in its cookie is kept only as a hash."""

    __tablename__ = "sessions"
    id: Mapped[int] = mapped_column(primary_key=True)
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    """To the minute: a busy page does not write at every click."""
    network: Mapped[str] = mapped_column(String(64))
    """Beginning of the address: who works from home does not leave their whole address here."""
    agent: Mapped[str] = mapped_column(String(60))
    method: Mapped[str] = mapped_column(String(20))
    provider_session: Mapped[str | None] = mapped_column(String(255), index=True)
    """The identity provider's name of its own session, by which it ends ours."""
    ended_at: Mapped[datetime | None]
    __table_args__ = (Index(None, "user_id", "started_at"),)


class SignInNote(Base):
    """What happened at a person's door: for them, and for administrators. Nothing about unknown addresses."""

    __tablename__ = "sign_in_notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]
    what: Mapped[str] = mapped_column(String(30))
    network: Mapped[str] = mapped_column(String(64))
    agent: Mapped[str] = mapped_column(String(60))
    __table_args__ = (Index(None, "user_id", "at"),)
